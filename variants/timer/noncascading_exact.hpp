// The layout of the non-cascading wheel (21 levels of 64 slots, each 8 times coarser) with exact
// firing: deadlines are rounded down, so a slot comes up no later than the first deadline in it,
// and what is not due then is looked at again. While a slot's time runs, a few timers stay in it,
// and the first deadline among them says when to look again; more than Stay of them move to finer
// levels.
//
// Source      the layout of Gleixner 2016; the exact deadline checked when a slot comes up, as in
//             the Rust library nexus-timer
// Cost        START, STOP O(1). With up to Stay timers a slot no timer is ever moved, and each
//             firing looks at Stay nodes at most. In a crowd a timer of level l moves at most l
//             times, mostly l / 2: a move leaves less than 8^l ticks, which is less than 63 slots
//             of level l - 2 in 63 cases of 64. next O(levels); one tick 1 + 1/8 + 1/64 ... slots
//             and one comparison
// Why both: staying always would cost a look at the whole slot for each firing in it, O(n) a
// timer; moving always would make this a cascading wheel.
// Accuracy    exact; equal deadlines fire in any order
// Invariants  I1 slot s of level l holds timers whose turn, deadline / 8^l, is s mod 64
//             I2 the invariant of bitmapped_slots.hpp
//             I3 no turn is behind time, and none 64 turns or more ahead: no lap aliasing
//             I4 where timers stay in a slot whose time runs, its level is in open_, and its
//                recheck_ lies ahead, no later than their deadlines and no earlier than
//                recheck_first_
//             I5 the list lengths add up to size_, the list being fired apart
// Not equivalent to nexus-timer: that one never moves an entry and has none of the limits above.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "timer/timer.hpp"
#include "variants/timer/slot_arithmetic.hpp"
#include "variants/timer/slotted_wheel.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0, unsigned Stay = 4>
class noncascading_exact
    : public slotted_wheel<Work, bitmapped_slots<distance_layout::k_levels, Mutant == 4>> {
    using base = slotted_wheel<Work, bitmapped_slots<distance_layout::k_levels, Mutant == 4>>;
    using base::now_, base::size_, base::slots_, base::work_;

    static constexpr unsigned k_bits = distance_layout::k_bits;
    static constexpr unsigned k_slots = 1U << k_bits;
    static constexpr unsigned k_shift = distance_layout::k_shift;
    static constexpr unsigned k_levels = distance_layout::k_levels;

 public:
    using typename base::node;

    static constexpr traits k_traits{.next = next_kind::lower_bound};

    explicit noncascading_exact(tick now) : base(now) {}

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        place(timer);
        ++size_;
    }

    void restart(node& timer, tick deadline) {
        base::stop(timer);
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        // All that is due is taken out, tick by tick, before the first callback runs.
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
            const tick turn = now_ >> (level * k_shift);
            const unsigned current = slot_of<k_bits>(turn);
            if (Mutant != 3 && slots_.occupied(level, current))  // 3: sees no slot whose time runs
                earliest = std::min(earliest, recheck_[level]);
            // A level holds turns up to 63 ahead, so beside the current turn's every bit counts.
            const auto ahead = std::rotr(slots_.bitmap(level), static_cast<int>(current)) >> 1;
            if (ahead == 0) continue;
            const tick coming = turn + 1 + static_cast<tick>(std::countr_zero(ahead));
            earliest = std::min(earliest, coming << (level * k_shift));
        }
        return earliest;
    }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        const char* wrong = nullptr;
        const bool sound = slots_.audit([&](unsigned level, unsigned slot, list_link& timer) {
            ++total;
            const tick deadline = static_cast<node&>(timer).deadline();
            const tick turn = rounded_down<k_shift>(deadline, level);
            const tick current = rounded_down<k_shift>(now_, level);
            if (slot_of<k_bits>(turn) != slot) wrong = "I1: wrong slot";
            if (deadline <= now_ || turn < current || turn - current >= k_slots)
                wrong = "I3: a turn behind time or a lap ahead";
            if (turn != current) return;
            const tick again = recheck_[level];
            const bool seen = (open_ & (1U << level)) != 0 && now_ < again && again <= deadline;
            if (!seen || recheck_first_ > again) wrong = "I4: would be looked at too late";
        });
        if (!sound) return "I2: bitmap differs from the slots";
        if (wrong != nullptr) return wrong;
        return total == size_ ? std::string{} : "I5: lengths do not add up to size()";
    }

 private:
    /// A timer of level l > 0 is at least 63 * 8^(l-1) ticks away, so its turn is not the one that
    /// runs; it is less than 63 * 8^l away, so its turn is 63 ahead at most.
    void place(node& timer) noexcept {
        work_.node();
        const tick distance = timer.deadline() - now_;
        const unsigned level = level_of_distance<k_bits, k_shift>(distance);
        slots_.push(level, slot_of<k_bits>(rounded_down<k_shift>(timer.deadline(), level)), timer);
    }

    /// Goes through the slots that come up at now_, then through those that are to be looked at
    /// again. A level's slot comes up at multiples of its granularity only, and then all finer
    /// levels' do too.
    void collect(intrusive_list& due) noexcept {
        for (unsigned level = 0; level < k_levels; ++level) {
            if ((now_ & (granule_of<k_shift>(level) - 1)) != 0) break;
            work_.slot();
            visit(level, due);
        }
        work_.comparison();
        if (recheck_first_ > now_) return;
        for (std::uint32_t left = open_; left != 0; left &= left - 1) {
            const auto level = static_cast<unsigned>(std::countr_zero(left));
            work_.slot();
            if (recheck_[level] <= now_) visit(level, due);
        }
        recheck_first_ = k_never;
        for (std::uint32_t left = open_; left != 0; left &= left - 1) {
            const tick at = recheck_[static_cast<unsigned>(std::countr_zero(left))];
            recheck_first_ = std::min(recheck_first_, at);
        }
    }

    void visit(unsigned level, intrusive_list& due) noexcept {
        open_ &= ~(1U << level);
        const unsigned slot = slot_of<k_bits>(now_ >> (level * k_shift));
        if (slots_.occupied(level, slot)) look_at(level, slot, due);
    }

    /// Takes what is due. What is not stays, if it is little, and is looked at again when the first
    /// of it is due; or moves to finer levels.
    void look_at(unsigned level, unsigned slot, intrusive_list& due) noexcept {
        intrusive_list rest;
        slots_.take(level, slot, rest);
        if (level == 0 || Mutant == 2) return due.splice_back(rest);  // 2: all of it: early
        unsigned kept = 0;
        tick first = k_never;
        for (list_link* l = rest.next; l != &rest;) {
            work_.node();
            auto& timer = static_cast<node&>(*l);
            l = l->next;
            if (timer.deadline() <= now_) {
                list_unlink(timer);
                due.push_back(timer);
                continue;
            }
            ++kept;
            const bool last = Mutant == 5 && kept > 1;  // 5: the last deadline, not the first
            first = last ? std::max(first, timer.deadline()) : std::min(first, timer.deadline());
        }
        if (kept > Stay) return move_down(rest);
        while (!rest.empty()) {
            list_link& timer = *rest.next;
            list_unlink(timer);
            slots_.push(level, slot, timer);
        }
        if (kept == 0 || Mutant == 1) return;  // 1: never looked at again
        open_ |= 1U << level;
        recheck_[level] = first;
        recheck_first_ = std::min(recheck_first_, first);
    }

    void move_down(intrusive_list& rest) noexcept {
        while (!rest.empty()) {
            auto& timer = static_cast<node&>(*rest.next);
            list_unlink(timer);
            work_.relink();
            place(timer);
        }
    }

    std::array<tick, k_levels> recheck_{};  ///< by level: when to look at the current slot again
    std::uint32_t open_ = 0;                ///< the levels whose recheck_ counts
    tick recheck_first_ = k_never;          ///< the first that counts; after a STOP, or earlier
};

}  // namespace cyclone::timer
