// ppoll: poll with its timeout in nanoseconds.
//
// Source      ppoll(2)
// Cost        one system call a sleep, two with a wake
// Accuracy    not rounded; the kernel adds its slack, or a thousandth of the timeout
// Invariants  the wake channel's
// Limits      the mask of signals, ppoll's other gift, is not used
#pragma once

#include <poll.h>

#include "variants/sleep/wake_channel.hpp"

namespace cyclone::sleep {

template <class Work = no_work, int Mutant = 0>
class ppoll_ns {
 public:
    static constexpr traits k_traits{.adds = leeway::share, .at_deadline = 1, .at_wake = 2};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() { return channel_.open(); }
    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        return channel_.until(deadline, "ppoll", [this](ns left) {
            if (Mutant == 1 && left != k_never) left = left / k_ms * k_ms;
            const timespec timeout = timespec_of(left);
            pollfd waker{channel_.fd(), POLLIN, 0};
            return ::ppoll(&waker, 1, left == k_never ? nullptr : &timeout, nullptr);
        });
    }
    void wake() noexcept { channel_.wake(); }
    [[nodiscard]] std::uint64_t calls() const noexcept { return channel_.calls(); }

 private:
    wake_channel<Work, Mutant> channel_;
};

}  // namespace cyclone::sleep
