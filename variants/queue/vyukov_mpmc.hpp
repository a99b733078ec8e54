// Vyukov's bounded queue of many producers and many consumers: a ring of cells, each with a turn
// that says which position it waits for. A call takes its position by one compare-and-swap and then
// has the cell to itself.
//
// Source      Vyukov, 1024cores (bounded MPMC queue); the third answer of try_pop is ours, and the
//             orders of the consumers' positions are stronger for it
// Cost        one read-modify-write a call when alone; contended, one for every loser too
// Progress    lock-free, both ends: a lost compare-and-swap means that another call has its
//             position. The queue as a whole is not: a producer that stops with a position hides
//             what comes behind it, a consumer that stops with one makes the ring end there
// Invariants  I1 those of turn_cells.hpp
//             I2 head_ <= tail_ <= head_ + capacity but for calls under way; both only grow
//             I3 who moved tail_ (head_) from p owns the cell of p until he advances its turn
// Orders      turns: turn_cells.hpp. tail_ carries nothing: relaxed.
//             head_ is released and acquired, which a queue of two answers does not need. Who finds
//             his cell empty looks at tail_, and says "empty" if it stands at his position too. His
//             position is the work of all pops before; by the acquire he also sees the pushes that
//             happened before those. Without it another thread may push a, b and c and then pop a,
//             and this one pops b and says "empty": but a was popped after c came, and b after a.
#pragma once

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/turn_cells.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class vyukov_mpmc {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    using ring = turn_cells<Mutant, Sync, T>;
    using cell = typename ring::cell;

 public:
    using value_type = T;
    static constexpr traits k_traits{.empties = emptiness::three_valued,
                                     .fills = fullness::weak,
                                     .holds = capacity_rule::power_of_two,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(cell);

    explicit vyukov_mpmc(std::size_t capacity, std::uint64_t origin = 0)
        : tail_(origin), head_(origin), cells_(capacity, origin) {}
    ~vyukov_mpmc() noexcept(Sync::k_nothrow) { take_all(*this); }
    vyukov_mpmc(const vyukov_mpmc&) = delete;
    vyukov_mpmc& operator=(const vyukov_mpmc&) = delete;

    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        std::uint64_t mine = tail_.load(std::memory_order_relaxed);
        for (;;) {
            cell& here = cells_.at(mine);
            const std::int64_t ahead = cells_.ahead(here, mine);
            if (ahead < 0) return false;  // the item of the round before is still inside
            if (ahead > 0) {
                // Another push had this position, and by its turn we see that tail_ has moved.
                mine = tail_.load(std::memory_order_relaxed);
                continue;
            }
            if (tail_.compare_exchange_weak(mine, mine + 1, std::memory_order_relaxed,
                                            std::memory_order_relaxed)) {
                cells_.fill(here, mine, std::move(item));
                return true;
            }
            if constexpr (Mutant == 7) return false;
        }
    }

    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        // The swap reads what a look has read: to release is enough.
        constexpr auto k_moved =
            Mutant == 9 ? std::memory_order_relaxed : std::memory_order_release;
        std::uint64_t mine = head_seen();
        for (;;) {
            cell& here = cells_.at(mine);
            const std::int64_t ahead = cells_.ahead(here, mine + 1);
            if (ahead < 0) {
                if constexpr (Mutant == 8) return answer::empty;
                // Relaxed: pushes that are earlier are seen by coherence, and head_ brought those
                // before the pops that made `mine`.
                const bool none = tail_.load(std::memory_order_relaxed) == mine;
                return none ? answer::empty : answer::would_block;
            }
            if (ahead > 0) {
                mine = head_seen();
                continue;
            }
            if (head_.compare_exchange_weak(mine, mine + 1, k_moved, k_head_seen)) {
                return cells_.empty(here, mine);
            }
        }
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return cells_.capacity(); }

 private:
    // Acquire: see the head of this file. Looked at first, and again where it has moved.
    static constexpr auto k_head_seen =
        Mutant == 9 ? std::memory_order_relaxed : std::memory_order_acquire;
    [[nodiscard]] std::uint64_t head_seen() const noexcept(Sync::k_nothrow) {
        return head_.load(k_head_seen);
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    alignas(k_no_false_sharing) ring cells_;
};

}  // namespace cyclone::queue
