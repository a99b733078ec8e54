// A tickless wheel: 11 levels of 64 slots with bitmaps, and time that leaps. An advance() works out
// by masks which slots time has passed and touches only those of them that hold timers; a summary
// word of the levels that are not empty gives the next deadline in two steps.
//
// Source      after Ahern's timeout.c (catch-up by masks of pending slots); placement as in
//             Varghese and Lauck 1987, section 6.2
// Cost        START, STOP O(1); at most 10 moves in a timer's life; next O(1): 2 words, whatever n
//             and whatever the levels; advance O(levels passed + slots passed that hold timers +
//             their timers), whatever the distance: what a leap makes due is fired without moves
// Accuracy    exact; the timers that one advance() fires leave level by level and slot by slot,
//             so tick by tick that is by deadline, and in a leap any order
// Invariants  I1 a timer that is not due is in slot digit(deadline, level), where level is that of
//                the highest digit in which deadline and now_ differ
//             I2 the invariants of bitmapped_slots.hpp
//             I3 on every level, occupied slots lie ahead of now_'s digit: no lap aliasing
//             I4 the list lengths add up to size_, the list being fired apart
// Why next is O(1): by I1 a timer of level l agrees with now_ in all digits above l, and exceeds it
// in digit l; one of a coarser level exceeds it in a digit above. So every timer of a finer level
// comes before every timer of a coarser one, and the first set bit of the first level that is not
// empty is the slot of the first deadline. Placement by distance would not order the levels.
// Not equivalent to timeout.c: that one places by the distance left and rotates its masks; here
// slots behind now_ are empty (I3), so masks need no rotation. No level is clamped.
#pragma once

#include <bit>

#include "timer/timer.hpp"
#include "variants/timer/slot_arithmetic.hpp"
#include "variants/timer/slotted_wheel.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class tickless_wheel
    : public slotted_wheel<Work, bitmapped_slots<digit_layout::k_levels, Mutant == 2, true>> {
    using base = slotted_wheel<Work, bitmapped_slots<digit_layout::k_levels, Mutant == 2, true>>;
    using base::now_, base::size_, base::slots_, base::work_;

    static constexpr unsigned k_bits = digit_layout::k_bits;
    static constexpr unsigned k_levels = digit_layout::k_levels;

 public:
    using typename base::node;

    static constexpr traits k_traits{.fire_order = order::unordered,
                                     .next = next_kind::lower_bound};

    explicit tickless_wheel(tick now) : base(now) {}

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        place(timer);
        ++size_;
    }

    bool stop(node& timer) {
        // 7: a timer of the batch that is being fired counts as fired
        if (Mutant == 7 && timer.pending() && timer.deadline() <= now_) return false;
        return base::stop(timer);
    }

    void restart(node& timer, tick deadline) {
        stop(timer);
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        intrusive_list due;
        catch_up(to, due);
        return base::fire_all(due);
    }

    [[nodiscard]] tick next_deadline() const {
        work_.slot();
        if (slots_.summary() == 0) return k_never;
        const auto level = static_cast<unsigned>(std::countr_zero(slots_.summary()));
        if (Mutant == 3 && level > 0) return k_never;  // sees the finest wheel only
        work_.slot();
        const auto slot = static_cast<unsigned>(std::countr_zero(slots_.bitmap(level)));
        return slot_start<k_bits>(now_, level, slot);
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
            placed &= level_of_difference<k_bits>(deadline, now_) == level;
            placed &= digit_of<k_bits>(deadline, level) == slot;
            ahead &= slot > digit_of<k_bits>(now_, level);
        });
        if (!sound) return "I2: bitmap or summary differs from the slots";
        if (!placed) return "I1: wrong slot";
        if (!ahead) return "I3: a slot behind the cursor";
        return total == size_ ? std::string{} : "I4: lengths do not add up to size()";
    }

 private:
    void place(node& timer) noexcept {
        work_.node();
        const unsigned level = level_of_difference<k_bits>(timer.deadline(), now_);
        slots_.push(level, digit_of<k_bits>(timer.deadline(), level), timer);
    }

    /// Moves time to `to` and what is due by then to `due`. With `top` the highest digit in which
    /// the two times differ: every level below it has completed its lap, so all that it holds is
    /// due; on `top` the slots behind to's digit are due and the slot of that digit is entered;
    /// levels above have not moved.
    void catch_up(tick to, intrusive_list& due) noexcept {
        const unsigned top = level_of_difference<k_bits>(to, now_);
        for (unsigned level = 0; level < top; ++level) {
            // 1: a long step takes only the slots behind the new digit, not the lap it crosses
            const bool whole_lap = Mutant != 1;
            take_slots(level, whole_lap ? ~std::uint64_t{0} : below(to, level), due);
        }
        take_slots(top, below(to, top), due);
        now_ = to;
        const unsigned entered = digit_of<k_bits>(to, top);
        work_.slot();
        if (slots_.occupied(top, entered)) enter(top, entered, due);
    }

    /// The slots behind the digit of `t`.
    [[nodiscard]] static constexpr std::uint64_t below(tick t, unsigned level) noexcept {
        return (std::uint64_t{1} << digit_of<k_bits>(t, level)) - 1;
    }

    void take_slots(unsigned level, std::uint64_t mask, intrusive_list& due) noexcept {
        work_.slot();
        for (std::uint64_t left = slots_.bitmap(level) & mask; left != 0; left &= left - 1) {
            work_.slot();
            slots_.take(level, static_cast<unsigned>(std::countr_zero(left)), due);
        }
    }

    /// Parts the timers of the slot that holds now_: due, or down to a finer level.
    void enter(unsigned level, unsigned slot, intrusive_list& due) noexcept {
        if (level == 0 || Mutant == 4) return slots_.take(level, slot, due);  // 4: all fire: early
        intrusive_list entered;
        slots_.take(level, slot, entered);
        while (!entered.empty()) {
            auto& timer = static_cast<node&>(*entered.next);
            list_unlink(timer);
            work_.relink();
            const bool is_due = Mutant == 5 ? timer.deadline() < now_ : timer.deadline() <= now_;
            if (is_due) {
                due.push_back(timer);
            } else if (Mutant == 6) {  // stays on its level, in the next slot
                slots_.push(level, (slot + 1) % 64, timer);
            } else {
                place(timer);
            }
        }
    }
};

}  // namespace cyclone::timer
