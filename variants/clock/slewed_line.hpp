// The hand of a slewed clock: a line that bends once. Until turn_ it removes an offset, at a rate
// within a limit, and from there on it runs at its base rate. A shared inner piece; not a variant.
//
// Source      the idea of adjtime(2): an offset is removed by running faster or slower
// Cost        at(): two multiplications of 64 by 64 bits; bend(): two divisions of 128 bits
// Invariants  I1 both rates are within the limit
//             I2 turn_ >= 0: the bend lies not before the last change
// Limits      a new line starts at a whole nanosecond, so each bend may lose less than one
#pragma once

#include <cstdlib>
#include <limits>

#include "clock/clock.hpp"

namespace cyclone::clock {

class slewed_line {
 public:
    slewed_line(ns local, ns value, rate limit) noexcept
        : local_(local), value_(value), limit_(limit) {}

    [[nodiscard]] ns at(ns local) const noexcept {
        const ns passed = local - local_;
        const ns slewed = std::min(passed, turn_);
        const wide more = wide{slewed} * slewing_ + wide{passed - slewed} * base_;
        return saturated(wide{value_} + passed + (more >> k_rate_bits));
    }

    /// From `local` on: runs at `base`, and removes `offset` ns beside it over `over` ns, or in as
    /// long as the limit makes it take. |base| must be below the limit.
    void bend(ns local, ns offset, rate base, ns over) noexcept {
        value_ = at(local);
        local_ = local;
        base_ = base;
        slewing_ = base;
        turn_ = 0;
        if (offset == 0) return;
        const wide wanted = (wide{offset} << k_rate_bits) / std::max<ns>(over, 1);
        const rate removing =
            static_cast<rate>(std::clamp<wide>(wanted, wide{-limit_} - base, wide{limit_} - base));
        if (removing == 0) return;
        constexpr wide k_most = std::numeric_limits<ns>::max();
        const wide takes = (wide{offset} << k_rate_bits) / removing;
        slewing_ = base + removing;
        turn_ = static_cast<ns>(std::min(takes, k_most));
    }

    /// For seeded bugs: the bend never comes.
    void never_turn() noexcept { turn_ = std::numeric_limits<ns>::max(); }

    [[nodiscard]] rate base() const noexcept { return base_; }
    [[nodiscard]] bool sound() const noexcept {
        return std::abs(slewing_) <= limit_ && std::abs(base_) <= limit_ && turn_ >= 0;
    }

 private:
    ns local_;
    ns value_;
    rate limit_;
    ns turn_ = 0;  // after local_
    rate slewing_ = 0;
    rate base_ = 0;
};

}  // namespace cyclone::clock
