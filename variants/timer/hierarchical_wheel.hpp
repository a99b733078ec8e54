// Hierarchical timing wheels: 11 wheels of 64 slots cover all of time, each slot of a wheel as wide
// as the whole wheel below. A timer sits on the wheel of the highest base-64 digit in which its
// deadline differs from now, and moves down (cascades) when time enters its slot. One bitmap a
// wheel says which slots hold timers, so empty ticks cost nothing.
//
// Source      Varghese and Lauck 1987, section 6.2 (scheme 7); the bitmaps as in Ahern's timeout.c
// Cost        START, STOP O(1); at most 10 moves in a timer's life; next O(levels); one tick O(1)
//             plus the timers that cascade, which may be all of them
// Accuracy    exact; equal deadlines fire in the order of their starts (they share every slot)
// Invariants  I1 a timer that is not being fired is in slot digit(deadline, level), where level is
//                that of the highest digit in which deadline and cursor_ differ
//             I2 the invariant of bitmapped_slots.hpp
//             I3 on every wheel, occupied slots lie ahead of the cursor's digit: no lap aliasing
//             I4 the list lengths add up to size_
#pragma once

#include <bit>

#include "timer/timer.hpp"
#include "variants/timer/slot_arithmetic.hpp"
#include "variants/timer/slotted_wheel.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class hierarchical_wheel
    : public slotted_wheel<Work, bitmapped_slots<digit_layout::k_levels, Mutant == 5>> {
    using base = slotted_wheel<Work, bitmapped_slots<digit_layout::k_levels, Mutant == 5>>;
    using base::now_, base::size_, base::slots_, base::work_;

    static constexpr unsigned k_bits = digit_layout::k_bits;
    static constexpr unsigned k_slots = 1U << k_bits;
    static constexpr unsigned k_levels = digit_layout::k_levels;

 public:
    using typename base::node;

    static constexpr traits k_traits{.fire_order = order::fifo, .next = next_kind::lower_bound};

    explicit hierarchical_wheel(tick now) : base(now), cursor_(now) {}

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        place(timer, timer.deadline());
        ++size_;
    }

    void restart(node& timer, tick deadline) {
        base::stop(timer);
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        if (Mutant == 8 && to - cursor_ >= k_slots * k_slots) cursor_ = to;  // skips a lap
        now_ = to;
        std::size_t fired = 0;
        for (event e = next_event(); e.at <= to; e = next_event()) {
            cursor_ = e.at;
            if (e.level > 0) cascade(e.level);
            fired += fire_current();
        }
        cursor_ = to;
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        if (Mutant == 7 && slots_.bitmap(0) == 0) return k_never;  // sees the finest wheel only
        return next_event().at;
    }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        bool placed = true;
        bool ahead = true;
        const bool sound = slots_.audit([&](unsigned level, unsigned slot, list_link& timer) {
            ++total;
            const tick deadline = static_cast<node&>(timer).deadline();
            placed &= level_of(deadline) == level && digit(deadline, level) == slot;
            ahead &= slot > digit(cursor_, level);
        });
        if (!sound) return "I2: bitmap differs from the slots";
        if (!placed) return "I1: wrong slot";
        if (!ahead) return "I3: a slot behind the cursor";
        return total == size_ ? std::string{} : "I4: lengths do not add up to size()";
    }

 private:
    /// The next tick at which a slot has to be entered, and the wheel it is on.
    struct event {
        tick at;
        unsigned level;
    };

    [[nodiscard]] static constexpr unsigned digit(tick t, unsigned level) noexcept {
        return digit_of<k_bits>(t, level);
    }

    [[nodiscard]] unsigned level_of(tick deadline) const noexcept {
        // The classic mistake is to look at the distance instead of at the differing digits.
        if constexpr (Mutant == 1) return level_of_difference<k_bits>(deadline - cursor_, 0);
        if constexpr (Mutant == 2)  // one wheel too high at 64^k
            return static_cast<unsigned>(std::bit_width(deadline ^ cursor_)) / k_bits;
        return level_of_difference<k_bits>(deadline, cursor_);
    }

    void place(node& timer, tick deadline) noexcept {
        work_.node();
        const unsigned level = level_of(deadline);
        slots_.push(level, digit(deadline, level), timer);
    }

    [[nodiscard]] event next_event() const noexcept {
        for (unsigned level = 0; level < k_levels; ++level) {
            work_.slot();
            if (slots_.bitmap(level) == 0) continue;
            // By I3 the lowest set bit is the nearest, and by I1 a finer wheel comes first.
            const auto slot = static_cast<unsigned>(std::countr_zero(slots_.bitmap(level)));
            return {slot_start<k_bits>(cursor_, level, slot), level};
        }
        return {k_never, 0};
    }

    /// Hands the timers of the slot that the cursor has just entered to the wheels below.
    void cascade(unsigned level) noexcept {
        intrusive_list moving;
        slots_.take(level, digit(cursor_, level), moving);
        while (!moving.empty()) {
            auto& timer = static_cast<node&>(*moving.next);
            list_unlink(timer);
            work_.relink();
            if (Mutant == 3 && moving.empty()) {  // the last timer of the slot is lost
                timer.set_idle();
                --size_;
                return;
            }
            const bool at_slot_start = timer.deadline() == cursor_;
            if (Mutant == 6 || (Mutant == 4 && at_slot_start)) {
                place(timer, cursor_ + 1);
                continue;
            }
            place(timer, timer.deadline());
        }
    }

    std::size_t fire_current() {
        intrusive_list due;
        slots_.take(0, digit(cursor_, 0), due);
        return base::fire_all(due);
    }

    tick cursor_;  ///< the tick that is being fired; == now_ outside advance()
};

}  // namespace cyclone::timer
