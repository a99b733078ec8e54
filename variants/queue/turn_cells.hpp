// A ring of cells, each with a turn that says which position it waits for: the inner piece of
// Vyukov's bounded queues, vyukov_mpmc.hpp and vyukov_strict.hpp. Who owns a position, and what an
// answer is when there is none to be had, is theirs.
//
// Source      Vyukov, 1024cores (bounded MPMC queue)
// Cost        no read-modify-write: whoever owns a position has its cell to himself
// Progress    wait-free, each function
// Invariants  I1 cell p & mask_ has turn p when it is free for the push of position p, p + 1 when
//                that item is inside, and p + mask_ + 1 when it has been taken: free for the next
// Orders      a turn carries the cell: release by whoever leaves it, acquire by whoever comes
//             Thread-safety: a cell is its owner's between his position and the advance of its
//             turn
#pragma once

#include <memory>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

template <int Mutant, sync::policy Sync, class T>
class turn_cells {
    static constexpr auto k_turn_seen =
        Mutant == 3 ? std::memory_order_relaxed : std::memory_order_acquire;

 public:
    struct cell {
        typename Sync::template atomic<std::uint64_t> turn;
        slot<T, Sync> item;
    };

    turn_cells(std::size_t capacity, std::uint64_t origin)
        : mask_(ceil_pow2(capacity == 1 ? 2 : capacity) - 1),
          cells_(std::make_unique<cell[]>(mask_ + 1)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
        // Relaxed: whoever gives the queue to other threads publishes it.
        for (std::uint64_t p = origin; p != origin + mask_ + 1; ++p) {
            cells_[p & mask_].turn.store(kept(p), std::memory_order_relaxed);
        }
    }

    [[nodiscard]] cell& at(std::uint64_t position) noexcept { return cells_[position & mask_]; }
    [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

    /// How far the cell's turn is ahead of `turn`: 0, or whose turn it is not yet or no more.
    /// Turns go round at 2^64: only their difference tells which is ahead.
    [[nodiscard]] std::int64_t ahead(const cell& here, std::uint64_t turn) const
        noexcept(Sync::k_nothrow) {
        return static_cast<std::int64_t>(here.turn.load(k_turn_seen) - turn);
    }

    /// The owner of push position `mine` puts the item in.
    void fill(cell& here, std::uint64_t mine, T&& item) noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 1) {
            here.turn.store(kept(mine + 1), std::memory_order_release);
            widen_window();
            here.item.put(std::move(item));
            return;
        }
        here.item.put(std::move(item));
        if constexpr (Mutant == 8) widen_window();
        // Release: whoever sees the turn sees the item.
        here.turn.store(kept(mine + 1),
                        Mutant == 4 ? std::memory_order_relaxed : std::memory_order_release);
    }

    /// The owner of pop position `mine` takes the item out.
    [[nodiscard]] popped<T> empty(cell& here, std::uint64_t mine) noexcept(Sync::k_nothrow) {
        popped<T> out(here.item.take());
        // Release: the push of the next round may write the cell.
        here.turn.store(kept(mine + (Mutant == 2 ? 1 : mask_ + 1)),
                        Mutant == 5 ? std::memory_order_relaxed : std::memory_order_release);
        return out;
    }

 private:
    /// What a cell keeps of a turn; the seeded bug keeps 32 bits and compares 64.
    [[nodiscard]] static constexpr std::uint64_t kept(std::uint64_t turn) noexcept {
        return Mutant == 6 ? static_cast<std::uint32_t>(turn) : turn;
    }

    const std::uint64_t mask_;
    const std::unique_ptr<cell[]> cells_;
};

}  // namespace cyclone::queue
