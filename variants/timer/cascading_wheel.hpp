// Hierarchical timing wheels as first described: 4 wheels of 256 slots, each slot of a wheel as
// wide as the whole wheel below, no bitmaps. Every tick enters one slot of the finest wheel; when
// a wheel completes its lap, one slot of the next moves down. What lies beyond the coarsest wheel
// waits in a list, which is gone through once in each of its laps.
//
// Source      Varghese and Lauck 1987, section 6.2 (scheme 7); the layout of 4 wheels of 256 slots
//             is that of folly's HHWheelTimer, and nearly that of Linux up to 4.7 (256, then 64)
// Cost        START O(1) (the level is found by bit width, where the paper's START is O(Levels));
//             STOP O(1); at most Levels moves in a timer's life; PER_TICK 1 slot, plus the timers
//             that cascade, which may be all of them; next O(Levels * Slots + timers of one slot)
// Accuracy    exact; equal deadlines fire in the order of their starts (they share every slot)
// Invariants  I1 a timer that is not being fired is in slot digit(deadline, level), where level is
//                that of the highest digit in which deadline and cursor_ differ; beyond the last
//                level, it is in far_
//             I2 on every wheel, occupied slots lie ahead of the cursor's digit: no lap aliasing
//             I3 the list lengths add up to size_
// Limits      a long step is walked tick by tick; a lap of the finest wheel in which nothing fired
//             is followed by a search for the next slot to enter, O(Levels * Slots) and once all
//             wheels are empty O(far timers), which skips the ticks before it
// Not equivalent to Linux's or folly's: those place by the distance that is left, so equal
// deadlines may part; and both clamp what lies beyond the last wheel, where this one keeps it.
#pragma once

#include <algorithm>
#include <array>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"
#include "variants/timer/slot_arithmetic.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0, unsigned Bits = 8, unsigned Levels = 4>
class cascading_wheel {
    static_assert(Bits > 0 && Levels > 0 && Bits * Levels < 63);

 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    static constexpr traits k_traits{.fire_order = order::fifo};
    static constexpr unsigned k_slots = 1U << Bits;
    static constexpr unsigned k_levels = Levels;

    explicit cascading_wheel(tick now) : now_(now), cursor_(now) {}
    ~cascading_wheel() {
        for (intrusive_list& timers : slots_) clear(timers);
        clear(far_);
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        place(timer, timer.deadline());
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        list_unlink(timer);
        timer.set_idle();
        --size_;
        return true;
    }

    void restart(node& timer, tick deadline) {
        stop(timer);
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        unsigned quiet = 0;
        while (cursor_ < to && size_ > 0) {
            ++cursor_;
            if (Mutant != 1) complete_laps();
            const std::size_t expired = fire_current();
            if (Mutant == 1) complete_laps();  // cascades after firing, not before
            fired += expired;
            quiet = expired > 0 ? 0 : quiet + 1;
            if (quiet < k_slots || size_ == 0) continue;
            if constexpr (Mutant == 4) break;  // takes a quiet lap for an empty wheel
            cursor_ = std::min(next_slot().start - 1, to);
            quiet = 0;
        }
        cursor_ = to;
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        return size_ == 0 ? k_never : earliest_in(*next_slot().timers);
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        for (unsigned i = 0; i <= Levels * k_slots; ++i) {
            const bool is_far = i == Levels * k_slots;
            const intrusive_list& list = is_far ? far_ : slots_[i];
            if (list.audit() < 0) return "I1: broken link";
            for (list_link* l = list.next; l != &list; l = l->next) {
                ++total;
                const tick deadline = static_cast<node*>(l)->deadline();
                const unsigned level = level_of_difference<Bits>(deadline, cursor_);
                if (deadline <= cursor_) return "I2: a slot behind the cursor";
                if (is_far != (level >= Levels)) return "I1: wrong side of the last level";
                if (!is_far && i != index_of(level, deadline)) return "I1: wrong slot";
            }
        }
        return total == size_ ? std::string{} : "I3: lengths do not add up to size()";
    }

