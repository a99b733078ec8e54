// epoll_pwait2: epoll with its timeout in nanoseconds.
//
// Source      epoll_pwait2(2), Linux 5.11
// Cost        one system call a sleep, two with a wake
// Accuracy    not rounded; the kernel adds its slack, or a thousandth of the timeout
// Invariants  the wake channel's
// Limits      a kernel before 5.11 answers ENOSYS, which open() finds out
#pragma once

#include "variants/sleep/epoll_set.hpp"

namespace cyclone::sleep {

template <class Work = no_work, int Mutant = 0>
class epoll_ns {
 public:
    static constexpr traits k_traits{.adds = leeway::share, .at_deadline = 1, .at_wake = 2};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() {
        CYCLONE_TRY_VOID(channel_.open());
        CYCLONE_TRY_VOID(set_.open());
        CYCLONE_TRY_VOID(set_.watch(channel_.fd()));
        if (wait(0) < 0) return fail_call("epoll_pwait2", errno);
        return {};
    }
    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        return channel_.until(deadline, "epoll_pwait2", [this](ns left) {
            return wait(Mutant == 1 && left != k_never ? left / k_ms * k_ms : left);
        });
    }
    void wake() noexcept { channel_.wake(); }
    [[nodiscard]] std::uint64_t calls() const noexcept { return channel_.calls(); }

 private:
    [[nodiscard]] int wait(ns left) const noexcept {
        const timespec timeout = timespec_of(left);
        epoll_event ready{};
        const timespec* until = left == k_never ? nullptr : &timeout;
        return ::epoll_pwait2(set_.fd(), &ready, 1, until, nullptr);
    }

    wake_channel<Work, Mutant> channel_;
    epoll_set set_;
};

}  // namespace cyclone::sleep
