// A hierarchy of seconds, minutes, hours of 60 each and so on, in which no timer ever moves: one
// that is an hour away waits on the wheel of hours and fires with it. What is saved in moves is
// lost in precision. Nichols' variant rounds to the nearest granule and may fire early; under S5 it
// cannot, so START rounds up here, and rounded_to_nearest() says what the variant as printed does.
//
// Source      Varghese and Lauck 1987, section 6.2, on Wick Nichols' suggestion
// Cost        START O(level): a division by 60 for each; STOP O(1); no moves; next O(levels); one
//             tick 1 + 1/60 + ... slots
// Accuracy    never early; a timer of level l is 60^l to 60^(l+1) - 1 ticks away, and late by at
//             most 60^l - 1 ticks: up to 98 % of its distance at level 1 and all but one tick of
//             it above, twice what is lost by rounding to the nearest
// Invariants  I1 slot s of level l holds timers that fire at the next tick t, t / 60^l = s mod 64
//             I2 the invariant of bitmapped_slots.hpp
//             I3 a timer's slot comes up neither before its deadline nor 64 turns ahead
//             I4 the list lengths add up to size_, the list being fired apart
// Not equivalent to the paper's in two respects: it rounds up, see above; and a level has 64 slots
// for its 60 granules, since a distance of almost 60 of them, rounded up, reaches 61 ahead. There
// is no day of 24 hours: the ratio is 60 throughout.
#pragma once

#include <bit>

#include "timer/timer.hpp"
#include "variants/timer/slot_arithmetic.hpp"
#include "variants/timer/slotted_wheel.hpp"

namespace cyclone::timer {

namespace detail {
inline constexpr unsigned k_nichols_levels = 11;  // 60^11 > 2^63: enough for every distance
}  // namespace detail

template <class Work = no_work, int Mutant = 0>
class nichols_wheel
    : public slotted_wheel<Work, bitmapped_slots<detail::k_nichols_levels, Mutant == 4>> {
    using base = slotted_wheel<Work, bitmapped_slots<detail::k_nichols_levels, Mutant == 4>>;
    using base::now_, base::size_, base::slots_, base::work_;

    static constexpr unsigned k_bits = 6;
    static constexpr tick k_ratio = 60;
    static constexpr unsigned k_levels = detail::k_nichols_levels;

 public:
    using typename base::node;

    // Rounded up to a granule of at most 60^10 < 2^60, a deadline up to 2^62 is still a tick.
    static constexpr traits k_traits{.fire_order = order::unordered, .horizon = tick{1} << 62};

    explicit nichols_wheel(tick now) : base(now) {}

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_, k_traits.horizon));
        work_.node();
        const place at = place_of(timer.deadline());
        slots_.push(at.level, slot_of<k_bits>(at.turn), timer);
        ++size_;
    }

    void restart(node& timer, tick deadline) {
        base::stop(timer);
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        // All that is due is taken out before the first callback runs: a timer started by a
        // callback is then placed by its distance from `to`, as its accuracy promises.
        intrusive_list due;
        while (now_ < to) {
            if (to - now_ >= k_ratio) {
                const tick next = next_deadline();
                if (next > to) break;
                now_ = next;
            } else {
                ++now_;
            }
            collect(due);
        }
        now_ = to;
        return base::fire_all(due);
    }

    [[nodiscard]] tick next_deadline() const {
        tick earliest = k_never;
        tick granule = 1;
        for (unsigned level = 0; level < k_levels; ++level, granule *= k_ratio) {
            work_.slot();
            if (slots_.bitmap(level) == 0) continue;
            const tick turn = now_ / granule + 1;
            const auto rotated =
                std::rotr(slots_.bitmap(level), static_cast<int>(slot_of<k_bits>(turn)));
            const tick at = (turn + static_cast<tick>(std::countr_zero(rotated))) * granule;
            if constexpr (Mutant == 3) return at;  // takes the finest level for the nearest
            if (at < earliest) earliest = at;
        }
        return earliest;
    }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    /// 60^level - 1, with the level that a timer started `delta` ticks ahead is placed on.
    [[nodiscard]] static constexpr tick lateness_max(tick delta) noexcept {
        return granule_for(delta) - 1;
    }

    /// What the variant does as printed, without a wheel: when it fires, and by how much that is
    /// late, or early if negative.
    struct nearest {
        tick at;
        std::int64_t error;  ///< ticks, at - deadline
    };

    /// The multiple of the level's granule that is nearest to the deadline, the later of two. The
    /// error is at most half a granule, which is at most half of deadline - now. now < deadline, up
    /// to the horizon. O(levels).
    [[nodiscard]] static constexpr nearest rounded_to_nearest(tick now, tick deadline) noexcept {
        const tick granule = granule_for(deadline - now);
        const tick at = (deadline + granule / 2) / granule * granule;
        return {at, static_cast<std::int64_t>(at) - static_cast<std::int64_t>(deadline)};
    }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        bool placed = true;
        bool ahead = true;
        const bool sound = slots_.audit([&](unsigned level, unsigned slot, list_link& timer) {
            ++total;
            tick turn = static_cast<node&>(timer).deadline();
            tick current = now_;
            for (unsigned l = 0; l < level; ++l) {
                turn = (turn + k_ratio - 1) / k_ratio;
                current /= k_ratio;
            }
            placed &= slot_of<k_bits>(turn) == slot;
            ahead &= turn > current && turn - current < bitmapped_slots<k_levels>::k_slots;
        });
        if (!sound) return "I2: bitmap differs from the slots";
        if (!placed) return "I1: wrong slot";
        if (!ahead) return "I3: overdue, or a lap ahead";
        return total == size_ ? std::string{} : "I4: lengths do not add up to size()";
    }

 private:
    struct place {
        unsigned level;
        tick turn;  ///< when it fires, in granules of the level
    };

    /// 60^l with the largest l for which that is no more than the distance; 1 for 0.
    [[nodiscard]] static constexpr tick granule_for(tick distance) noexcept {
        tick granule = 1;
        for (; distance >= k_ratio; distance /= k_ratio) granule *= k_ratio;
        return granule;
    }

    /// Rounding up by 60 again and again is rounding up by the power of 60 at once.
    [[nodiscard]] place place_of(tick deadline) const noexcept {
        place at{0, deadline};
        for (tick distance = deadline - now_; distance >= k_ratio; distance /= k_ratio) {
            const tick up = Mutant == 1 ? k_ratio / 2 : k_ratio - 1;  // 1: as printed: early
            at.turn = (at.turn + up) / k_ratio;
            ++at.level;
        }
        return at;
    }

    /// Moves the timers of every slot that begins at now_ to `due`. A level is entered only at
    /// multiples of its granule, and then all finer levels are too.
    void collect(intrusive_list& due) noexcept {
        tick turn = now_;
        for (unsigned level = 0; level < k_levels; ++level, turn /= k_ratio) {
            work_.slot();
            const unsigned slot = slot_of<k_bits>(turn);
            const bool occupied = slots_.occupied(level, slot);
            if (occupied) slots_.take(level, slot, due);
            if (Mutant == 2 && !occupied) return;  // an empty slot hides the coarser ones
            if (turn % k_ratio != 0) return;
        }
    }
};

}  // namespace cyclone::timer
