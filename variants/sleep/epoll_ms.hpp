// epoll_wait with its timeout in milliseconds, rounded up.
//
// Source      epoll_wait(2); the way libuv, libev without timerfd and most servers sleep
// Cost        one system call a sleep, two with a wake
// Accuracy    up to a millisecond late by rounding; the kernel adds its slack, or a thousandth of
//             the timeout
// Invariants  the wake channel's
// Limits      timeouts beyond a day are cut and taken up again
// Not equivalent to a loop that rounds down: that one wakes early, finds nothing due, and spins
// through the last millisecond with a timeout of 0.
#pragma once

#include "variants/sleep/epoll_set.hpp"

namespace cyclone::sleep {

template <class Work = no_work, int Mutant = 0>
class epoll_ms {
 public:
    static constexpr traits k_traits{
        .granularity = k_ms, .adds = leeway::share, .at_deadline = 1, .at_wake = 2};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() {
        CYCLONE_TRY_VOID(channel_.open());
        CYCLONE_TRY_VOID(set_.open());
        return set_.watch(channel_.fd());
    }
    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        return channel_.until(deadline, "epoll_wait", [this](ns left) {
            epoll_event ready{};
            return ::epoll_wait(set_.fd(), &ready, 1, timeout_ms(left, Mutant == 1));
        });
    }
    void wake() noexcept { channel_.wake(); }
    [[nodiscard]] std::uint64_t calls() const noexcept { return channel_.calls(); }

 private:
    wake_channel<Work, Mutant> channel_;
    epoll_set set_;
};

}  // namespace cyclone::sleep
