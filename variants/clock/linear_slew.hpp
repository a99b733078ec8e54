// Removes what it is off by at the one rate allowed, and then runs as the local counter does. A
// sample that tells less than is known is not followed.
//
// Source      Cristian 1989 (a reading is worth what its round trip says; the clock is then made to
//             run faster or slower); the fixed rate is that of adjtime(2)
// Cost        observe O(1), two divisions of 128 bits; now() two multiplications
// Accuracy    that of the best recent sample, and max_ppm of drift from there
// Invariants  I1 the interval is that of the last sample followed, widened since
//             I2 the line moves within the slew limit
// Limits      does not learn the rate of the local counter: off by it again as soon as it is quiet
// Not equivalent to Cristian's: one fixed rate, and no attempt to do with few messages.
#pragma once

#include "variants/clock/slewed_line.hpp"
#include "variants/clock/truth_interval.hpp"

namespace cyclone::clock {

template <class Work = no_work, int Mutant = 0>
class linear_slew {
    static constexpr int k_hasty = 4;  // mutant 1: so many times the rate allowed

 public:
    static constexpr traits k_traits{.filters_delay = true};

    linear_slew(const settings& how, const sample& first)
        : truth_(how, first),
          line_(first.local, first.reference,
                rate_of_ppm(how.slew_max_ppm) * (Mutant == 1 ? k_hasty : 1)) {
        CYCLONE_ASSERT(how.sound());
    }

    void observe(const sample& s) {
        work_.node();
        const ns error = truth_.error_of(s);
        const bool stepped = truth_.excludes(s);
        if (Mutant == 3 && stepped) return;  // takes a step for a bad sample
        if (!stepped && error > truth_.radius(s.local)) return;
        truth_.replace(s, error);
        line_.bend(s.local, s.reference - line_.at(s.local), 0, 1);
        if constexpr (Mutant == 2) line_.never_turn();
    }

    [[nodiscard]] ns now(ns local) const noexcept { return line_.at(local); }
    [[nodiscard]] ns error_bound(ns local) const noexcept {
        if constexpr (Mutant == 4) return truth_.radius(local);  // forgets what is yet to be slewed
        return truth_.farthest(local, now(local));
    }
    [[nodiscard]] std::string check() const {
        if (!truth_.sound()) return "I1: an interval upside down";
        return line_.sound() ? std::string{} : "I2: the line is too steep";
    }
    [[nodiscard]] const Work& work() const noexcept { return work_; }

 private:
    truth_interval truth_;
    slewed_line line_;
    [[no_unique_address]] Work work_;
};

}  // namespace cyclone::clock
