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
//             I2 bit s of occupied_[l] is set exactly if slot s of wheel l holds a timer
//             I3 on every wheel, occupied slots lie ahead of the cursor's digit: no lap aliasing
//             I4 the list lengths add up to size_
#pragma once

#include <array>
#include <bit>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class hierarchical_wheel {
    static constexpr unsigned k_bits = 6;
    static constexpr unsigned k_slots = 1U << k_bits;
    static constexpr unsigned k_levels = 11;  // 66 bits: every tick of 63 bits has a place

 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    static constexpr traits k_traits{.fire_order = order::fifo, .next = next_kind::lower_bound};

    explicit hierarchical_wheel(tick now) : now_(now), cursor_(now) {}
    ~hierarchical_wheel() {
        for (intrusive_list& slot : slots_) {
            while (!slot.empty()) stop(static_cast<node&>(*slot.next));
        }
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        place(timer, timer.deadline());
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        if (const list_link* emptied = list_unlink(timer)) {
            if constexpr (Mutant != 5) clear_bit(emptied);
        }
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
        if (Mutant == 7 && occupied_[0] == 0) return k_never;  // sees the finest wheel only
        return next_event().at;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        for (unsigned i = 0; i < k_levels * k_slots; ++i) {
            const intrusive_list& slot = slots_[i];
            const unsigned level = i / k_slots;
            const std::ptrdiff_t length = slot.audit();
            if (length < 0) return "I1: broken link";
            total += static_cast<std::size_t>(length);
            const bool bit = (occupied_[level] >> (i % k_slots) & 1U) != 0;
            if (bit == slot.empty()) return "I2: bitmap differs from the slot";
            if (bit && i % k_slots <= digit(cursor_, level)) return "I3: a slot behind the cursor";
            for (list_link* l = slot.next; l != &slot; l = l->next) {
                if (slot_index(static_cast<node*>(l)->deadline()) != i) return "I1: wrong slot";
            }
        }
        return total == size_ ? std::string{} : "I4: lengths do not add up to size()";
    }

 private:
    /// The next tick at which a slot has to be entered, and the wheel it is on.
    struct event {
        tick at;
        unsigned level;
    };

    [[nodiscard]] static constexpr unsigned digit(tick t, unsigned level) noexcept {
        return static_cast<unsigned>(t >> (level * k_bits)) & (k_slots - 1);
    }

    [[nodiscard]] unsigned level_of(tick deadline) const noexcept {
        // The classic mistake is to look at the distance instead of at the differing digits.
        const tick differing = Mutant == 1 ? deadline - cursor_ : deadline ^ cursor_;
        const auto width = static_cast<unsigned>(std::bit_width(differing));
        if constexpr (Mutant == 2) return width / k_bits;  // one wheel too high at 64^k
        return width == 0 ? 0 : (width - 1) / k_bits;
    }

    [[nodiscard]] unsigned slot_index(tick deadline) const noexcept {
        const unsigned level = level_of(deadline);
        return level * k_slots + digit(deadline, level);
    }

    void place(node& timer, tick deadline) noexcept {
        work_.node();
        const unsigned index = slot_index(deadline);
        slots_[index].push_back(timer);
        occupied_[index / k_slots] |= std::uint64_t{1} << (index % k_slots);
    }

    /// Clears the bit of a slot that became empty; a list outside the wheels has none.
    void clear_bit(const list_link* sentinel) noexcept {
        const auto* slot = static_cast<const intrusive_list*>(sentinel);
        if (slot < slots_.data() || slot >= slots_.data() + slots_.size()) return;
        const auto index = static_cast<unsigned>(slot - slots_.data());
        occupied_[index / k_slots] &= ~(std::uint64_t{1} << (index % k_slots));
    }

    [[nodiscard]] event next_event() const noexcept {
        for (unsigned level = 0; level < k_levels; ++level) {
            work_.slot();
            if (occupied_[level] == 0) continue;
            // By I3 the lowest set bit is the nearest, and by I1 a finer wheel comes first.
            const unsigned shift = level * k_bits;
            const auto slot = static_cast<tick>(std::countr_zero(occupied_[level]));
            const tick base =
                level + 1 == k_levels ? 0 : cursor_ >> (shift + k_bits) << (shift + k_bits);
            return {base | slot << shift, level};
        }
        return {k_never, 0};
    }

    /// Hands the timers of the slot that the cursor has just entered to the wheels below.
    void cascade(unsigned level) noexcept {
        const unsigned index = level * k_slots + digit(cursor_, level);
        intrusive_list moving;
        moving.splice_back(slots_[index]);
        occupied_[level] &= ~(std::uint64_t{1} << (index % k_slots));
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
        const unsigned index = digit(cursor_, 0);
        intrusive_list due;
        due.splice_back(slots_[index]);
        occupied_[0] &= ~(std::uint64_t{1} << index);
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

    [[no_unique_address]] mutable Work work_;
    std::array<intrusive_list, std::size_t{k_levels} * k_slots> slots_;
    std::array<std::uint64_t, k_levels> occupied_{};
    std::size_t size_ = 0;
    tick now_;
    tick cursor_;  ///< the tick that is being fired; == now_ outside advance()
};

}  // namespace cyclone::timer
