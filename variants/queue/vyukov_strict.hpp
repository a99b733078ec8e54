// Vyukov's bounded queue with two answers: "empty" and "full" are said only when it has been made
// sure of. Where a call under way hides what is asked for, the asker waits for it, so a caller who
// may sleep on "empty" needs no third answer, and pays with a thread that can stop him.
//
// Source      Vyukov, 1024cores (bounded MPMC queue); the pop that makes sure is xenium's strong
//             try_pop, the push that does and the orders are ours
// Cost        one read-modify-write a call when alone; contended, one for every loser too
// Progress    blocking: a push that stands with a position stops the pops that come to it, a pop
//             that stands with one stops the pushes of the next round. Who waits spins
// Invariants  I1 those of turn_cells.hpp
//             I2 head_ <= tail_ <= head_ + capacity; both only grow
//             I3 who moved tail_ (head_) from p owns the cell of p until he advances its turn
//             I4 a push is in from the moment that it moves tail_, a pop has taken from the moment
//                that it moves head_: what is between them is inside, whoever still works on it
// Orders      turns: turn_cells.hpp. "Empty" is a look at head_ and then at tail_, "full" one at
//             tail_ and then at head_. Two threads that each move one end and then ask about the
//             other are store buffering, and with acquire and release both may be told what no
//             order of the four calls explains. So an end is moved, and looked at by the other
//             side, in the one order of all seq_cst operations.
//             A side's own end is acquired: who stands behind the pops (pushes) of others knows of
//             what came before those, as in vyukov_mpmc.hpp
#pragma once

#include "base/cache_line.hpp"
#include "base/spin.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/turn_cells.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class vyukov_strict {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    using ring = turn_cells<Mutant, Sync, T>;
    using cell = typename ring::cell;

 public:
    using value_type = T;
    static constexpr traits k_traits{.holds = capacity_rule::power_of_two};
    static constexpr std::size_t k_bytes_per_item = sizeof(cell);

    explicit vyukov_strict(std::size_t capacity, std::uint64_t origin = 0)
        : tail_(origin), head_(origin), cells_(capacity, origin) {}
    ~vyukov_strict() noexcept(Sync::k_nothrow) { take_all(*this); }
    vyukov_strict(const vyukov_strict&) = delete;
    vyukov_strict& operator=(const vyukov_strict&) = delete;

    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        std::uint64_t mine = tail_.load(k_own_end);
        for (spin_wait<Sync> wait;;) {
            cell& here = cells_.at(mine);
            const std::int64_t ahead = cells_.ahead(here, mine);
            if (ahead == 0) {
                if (tail_.compare_exchange_strong(mine, mine + 1, k_moved, k_own_end)) {
                    cells_.fill(here, mine, std::move(item));
                    return true;
                }
                continue;
            }
            if (ahead < 0) {
                // By I2 the queue was full at the moment of this look, if head_ is a round behind.
                if (head_.load(k_other_end) + capacity() == mine) return false;
                wait.once();  // for the pop that has the item of the round before
            }
            mine = tail_.load(k_own_end);
        }
    }

    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        std::uint64_t mine = head_.load(k_own_end);
        for (spin_wait<Sync> wait;;) {
            cell& here = cells_.at(mine);
            const std::int64_t ahead = cells_.ahead(here, mine + 1);
            if (ahead == 0) {
                if (head_.compare_exchange_strong(mine, mine + 1, k_moved, k_own_end)) {
                    return cells_.empty(here, mine);
                }
                continue;
            }
            if (ahead < 0) {
                if constexpr (Mutant == 8) return answer::empty;
                // By I2 head_ still was where it was at the moment of this look, if they are equal.
                if (tail_.load(k_other_end) == mine) return answer::empty;
                wait.once();  // for the push that has this position
            }
            mine = head_.load(k_own_end);
        }
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return cells_.capacity(); }

 private:
    static constexpr auto k_own_end =
        Mutant == 9 ? std::memory_order_relaxed : std::memory_order_acquire;
    static constexpr auto k_moved =
        Mutant == 7 ? std::memory_order_acq_rel : std::memory_order_seq_cst;
    static constexpr auto k_other_end =
        Mutant == 7 ? std::memory_order_acquire : std::memory_order_seq_cst;

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    alignas(k_no_false_sharing) ring cells_;
};

}  // namespace cyclone::queue
