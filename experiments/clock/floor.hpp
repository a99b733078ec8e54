// The floor: the local counter as it stands, set once and never corrected. It promises no bound;
// its cost is that of the call, and what it does to timers is what every discipline is compared
// with.
#pragma once

#include "base/work.hpp"
#include "clock/clock.hpp"

namespace cyclone::clock {

template <class Work = no_work, int Mutant = 0>
class floor {
 public:
    static constexpr traits k_traits{.memory = 0};

    floor(const settings&, const sample& first) noexcept : ahead_(first.reference - first.local) {}

    void observe(const sample& s) noexcept {
        asm volatile("" : : "r"(s.reference));  // or a loop of calls would be nothing
    }
    [[nodiscard]] ns now(ns local) const noexcept { return local + ahead_; }
    [[nodiscard]] ns error_bound(ns) const noexcept { return k_time_max; }
    [[nodiscard]] std::string check() const { return {}; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }

 private:
    ns ahead_;
    [[no_unique_address]] Work work_;
};

}  // namespace cyclone::clock
