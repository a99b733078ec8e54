// A ring whose cells call up the next by number: a waiting push or pop takes a ticket, which
// cannot fail, and sleeps on its own cell until that shows its turn. The try_ calls take a ticket
// only if the cell stands at it already.
//
// Source      folly MPMCQueue and rigtorp MPMCQueue (tickets, a turn a cell); the bit that says
//             somebody sleeps is folly's, the third answer of try_pop is that of vyukov_mpmc.hpp
// Cost        two read-modify-writes a call when alone: the ticket, and the turn, which is
//             exchanged so that a sleeper cannot slip in between. A system call to wake, only
//             where somebody said that he sleeps
// Progress    of the try_ calls lock-free, as in vyukov_mpmc.hpp. Of push and pop blocking, cell
//             by cell: a ticket is served by the one before it in its cell
// Invariants  I1 cell p & mask_ has turn p when it is free for the push of position p, p + 1 when
//                that item is inside, and p + mask_ + 1 when it has been taken: free for the next
//             I2 who has the ticket p of a side is the only one who advances its cell from p, or
//                from p + 1
//             I3 whoever sleeps has seen the bit in the turn he sleeps on; it goes with that turn
//             I4 head_ and tail_ only grow. A waiting pop may put head_ beyond tail_, a waiting
//                push tail_ more than a round beyond head_
// Orders      a turn carries the cell: released by whoever leaves it, acquired by whoever comes;
//             to raise the bit is relaxed, it continues the release of the turn it stands in.
//             tail_ carries nothing. head_ is released and acquired, for "empty": vyukov_mpmc.hpp
// Bound       a turn is a position without its highest bit: a thread that stands still while 2^63
//             items pass is deceived
#pragma once

