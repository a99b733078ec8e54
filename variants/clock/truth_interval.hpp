// Where reference time may be: an interval that samples narrow and drift widens. A shared inner
// piece of the clocks; not a variant.
//
// Source      Marzullo 1984 (a time is an interval, and what agrees is an intersection)
// Cost        O(1), a few multiplications
// Invariants  I1 lo <= hi; both are kept for the local time at_ and widen from there by max_ppm
// Limits      a step that leaves two intervals with something in common is not seen (clock.hpp, C7)
// Not equivalent to Marzullo's: one source at several times, not several sources at one time, so
// there is nobody to outvote.
#pragma once

#include "clock/clock.hpp"

namespace cyclone::clock {

class truth_interval {
 public:
    truth_interval(const settings& how, const sample& first) noexcept
        : how_(how), drift_(rate_of_ppm(how.max_ppm)) {
        replace(first, sample_error(first, how));
    }

    [[nodiscard]] ns lo(ns local) const noexcept {
        const ns passed = local - at_;
        return saturated(wide{lo_} + passed - widened(passed));
    }
    [[nodiscard]] ns hi(ns local) const noexcept {
        const ns passed = local - at_;
        return saturated(wide{hi_} + passed + widened(passed));
    }
    /// Half of the interval's length.
    [[nodiscard]] ns radius(ns local) const noexcept {
        return saturated((wide{hi(local)} - lo(local) + 1) / 2);
    }
    /// The farthest that any time in it is from `now`.
    [[nodiscard]] ns farthest(ns local, ns now) const noexcept {
        return saturated(std::max(wide{now} - lo(local), wide{hi(local)} - now));
    }
    [[nodiscard]] ns error_of(const sample& s) const noexcept { return sample_error(s, how_); }

    /// The sample cannot be true if what was known before is: the reference has stepped.
    [[nodiscard]] bool excludes(const sample& s) const noexcept {
        const ns error = error_of(s);
        return wide{s.reference} - error > hi(s.local) || wide{s.reference} + error < lo(s.local);
    }
    /// From now on only this sample is believed, to within `error`.
    void replace(const sample& s, ns error) noexcept {
        CYCLONE_ASSERT(s.local >= at_ && s.round_trip >= 0 && s.round_trip <= k_trip_max);
        at_ = s.local;
        lo_ = saturated(wide{s.reference} - error);
        hi_ = saturated(wide{s.reference} + error);
    }
    /// What was known and this sample are both believed. Only where excludes() is false.
    void narrow(const sample& s, ns error) noexcept {
        const ns below = lo(s.local);
        const ns above = hi(s.local);
        replace(s, error);
        lo_ = std::max(lo_, below);
        hi_ = std::min(hi_, above);
    }
    [[nodiscard]] bool sound() const noexcept { return lo_ <= hi_; }

 private:
    [[nodiscard]] ns widened(ns passed) const noexcept {
        return passed == 0 ? 0 : drift_of(passed, drift_);
    }

    settings how_;
    rate drift_;
    ns at_ = 0;
    ns lo_ = 0;
    ns hi_ = 0;
};

}  // namespace cyclone::clock