 private:
    /// A list of timers that has to be gone through, and the tick at which.
    struct slot {
        tick start;
        const intrusive_list* timers;
    };

    [[nodiscard]] static constexpr std::size_t index_of(unsigned level, tick t) noexcept {
        return level * k_slots + digit_of<Bits>(t, level);
    }

    void place(node& timer, tick deadline) noexcept {
        work_.node();
        const unsigned level = level_of_difference<Bits>(deadline, cursor_);
        const bool is_far = level >= Levels;
        if (Mutant == 8 && deadline >> (Bits * Levels) != 0) return far_.push_back(timer);
        if (is_far && Mutant != 3) return far_.push_back(timer);
        // 3: beyond the last wheel, the low digits decide
        slots_[index_of(is_far ? Levels - 1 : level, deadline)].push_back(timer);
    }

    /// Where time enters new slots of coarser wheels, their timers move down: the finest first,
    /// as an odometer turns. The order is free, since no timer moves into a slot being entered.
    void complete_laps() noexcept {
        for (unsigned level = 1; level < Levels; ++level) {
            if (digit_of<Bits>(cursor_, level - 1) != 0) return;
            if (Mutant == 2 && level > 1) return;  // the lap of the second wheel is not carried on
            work_.slot();
            replace_all(slots_[index_of(level, cursor_)]);
            if (Mutant == 6 && level == 2 && digit_of<Bits>(cursor_, level) == 0) return;
        }
        if (Mutant == 7 || digit_of<Bits>(cursor_, Levels - 1) != 0) return;
        work_.slot();
        replace_all(far_);
    }

    /// Places every timer of a list anew, in order: what is still far comes back behind.
    void replace_all(intrusive_list& list) noexcept {
        intrusive_list moving;
        moving.splice_back(list);
        while (!moving.empty()) {
            auto& timer = static_cast<node&>(*moving.next);
            list_unlink(timer);
            work_.relink();
            place(timer, Mutant == 5 ? cursor_ + 1 : timer.deadline());  // 5: by the time now
        }
    }

    std::size_t fire_current() {
        work_.slot();
        intrusive_list due;
        due.splice_back(slots_[index_of(0, cursor_)]);
        std::size_t fired = 0;
        while (!due.empty()) {
            auto& timer = static_cast<node&>(*due.next);
            list_unlink(timer);
            --size_;
            ++fired;
            timer.fire();
        }
        return fired;
    }

    /// The first slot ahead that holds a timer. By I1 a finer wheel comes first and by I2 nothing
    /// lies behind the cursor's digit, so the first one found is the nearest. size_ > 0.
    [[nodiscard]] slot next_slot() const noexcept {
        for (unsigned level = 0; level < Levels; ++level) {
            for (unsigned s = digit_of<Bits>(cursor_, level) + 1; s < k_slots; ++s) {
                work_.slot();
                const intrusive_list& list = slots_[level * k_slots + s];
                if (!list.empty()) return {slot_start<Bits>(cursor_, level, s), &list};
            }
        }
        return {earliest_in(far_) >> (Bits * Levels) << (Bits * Levels), &far_};
    }

    [[nodiscard]] tick earliest_in(const intrusive_list& list) const noexcept {
        tick earliest = k_never;
        for (list_link* l = list.next; l != &list; l = l->next) {
            work_.node();
            earliest = std::min(earliest, static_cast<node*>(l)->deadline());
        }
        return earliest;
    }

    static void clear(intrusive_list& list) noexcept {
        while (!list.empty()) {
            auto& timer = static_cast<node&>(*list.next);
            list_unlink(timer);
            timer.set_idle();
        }
    }

    [[no_unique_address]] mutable Work work_;
    std::array<intrusive_list, std::size_t{Levels} * k_slots> slots_;
    intrusive_list far_;  ///< what differs from the cursor above the last level
    std::size_t size_ = 0;
    tick now_;
    tick cursor_;  ///< the tick that is being fired; == now_ outside advance()
};

}  // namespace cyclone::timer
