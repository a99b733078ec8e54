// The floor: a sleep that is over before it begins. It keeps no promise of the contract; its cost
// is that of the loop and the call.
#pragma once

#include "sleep/sleep.hpp"

namespace cyclone::sleep {

template <class Work = no_work, int Mutant = 0>
class floor {
 public:
    static constexpr traits k_traits{.adds = leeway::none, .at_deadline = 0, .at_wake = 0};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() noexcept { return {}; }
    [[nodiscard]] result<woke> sleep_until(ns deadline) {
        asm volatile("" : : "r"(deadline));  // or a loop of calls would be nothing
        return woken_ ? (woken_ = false, woke::wake) : woke::deadline;
    }
    void wake() noexcept { woken_ = true; }
    [[nodiscard]] std::uint64_t calls() const noexcept { return 0; }

 private:
    bool woken_ = false;
};

}  // namespace cyclone::sleep
