// A non-cascading wheel: 21 levels of 64 slots, each level 8 times coarser than the one below. A
// timer is rounded up to its level's granularity once, at START, and never moves again. What a
// cascading wheel pays in moves, this one pays in accuracy, in proportion to the distance.
//
// Source      Gleixner 2016, "timers: Switch to a non-cascading wheel" (Linux 4.8)
// Cost        START, STOP O(1); no moves; next O(levels); one tick 1 + 1/8 + 1/64 ... slots
// Accuracy    never early; a timer of level l is late by at most 8^l - 1 ticks. Level l > 0 takes
//             distances from 63 * 8^(l-1), so lateness / distance < 8 / 63 = 12.7 %
// Invariants  I1 slot s of level l holds timers that fire at the next tick t with t / 8^l = s mod
// 64
//             I2 bit s of occupied_[l] is set exactly if that slot holds a timer
//             I3 a timer's slot comes up neither before its deadline nor later than I1 allows
//             I4 the list lengths add up to size_, firing lists apart
// Not equivalent to the kernel's: that one adds a whole granule where this one rounds up (so it is
// one granule later for exact multiples), and clamps distances beyond its 8 or 9 levels.
#pragma once

#include <array>
#include <bit>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class noncascading_wheel {
    static constexpr unsigned k_slots = 64;
    static constexpr unsigned k_shift = 3;    // each level is 2^3 times coarser
    static constexpr unsigned k_levels = 21;  // enough for every distance in 63 bits

 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    static constexpr traits k_traits{.fire_order = order::unordered};

    explicit noncascading_wheel(tick now) : now_(now) {}
    ~noncascading_wheel() {
        for (intrusive_list& slot : slots_) {
            while (!slot.empty()) stop(static_cast<node&>(*slot.next));
        }
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        const unsigned level = level_for(timer.deadline());
        const auto turn = rounded_up(timer.deadline(), level);
        const unsigned index = level * k_slots + static_cast<unsigned>(turn % k_slots);
        work_.node();
        slots_[index].push_back(timer);
        occupied_[level] |= std::uint64_t{1} << (index % k_slots);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        if (const list_link* emptied = list_unlink(timer)) {
            if constexpr (Mutant != 4) clear_bit(emptied);
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

    [[nodiscard]] tick next_deadline() const {
        tick earliest = k_never;
        for (unsigned level = 0; level < k_levels; ++level) {
            work_.slot();
            if (occupied_[level] == 0) continue;
            const unsigned shift = level * k_shift;
            const tick first_turn = (now_ >> shift) + 1;
            const auto rotated =
                std::rotr(occupied_[level], static_cast<int>(first_turn % k_slots));
            const tick at = (first_turn + static_cast<tick>(std::countr_zero(rotated))) << shift;
            if constexpr (Mutant == 3) return at;  // takes the finest level for the nearest
            if (at < earliest) earliest = at;
        }
        return earliest;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    /// 8^level - 1, with the level that a timer started `delta` ticks ahead is placed on.
    [[nodiscard]] static constexpr tick lateness_max(tick delta) noexcept {
        return (tick{1} << (level_of_distance(delta) * k_shift)) - 1;
    }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        for (unsigned i = 0; i < k_levels * k_slots; ++i) {
            const intrusive_list& slot = slots_[i];
            const std::ptrdiff_t length = slot.audit();
            if (length < 0) return "I1: broken link";
            total += static_cast<std::size_t>(length);
            const bool bit = (occupied_[i / k_slots] >> (i % k_slots) & 1U) != 0;
            if (bit == slot.empty()) return "I2: bitmap differs from the slot";
            for (list_link* l = slot.next; l != &slot; l = l->next) {
                const tick deadline = static_cast<node*>(l)->deadline();
                const unsigned level = i / k_slots;
                if (rounded_up(deadline, level) % k_slots != i % k_slots) return "I1: wrong slot";
                if (rounded_up(deadline, level) <= now_ >> (level * k_shift)) return "I3: overdue";
            }
        }
        return total == size_ ? std::string{} : "I4: lengths do not add up to size()";
    }

 private:
    /// Level l takes distances below 63 * 8^l: one slot less than a lap, so that rounding up can
    /// never reach the slot that time is in.
    [[nodiscard]] static constexpr unsigned level_of_distance(tick distance) noexcept {
        const auto width = static_cast<unsigned>(std::bit_width(distance));
        const unsigned level = width <= 6 ? 0 : (width - 4) / k_shift;
        return distance < tick{k_slots - 1} << (level * k_shift) ? level : level + 1;
    }

    [[nodiscard]] unsigned level_for(tick deadline) const noexcept {
        if constexpr (Mutant == 2) return level_of_distance(deadline % 4096);  // not the distance
        return level_of_distance(deadline - now_);
    }

    [[nodiscard]] static constexpr tick rounded_up(tick deadline, unsigned level) noexcept {
        const unsigned shift = level * k_shift;
        const tick granule = tick{1} << shift;
        if constexpr (Mutant == 1) return deadline >> shift;  // rounds down
        return (deadline + granule - 1) >> shift;
    }

    void clear_bit(const list_link* sentinel) noexcept {
        const auto* slot = static_cast<const intrusive_list*>(sentinel);
        if (slot < slots_.data() || slot >= slots_.data() + slots_.size()) return;
        const auto index = static_cast<unsigned>(slot - slots_.data());
        occupied_[index / k_slots] &= ~(std::uint64_t{1} << (index % k_slots));
    }

    /// Moves the timers of every slot that begins at now_ to `due`. A level is entered only at
    /// multiples of its granularity, and then all finer levels are too.
    void collect(intrusive_list& due) noexcept {
        for (unsigned level = 0; level < k_levels; ++level) {
            const unsigned shift = level * k_shift;
            if ((now_ & ((tick{1} << shift) - 1)) != 0) return;
            work_.slot();
            const auto s = static_cast<unsigned>((now_ >> shift) % k_slots);
            if ((occupied_[level] >> s & 1U) == 0) continue;
            due.splice_back(slots_[level * k_slots + s]);
            occupied_[level] &= ~(std::uint64_t{1} << s);
        }
    }

    [[no_unique_address]] mutable Work work_;
    std::array<intrusive_list, std::size_t{k_levels} * k_slots> slots_;
    std::array<std::uint64_t, k_levels> occupied_{};
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
