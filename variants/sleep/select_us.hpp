// select with its timeout in microseconds, rounded up.
//
// Source      select(2)
// Cost        one system call a sleep, two with a wake; a bit a descriptor up to the highest
// Accuracy    up to a microsecond late by rounding; the kernel adds its slack, or a thousandth of
//             the timeout
// Invariants  the wake channel's
// Limits      descriptors below FD_SETSIZE (1024): open() says so
#pragma once

#include <sys/select.h>

#include "variants/sleep/wake_channel.hpp"

namespace cyclone::sleep {

template <class Work = no_work, int Mutant = 0>
class select_us {
 public:
    static constexpr traits k_traits{
        .granularity = k_us, .adds = leeway::share, .at_deadline = 1, .at_wake = 2};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() {
        CYCLONE_TRY_VOID(channel_.open());
        if (channel_.fd() < FD_SETSIZE) return {};
        return fail(error_code::out_of_range,
                    "select: descriptors end at 1023; open the sleeper before the rest");
    }
    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        return channel_.until(deadline, "select", [this](ns left) {
            constexpr ns k_unit = Mutant == 1 ? k_ms : k_us;
            const ns us = units_of(left == k_never ? 0 : left, k_unit, Mutant == 1) * k_unit / k_us;
            timeval timeout{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
            fd_set readable;
            FD_ZERO(&readable);
            FD_SET(channel_.fd(), &readable);
            return ::select(channel_.fd() + 1, &readable, nullptr, nullptr,
                            left == k_never ? nullptr : &timeout);
        });
    }
    void wake() noexcept { channel_.wake(); }
    [[nodiscard]] std::uint64_t calls() const noexcept { return channel_.calls(); }

 private:
    wake_channel<Work, Mutant> channel_;
};

}  // namespace cyclone::sleep
