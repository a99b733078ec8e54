// A non-cascading wheel: 21 levels of 64 slots, each level 8 times coarser than the one below. A
// timer is rounded up to its level's granularity once, at START, and never moves again. What a
// cascading wheel pays in moves, this one pays in accuracy, in proportion to the distance.
//
// Source      Gleixner 2016, "timers: Switch to a non-cascading wheel" (Linux 4.8)
// Cost        START, STOP O(1); no moves; next O(levels); one tick 1 + 1/8 + 1/64 ... slots
// Accuracy    never early; a timer of level l is late by at most 8^l - 1 ticks. Level l > 0 takes
//             distances from 63 * 8^(l-1), so lateness / distance < 8 / 63 = 12.7 %
// Invariants  I1 slot s of level l holds timers that fire at the next tick t, t / 8^l = s mod 64
//             I2 the invariant of bitmapped_slots.hpp
//             I3 a timer's slot comes up neither before its deadline nor later than I1 allows
//             I4 the list lengths add up to size_, firing lists apart
// Not equivalent to the kernel's: that one adds a whole granule where this one rounds up (so it is
// one granule later for exact multiples), and clamps distances beyond its 8 or 9 levels.
#pragma once

#include <bit>

#include "timer/timer.hpp"
#include "variants/timer/slot_arithmetic.hpp"
#include "variants/timer/slotted_wheel.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class noncascading_wheel
    : public slotted_wheel<Work, bitmapped_slots<distance_layout::k_levels, Mutant == 4>> {
    using base = slotted_wheel<Work, bitmapped_slots<distance_layout::k_levels, Mutant == 4>>;
    using base::now_, base::size_, base::slots_, base::work_;

    static constexpr unsigned k_bits = distance_layout::k_bits;
    static constexpr unsigned k_slots = 1U << k_bits;
    static constexpr unsigned k_shift = distance_layout::k_shift;
    static constexpr unsigned k_levels = distance_layout::k_levels;

 public:
    using typename base::node;

    // Rounded up to a granule of at most 2^60, a deadline up to 2^62 is still a tick.
    static constexpr traits k_traits{.fire_order = order::unordered, .horizon = tick{1} << 62};

    explicit noncascading_wheel(tick now) : base(now) {}

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_, k_traits.horizon));
        const unsigned level = level_for(timer.deadline());
        work_.node();
        slots_.push(level, slot_of<k_bits>(turn_of(timer.deadline(), level)), timer);
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
            if (to - now_ >= k_slots) {
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
        for (unsigned level = 0; level < k_levels; ++level) {
            work_.slot();
            if (slots_.bitmap(level) == 0) continue;
            const unsigned shift = level * k_shift;
            const tick first_turn = (now_ >> shift) + 1;
            const auto rotated =
                std::rotr(slots_.bitmap(level), static_cast<int>(first_turn % k_slots));
            const tick at = (first_turn + static_cast<tick>(std::countr_zero(rotated))) << shift;
            if constexpr (Mutant == 3) return at;  // takes the finest level for the nearest
            if (at < earliest) earliest = at;
        }
        return earliest;
    }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    /// 8^level - 1, with the level that a timer started `delta` ticks ahead is placed on.
    [[nodiscard]] static constexpr tick lateness_max(tick delta) noexcept {
        return granule_of<k_shift>(level_of_distance<k_bits, k_shift>(delta)) - 1;
    }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        bool placed = true;
        bool ahead = true;
        const bool sound = slots_.audit([&](unsigned level, unsigned slot, list_link& timer) {
            ++total;
            const tick turn = turn_of(static_cast<node&>(timer).deadline(), level);
            placed &= slot_of<k_bits>(turn) == slot;
            ahead &= turn > now_ >> (level * k_shift);
        });
        if (!sound) return "I2: bitmap differs from the slots";
        if (!placed) return "I1: wrong slot";
        if (!ahead) return "I3: overdue";
        return total == size_ ? std::string{} : "I4: lengths do not add up to size()";
    }

 private:
    [[nodiscard]] unsigned level_for(tick deadline) const noexcept {
        const tick distance = Mutant == 2 ? deadline % 4096 : deadline - now_;  // not the distance
        if (Mutant == 5 && distance > 3) return level_of_distance<k_bits, k_shift>(distance - 3);
        return level_of_distance<k_bits, k_shift>(distance);
    }

    [[nodiscard]] static constexpr tick turn_of(tick deadline, unsigned level) noexcept {
        if constexpr (Mutant == 1) return rounded_down<k_shift>(deadline, level);
        if constexpr (Mutant == 6) return rounded_up<k_shift>(deadline - 1, level);
        return rounded_up<k_shift>(deadline, level);
    }

    /// Moves the timers of every slot that begins at now_ to `due`. A level is entered only at
    /// multiples of its granularity, and then all finer levels are too.
    void collect(intrusive_list& due) noexcept {
        for (unsigned level = 0; level < k_levels; ++level) {
            const unsigned shift = level * k_shift;
            if ((now_ & ((tick{1} << shift) - 1)) != 0) return;
            work_.slot();
            const unsigned slot = slot_of<k_bits>(now_ >> shift);
            if (slots_.occupied(level, slot)) slots_.take(level, slot, due);
        }
    }
};

}  // namespace cyclone::timer
