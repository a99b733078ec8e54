// Believes the last sample and nothing else: jumps ahead to it, and stands still where it would
// have to go back.
//
// Source      Cristian 1989, the reading of a remote clock; the clamp is the least that keeps time
//             from going back
// Cost        observe O(1); now() one addition and one comparison
// Accuracy    that of the last sample, and max_ppm of drift from there; a long delay shows in full
// Invariants  I1 the interval is that of the last sample
//             I2 now() is at least floor_, what it was when the last sample came
// Limits      slew::unlimited: a timer may see a second pass at once, or not at all for a second
// Not equivalent to Cristian's: there a sample with too long a round trip is asked for again.
#pragma once

#include "variants/clock/truth_interval.hpp"

namespace cyclone::clock {

template <class Work = no_work, int Mutant = 0>
class follow_clamped {
 public:
    static constexpr traits k_traits{.moves = slew::unlimited};

    follow_clamped(const settings& how, const sample& first)
        : truth_(how, first), offset_(first.reference - first.local), floor_(first.reference) {
        CYCLONE_ASSERT(how.sound());
    }

    void observe(const sample& s) {
        floor_ = now(s.local);
        offset_ = s.reference - s.local;
        work_.node();
        // Mutant 2: takes the whole of a delay for evenly split, and half of that for sure.
        truth_.replace(s, Mutant == 2 ? truth_.error_of(s) / 2 : truth_.error_of(s));
    }

    [[nodiscard]] ns now(ns local) const noexcept {
        const ns followed = saturated(wide{local} + offset_);
        if constexpr (Mutant == 1) return followed;  // goes back
        return std::max(floor_, followed);
    }
    [[nodiscard]] ns error_bound(ns local) const noexcept {
        if constexpr (Mutant == 3) return truth_.radius(local);  // forgets that it stands still
        if constexpr (Mutant == 4) return 8 * truth_.farthest(local, now(local));
        return truth_.farthest(local, now(local));
    }
    [[nodiscard]] std::string check() const {
        return truth_.sound() ? std::string{} : "I1: an interval upside down";
    }
    [[nodiscard]] const Work& work() const noexcept { return work_; }

 private:
    truth_interval truth_;
    ns offset_;
    ns floor_;
    [[no_unique_address]] Work work_;
};

}  // namespace cyclone::clock
