// Sleeps in the kernel until shortly before the deadline, and looks at the clock for the rest.
//
// Source      the idea of adaptive locks, turned on time; the margin is the kernel's default slack
// Cost        one system call a sleep longer than the margin, none for a shorter one; some 50 us of
//             the processor a deadline
// Accuracy    as spin, unless the kernel is later than the margin
// Invariants  the wake word's
// Limits      the margin is fixed: a thread whose slack is larger gets what the futex gives
#pragma once

#include "variants/sleep/wake_word.hpp"

namespace cyclone::sleep {

template <class Work = no_work, int Mutant = 0>
class hybrid {
    static constexpr ns k_margin = 50 * k_us;

 public:
    static constexpr traits k_traits{
        .adds = leeway::slack, .at_deadline = 1, .at_wake = 1, .exact_calls = false, .burns = true};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() noexcept { return {}; }
    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        word_.before();
        if (deadline == k_never) return word_.wait_until(k_never);
        const ns coarse = deadline - (Mutant == 1 ? k_ms : k_margin);
        if (clock::monotonic_ns() < coarse) {
            CYCLONE_TRY(const woke why, word_.wait_until(coarse));
            if (why == woke::wake || Mutant == 1) return why;
        }
        for (;;) {
            if (word_.take()) return woke::wake;
            if (clock::monotonic_ns() >= deadline) return woke::deadline;
            sync::native::pause();
        }
    }
    void wake() noexcept { word_.wake(); }
    [[nodiscard]] std::uint64_t calls() const noexcept { return word_.calls(); }

 private:
    wake_word<Work, Mutant> word_;
};

}  // namespace cyclone::sleep
