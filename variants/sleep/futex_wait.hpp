// A futex with an absolute timeout: the sleep of a loop that has no descriptors to watch.
//
// Source      futex(2); std::thread::park of Rust is the same word of three states
// Cost        one system call a sleep, none if a wake is remembered or the deadline has passed
// Accuracy    nothing is rounded; the kernel adds its slack, whatever the timeout, and would to a
//             deadline that has passed as well: hence the look at the clock
// Invariants  the wake word's
// Limits      no descriptor can end the sleep, only a wake
#pragma once

#include "variants/sleep/wake_word.hpp"

namespace cyclone::sleep {

template <class Work = no_work, int Mutant = 0>
class futex_wait {
 public:
    static constexpr traits k_traits{
        .adds = leeway::slack, .at_deadline = 1, .at_wake = 1, .exact_calls = false};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() noexcept { return {}; }
    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        word_.before();
        if (Mutant == 1 && deadline != k_never) deadline = deadline / k_ms * k_ms;
        if (deadline <= clock::monotonic_ns()) return word_.take() ? woke::wake : woke::deadline;
        return word_.wait_until(deadline);
    }
    void wake() noexcept { word_.wake(); }
    [[nodiscard]] std::uint64_t calls() const noexcept { return word_.calls(); }

 private:
    wake_word<Work, Mutant> word_;
};

}  // namespace cyclone::sleep
