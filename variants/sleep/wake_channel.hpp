// An eventfd that another thread writes to wake a loop that waits for descriptors, and the sleep
// around whichever call does the waiting. A shared inner piece; not a variant.
//
// Source      eventfd(2): a counter, readable while it is not 0; level-triggered, so that a write
//             before the sleep is as good as one during it
// Cost        wake() one system call; a sleep one, and one more to empty the counter after a wake
// Invariants  I1 the counter is above 0 exactly if a wake is remembered
// Limits      2^64 - 2 wakes without a sleep between them
#pragma once

#include <algorithm>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sleep/sleep.hpp"

namespace cyclone::sleep {

/// Closes itself. Empty: -1.
class descriptor {
 public:
    descriptor() = default;
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    /// Takes what a call returned; false if that is an error.
    bool hold(int fd) noexcept {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
        return fd >= 0;
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

 private:
    int fd_ = -1;
};

/// Whole units of `unit` ns: up, or the sleep would be early. `down` is a seeded bug.
[[nodiscard]] constexpr ns units_of(ns left, ns unit, bool down = false) noexcept {
    return down ? left / unit : (left + unit - 1) / unit;
}

/// The same for a timeout in milliseconds, as poll(2) and epoll_wait(2) take it.
[[nodiscard]] constexpr int timeout_ms(ns left, bool down) noexcept {
    static_assert(k_stretch / k_ms < std::numeric_limits<int>::max());
    return left == k_never ? -1 : static_cast<int>(units_of(left, k_ms, down));
}

// Seeded bugs, by the same number in all variants: 1 rounds down; 2 drops the wake that came before
// the sleep; 3 a signal ends the sleep; 4 the time left is computed from when the last sleep ended;
// 5 a wake is never taken.
template <class Work, int Mutant>
class wake_channel {
 public:
    [[nodiscard]] result<void> open() {
        if (!fd_.hold(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) return fail_call("eventfd", errno);
        return {};
    }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    void wake() noexcept {
        const std::uint64_t one = 1;
        // A full counter (EAGAIN) is readable already: the wake is remembered.
        while (::write(fd_.get(), &one, sizeof one) < 0 && errno == EINTR) {
        }
    }

    void before() noexcept {
        if constexpr (Mutant == 2) take();
    }
    void take() noexcept {
        if constexpr (Mutant == 5) return;
        std::uint64_t wakes = 0;
        calls_.add();
        while (::read(fd_.get(), &wakes, sizeof wakes) < 0 && errno == EINTR) calls_.add();
    }
    call_count<Work>& count() noexcept { return calls_; }
    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_.made(); }

    /// Sleeps by wait(left), a call with a relative timeout: above 0 for a wake, 0 at the timeout,
    /// below with errno. `left` is k_never or at most k_stretch.
    template <class Wait>
    [[nodiscard]] result<woke> until(ns deadline, const char* call, Wait wait) {
        before();
        for (;;) {
            const ns left = left_until(deadline, time_now());
            const bool cut = left != k_never && left > k_stretch;
            calls_.add();
            const int got = wait(cut ? k_stretch : left);
            if (got < 0 && errno == EINTR && Mutant != 3) continue;
            if (got < 0 && errno != EINTR) return fail_call(call, errno);
            if (got == 0 && cut) continue;
            if (got > 0) take();
            if constexpr (Mutant == 4) ended_ = clock::monotonic_ns();
            return got > 0 ? woke::wake : woke::deadline;
        }
    }

 private:
    [[nodiscard]] ns time_now() const noexcept {
        return Mutant == 4 && ended_ != 0 ? ended_ : clock::monotonic_ns();
    }

    descriptor fd_;
    call_count<Work> calls_;
    ns ended_ = 0;  // of the last sleep; for the seeded bug only
};

}  // namespace cyclone::sleep
