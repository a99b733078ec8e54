// poll with its timeout in milliseconds, rounded up.
//
// Source      poll(2)
// Cost        one system call a sleep, two with a wake; the set of descriptors goes to the kernel
//             with each call, O(descriptors), here one
// Accuracy    up to a millisecond late by rounding; the kernel adds its slack, or a thousandth of
//             the timeout
// Invariants  the wake channel's
// Limits      timeouts beyond a day are cut and taken up again
#pragma once

#include <poll.h>

#include "variants/sleep/wake_channel.hpp"

namespace cyclone::sleep {

template <class Work = no_work, int Mutant = 0>
class poll_ms {
 public:
    static constexpr traits k_traits{
        .granularity = k_ms, .adds = leeway::share, .at_deadline = 1, .at_wake = 2};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() { return channel_.open(); }
    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        return channel_.until(deadline, "poll", [this](ns left) {
            pollfd waker{channel_.fd(), POLLIN, 0};
            return ::poll(&waker, 1, timeout_ms(left, Mutant == 1));
        });
    }
    void wake() noexcept { channel_.wake(); }
    [[nodiscard]] std::uint64_t calls() const noexcept { return channel_.calls(); }

 private:
    wake_channel<Work, Mutant> channel_;
};

}  // namespace cyclone::sleep
