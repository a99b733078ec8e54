// A ring that holds numbers below its size, first in first out, for any number of threads, by
// compare-and-swap: the inner piece of ncq.hpp. As in Michael and Scott's list, a put first makes
// its number stand behind the last one and then moves the end; whoever finds the end lagging moves
// it himself.
//
// Source      Nikolaev, DISC 2019 (the "naive" ring with which SCQ begins); Michael and Scott,
//             PODC 1996, for the end that lags
// Cost        put: two read-modify-writes when alone, take: one; contended, one for every loser
//             too. A take that finds nothing writes nothing
// Progress    lock-free, both ends: a lost compare-and-swap means that another put or take is
//             through, or that somebody has moved the end for it
// Invariants  I1 a slot is a round and a number. The slot of ticket t has the round of t once the
//                number put with it is in, and the round before until then
//             I2 head_ <= tail_; both only grow. The slots of head_ to tail_ - 1 have numbers,
//                that of tail_ may have one; none further on
//             I3 never more numbers than slots, counting those in calls under way: a slot is
//                written again only when its number has been taken
// Orders      A put releases what its thread did before and a take acquires it: by the slot.
//             Whether something is inside is said by one slot, that of head_, so no fence is
//             needed. head_ is released and acquired: who stands behind the takes of others knows
//             of the puts that came before those, as in vyukov_mpmc.hpp. tail_ is released
//             and acquired likewise: else a thread may put its number behind another's, look at the
//             slot of head_ and not see that one
// Bound       a round has 64 - log2(slots) bits: a call that stands still while 2^64 numbers pass,
//             to the one, is deceived
#pragma once

#include <memory>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <int Mutant, sync::policy Sync>
class ncq_ring {
    using word = std::uint64_t;

 public:
    /// For numbers below `size`; the numbers 0 to filled - 1 are inside.
    ncq_ring(std::size_t size, std::uint64_t origin, std::size_t filled)
        : tail_(origin + filled),
          head_(origin),
          count_(ceil_pow2(size)),
          slots_(std::make_unique<slot_type[]>(count_)) {
        CYCLONE_ASSERT(size >= 1 && filled <= size);
        // Relaxed: whoever gives the ring to other threads publishes it.
        for (std::uint64_t i = 0; i < count_; ++i) {
            const std::uint64_t ticket = origin + i;
            const word first = i < filled ? round_of(ticket) | i : round_of(ticket - count_);
            at(ticket).store(first, std::memory_order_relaxed);
        }
    }

    /// What take() returns when nothing is inside; never a number.
    [[nodiscard]] std::uint64_t none() const noexcept { return ~word{0}; }

    /// Puts a number in that is not inside: there is room (I3).
    void put(std::uint64_t number) noexcept(Sync::k_nothrow) {
        std::uint64_t ticket = tail_.load(k_tail_seen);
        for (;;) {
            auto& here = at(ticket);
            word seen = here.load(k_slot_seen);
            const std::int64_t ahead = ahead_of(seen, ticket);
            if (ahead == 0) {
                if constexpr (Mutant == 3) {  // waits for whoever has put it there
                    ticket = tail_.load(k_tail_seen);
                    Sync::pause();
                    continue;
                }
                ticket = moved_on(ticket);
                continue;
            }
            if (ahead > 0) {
                // A round later: by the slot we see that tail_ has moved.
                ticket = tail_.load(k_tail_seen);
                continue;
            }
            if constexpr (Mutant == 1) {
                if (tail_.compare_exchange_strong(ticket, ticket + 1, std::memory_order_release,
                                                  k_tail_seen)) {
                    widen_window();
                    here.store(round_of(ticket) | number, k_put);
                    return;
                }
                continue;
            }
            if (here.compare_exchange_strong(seen, round_of(ticket) | number, k_put,
                                             std::memory_order_relaxed)) {
                static_cast<void>(moved_on(ticket));
                return;
            }
        }
    }

    /// Takes the first number out, or none() if there was an instant with nothing inside.
    [[nodiscard]] std::uint64_t take() noexcept(Sync::k_nothrow) {
        // The swap reads what a look has read: to release is enough.
        constexpr auto k_moved =
            Mutant == 9 ? std::memory_order_relaxed : std::memory_order_release;
        std::uint64_t ticket = head_.load(k_head_seen);
        for (;;) {
            const word seen = at(ticket).load(k_slot_seen);
            const std::int64_t ahead = ahead_of(seen, ticket);
            if (ahead < 0) return none();
            if (ahead > 0) {
                ticket = head_.load(k_head_seen);
                continue;
            }
            const bool done =
                head_.compare_exchange_strong(ticket, ticket + 1, k_moved, k_head_seen);
            if (done || Mutant == 2) return number_in(seen);
        }
    }

 private:
    using slot_type = typename Sync::template atomic<word>;
    static constexpr auto k_head_seen =
        Mutant == 9 ? std::memory_order_relaxed : std::memory_order_acquire;
    static constexpr auto k_tail_seen =
        Mutant == 7 ? std::memory_order_relaxed : std::memory_order_acquire;
    static constexpr auto k_slot_seen =
        Mutant == 5 ? std::memory_order_relaxed : std::memory_order_acquire;
    static constexpr auto k_put =
        Mutant == 4 ? std::memory_order_relaxed : std::memory_order_release;

    // A slot: the number in the lowest bits, above them the round of its ticket.
    [[nodiscard]] word round_of(std::uint64_t ticket) const noexcept {
        return (Mutant == 6 ? static_cast<std::uint32_t>(ticket) : ticket) & ~(count_ - 1);
    }
    [[nodiscard]] std::uint64_t number_in(word seen) const noexcept { return seen & (count_ - 1); }
    /// How many tickets the slot's round is ahead of the ticket's. They go round at 2^64: only the
    /// difference tells.
    [[nodiscard]] std::int64_t ahead_of(word seen, std::uint64_t ticket) const noexcept {
        return static_cast<std::int64_t>((seen & ~(count_ - 1)) - round_of(ticket));
    }
    [[nodiscard]] slot_type& at(std::uint64_t ticket) const noexcept {
        return slots_[ticket & (count_ - 1)];
    }

    /// Moves tail_ on from `ticket`, unless somebody else has; returns where it is now.
    [[nodiscard]] std::uint64_t moved_on(std::uint64_t ticket) noexcept(Sync::k_nothrow) {
        std::uint64_t seen = ticket;
        return tail_.compare_exchange_strong(seen, ticket + 1, std::memory_order_release,
                                             k_tail_seen)
                   ? ticket + 1
                   : seen;
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    alignas(k_no_false_sharing) const std::uint64_t count_;  // slots, a power of two
    const std::unique_ptr<slot_type[]> slots_;
};

}  // namespace cyclone::queue
