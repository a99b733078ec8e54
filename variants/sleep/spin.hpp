// No sleep at all: looks at the clock and at the word until one of them says so. The oracle.
//
// Source      the obvious
// Cost        no system call; the whole processor
// Accuracy    late by a look at the clock, tens of ns, as long as nobody takes the processor away
// Invariants  the wake word's
// Limits      where sleepers outnumber cores it keeps off the core whom it waits for
#pragma once

#include "variants/sleep/wake_word.hpp"

namespace cyclone::sleep {

template <class Work = no_work, int Mutant = 0>
class spin {
 public:
    static constexpr traits k_traits{
        .adds = leeway::none, .at_deadline = 0, .at_wake = 0, .burns = true};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() noexcept { return {}; }
    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        word_.before();
        for (;;) {
            if (word_.take()) return woke::wake;
            const ns now = clock::monotonic_ns();
            if (now >= deadline - (Mutant == 1 ? 50 * k_us : 0)) return woke::deadline;
            sync::native::pause();
        }
    }
    void wake() noexcept { word_.wake(); }
    [[nodiscard]] std::uint64_t calls() const noexcept { return word_.calls(); }

 private:
    wake_word<Work, Mutant> word_;
};

}  // namespace cyclone::sleep
