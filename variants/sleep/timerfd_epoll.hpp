// A timer that is a descriptor, set to the deadline itself, among those that epoll watches.
//
// Source      timerfd_create(2), Linux 2.6.25; the way of libevent with precise timers
// Cost        two system calls a sleep, three with a wake
// Accuracy    an interrupt of its own, without slack; no clock is read and nothing is rounded
// Invariants  I1 outside sleep_until() what the timer is set to does not matter: each sleep sets it
//             and the wake channel's
// Limits      setting the timer also forgets that it ran out, so that it is never read; a deadline
//             that has passed still goes by way of the timer's interrupt, some tens of us
// Not equivalent to a loop that keeps the timer set while the next deadline stays the same, and
// spares the call.
#pragma once

#include <sys/timerfd.h>

#include "variants/sleep/epoll_set.hpp"

namespace cyclone::sleep {

// Seeded bugs as in wake_channel.hpp, and 6: the deadline 0, which is none to timerfd_settime.
template <class Work = no_work, int Mutant = 0>
class timerfd_epoll {
 public:
    static constexpr traits k_traits{.adds = leeway::none, .at_deadline = 2, .at_wake = 3};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() {
        CYCLONE_TRY_VOID(channel_.open());
        CYCLONE_TRY_VOID(set_.open());
        if (!timer_.hold(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)))
            return fail_call("timerfd_create", errno);
        CYCLONE_TRY_VOID(set_.watch(timer_.get()));
        return set_.watch(channel_.fd());
    }

    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        channel_.before();
        if (set(deadline) != 0) return fail_call("timerfd_settime", errno);
        for (;;) {
            std::array<epoll_event, 2> ready{};
            channel_.count().add();
            const int got = ::epoll_wait(set_.fd(), ready.data(), 2, -1);
            if (got < 0 && errno == EINTR && Mutant != 3) continue;
            if (got < 0 && errno != EINTR) return fail_call("epoll_wait", errno);
            for (int i = 0; i < got; ++i) {
                if (ready[static_cast<std::size_t>(i)].data.fd != channel_.fd()) continue;
                channel_.take();
                return woke::wake;
            }
            return woke::deadline;
        }
    }
    void wake() noexcept { channel_.wake(); }
    [[nodiscard]] std::uint64_t calls() const noexcept { return channel_.calls(); }

 private:
    [[nodiscard]] int set(ns deadline) noexcept {
        itimerspec when{};  // all zero: not set
        ns at = Mutant == 1 ? deadline / k_ms * k_ms : deadline;
        if (Mutant != 6) at = std::max<ns>(at, 1);
        if (deadline != k_never) when.it_value = timespec_of(at);
        channel_.count().add();
        return ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
    }

    wake_channel<Work, Mutant> channel_;
    descriptor timer_;
    epoll_set set_;
};

}  // namespace cyclone::sleep