#include <concepts>
#include <memory>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/spin.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class turn_ring {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    struct cell {
        typename Sync::template atomic<std::uint64_t> turn;  // twice the turn, and k_asleep
        slot<T, Sync> item;
    };
    static constexpr std::uint64_t k_asleep = 1;
    static constexpr auto k_turn_seen =
        Mutant == 3 ? std::memory_order_relaxed : std::memory_order_acquire;

 public:
    using value_type = T;
    static constexpr traits k_traits{.empties = emptiness::three_valued,
                                     .fills = fullness::weak,
                                     .holds = capacity_rule::power_of_two,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(cell);

    explicit turn_ring(std::size_t capacity, std::uint64_t origin = 0)
        : tail_(origin),
          head_(origin),
          mask_(ceil_pow2(capacity == 1 ? 2 : capacity) - 1),
          cells_(std::make_unique<cell[]>(mask_ + 1)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
        // Relaxed: whoever gives the queue to other threads publishes it.
        for (std::uint64_t p = origin; p != origin + mask_ + 1; ++p) {
            cells_[p & mask_].turn.store(kept(p), std::memory_order_relaxed);
        }
    }
    ~turn_ring() noexcept(Sync::k_nothrow) { take_all(*this); }
    turn_ring(const turn_ring&) = delete;
    turn_ring& operator=(const turn_ring&) = delete;

    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        std::uint64_t mine = tail_.load(std::memory_order_relaxed);
        for (;;) {
            cell& here = cells_[mine & mask_];
            const std::int64_t ahead = distance(here.turn.load(k_turn_seen), mine);
            if (ahead < 0) return false;  // the item of the round before is still inside
            if (ahead > 0) {
                // Another push had this position, and by its turn we see that tail_ has moved.
                mine = tail_.load(std::memory_order_relaxed);
                continue;
            }
            if (tail_.compare_exchange_weak(mine, mine + 1, std::memory_order_relaxed,
                                            std::memory_order_relaxed)) {
                fill(here, mine, std::move(item));
                return true;
            }
        }
    }

    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        // The swap reads what a look has read: to release is enough.
        constexpr auto k_moved =
            Mutant == 9 ? std::memory_order_relaxed : std::memory_order_release;
        std::uint64_t mine = head_.load(k_head_seen);
        for (;;) {
            cell& here = cells_[mine & mask_];
            const std::int64_t ahead = distance(here.turn.load(k_turn_seen), mine + 1);
            if (ahead < 0) {
                // Waiting pops may stand beyond the last push: then nothing is left for this one.
                const auto owed =
                    static_cast<std::int64_t>(tail_.load(std::memory_order_relaxed) - mine);
                return owed > 0 ? answer::would_block : answer::empty;
            }
            if (ahead > 0) {
                mine = head_.load(k_head_seen);
                continue;
            }
            const bool done = head_.compare_exchange_weak(mine, mine + 1, k_moved, k_head_seen);
            if (done || Mutant == 8) return emptied(here, mine);
        }
    }

    /// S15: a ticket at once, and then sleep until the cell has come round to it.
    void push(T&& item) noexcept(Sync::k_nothrow) {
        const std::uint64_t mine = tail_.fetch_add(1, std::memory_order_relaxed);
        cell& here = cells_[mine & mask_];
        await(here, mine);
        fill(here, mine, std::move(item));
    }
    [[nodiscard]] T pop() noexcept(Sync::k_nothrow) {
        const std::uint64_t mine = head_.fetch_add(1, std::memory_order_release);
        cell& here = cells_[mine & mask_];
        await(here, mine + 1);
        return std::move(*emptied(here, mine));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

 private:
    // Acquire: see the head of vyukov_mpmc.hpp. Looked at first, and again where it has moved.
    static constexpr auto k_head_seen =
        Mutant == 9 ? std::memory_order_relaxed : std::memory_order_acquire;
    /// Looks before a sleep. Other policies schedule by themselves, and look once.
    static constexpr unsigned k_patience =
        std::derived_from<Sync, sync::native> ? spin_wait<Sync>::k_patience : 0;

    /// What a cell keeps of a turn; the seeded bug keeps 32 bits and compares 64.
    [[nodiscard]] static constexpr std::uint64_t kept(std::uint64_t turn) noexcept {
        return Mutant == 6 ? static_cast<std::uint32_t>(turn << 1) : turn << 1;
    }
    /// Twice how far a cell's turn is ahead of `from`. Turns go round: only the difference tells.
    [[nodiscard]] static constexpr std::int64_t distance(std::uint64_t turn,
                                                         std::uint64_t from) noexcept {
        return static_cast<std::int64_t>((turn & ~k_asleep) - (from << 1));
    }

    void await(cell& here, std::uint64_t turn) noexcept(Sync::k_nothrow) {
        unsigned looks = k_patience;
        std::uint64_t seen = here.turn.load(k_turn_seen);
        while (distance(seen, turn) != 0) {  // behind: nobody else may pass it
            if (looks > 0) {
                --looks;
                Sync::pause();
            } else if ((seen & k_asleep) == 0 && Mutant != 7) {
                // The bit stands before the sleep, or the turn has moved and is looked at again.
                if (here.turn.compare_exchange_weak(seen, seen | k_asleep,
                                                    std::memory_order_relaxed, k_turn_seen)) {
                    seen |= k_asleep;
                }
                continue;
            } else {
                here.turn.wait(seen, std::memory_order_relaxed);
            }
            seen = here.turn.load(k_turn_seen);
        }
    }

    /// The cell is the next one's; whoever sleeps on it is woken, since it may be his turn.
    void advance(cell& here, std::uint64_t turn, std::memory_order o) noexcept(Sync::k_nothrow) {
        const std::uint64_t before = here.turn.exchange(kept(turn), o);
        if ((before & k_asleep) != 0) here.turn.notify_all();
    }

    void fill(cell& here, std::uint64_t mine, T&& item) noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 1) {
            advance(here, mine + 1, std::memory_order_release);
            widen_window();
            here.item.put(std::move(item));
            return;
        }
        here.item.put(std::move(item));
        // Release: whoever sees the turn sees the item.
        advance(here, mine + 1,
                Mutant == 4 ? std::memory_order_relaxed : std::memory_order_release);
    }
    [[nodiscard]] popped<T> emptied(cell& here, std::uint64_t mine) noexcept(Sync::k_nothrow) {
        popped<T> out(here.item.take());
        // Release: the push of the next round may write the cell.
        advance(here, mine + (Mutant == 2 ? 1 : mask_ + 1),
                Mutant == 5 ? std::memory_order_relaxed : std::memory_order_release);
        return out;
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    alignas(k_no_false_sharing) const std::uint64_t mask_;
    const std::unique_ptr<cell[]> cells_;
};

}  // namespace cyclone::queue
