// A ring that holds numbers below its size, first in first out, for any number of threads: the
// inner piece of scq.hpp, which keeps in one such ring the numbers of the places that are free and
// in another those of the places that have items.
//
// Both ends hand out tickets by fetch-and-add, so that nobody loses a ticket to another. What can
// go wrong is that a take comes to its slot before the put of the same ticket: then it spoils the
// slot for that put, and both draw again. There are two slots for every number, so a put finds a
// place; and a budget bounds how often takes may chase puts that never get to a slot in time.
//
// Source      Nikolaev, DISC 2019 (SCQ); learnt from, and not taken from, the author's lfqueue.
//             Ours: a take looks before it draws a ticket, and draws none from a ring with nothing
//             in it, which writes nothing and wears no ticket out. So the budget is asked only by
//             takes that met a put, and not by each
// Cost        put and take: a ticket and a slot, one read-modify-write each, when nothing is in
//             the way; a ticket that came to nothing costs as much again
// Progress    lock-free: a put draws again only where a take has drawn a ticket or where an old
//             number stands, of which there are fewer than slots; a take gives up when the budget
//             is spent, and only a put that succeeds fills it up
// Invariants  I1 a slot is a round, a flag "safe" and a number, or none(): number i in a slot of
//                ticket t was put with ticket t, and is there until the take of ticket t
//             I2 a take leaves its slot at its own round or a later one, or holding the number of
//                an older round and not safe: in none of them a put of its ticket, or of an
//                earlier one, succeeds. (Not safe: a put must see for itself that no take has
//                drawn its ticket)
//             I3 never more than half as many numbers as slots, counting those in calls under way
//             I4 from the put of a number to its take fewer than 2 * size + callers takes fail and
//                draw again: so with the budget spent there was an instant with nothing inside
// Orders      A put releases what its thread did before and a take acquires it: by the slot. Every
//             write to a slot but the first is a read-modify-write, so that none of it is lost.
//             A take that makes a slot unsafe releases that it has drawn its ticket, and the put
//             that finds it so acquires it and looks at head_; a take that finds it unsafe already
//             writes it all the same, for this. head_ both, since "nothing" is said by head_ and
//             tail_: see vyukov_mpmc.hpp.
//             The budget is Dekker's protocol: a put writes its slot and then looks at the budget,
//             a take writes the budget and then looks at slots; each in the order of all seq_cst
//             operations, or a put may trust a budget that is spent
// Bound       a round has 63 - log2(slots) bits: a call that stands still while 2^63 numbers pass
//             is deceived. At most k_callers threads, or as many as numbers, in take() at a time
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <int Mutant, sync::policy Sync>
class scq_ring {
    using word = std::uint64_t;

 public:
    /// Threads at a time; few where a policy looks at every way that they can meet.
    static constexpr std::size_t k_callers =
        std::derived_from<Sync, sync::native> ? std::size_t{1024} : std::size_t{2};

    /// For numbers below `size`; the numbers 0 to filled - 1 are inside.
    scq_ring(std::size_t size, std::uint64_t origin, std::size_t filled)
        : tail_(origin + filled),
          head_(origin),
          count_(2 * ceil_pow2(size)),
          full_budget_(static_cast<std::int64_t>(count_ + std::max(count_ / 2, k_callers)) - 1),
          slots_(std::make_unique<slot_type[]>(count_)),
          budget_(filled == 0 ? -1 : full_budget_) {
        CYCLONE_ASSERT(size >= 1 && filled <= size);
        // Relaxed: whoever gives the ring to other threads publishes it.
        for (std::uint64_t i = 0; i < count_; ++i) {
            const std::uint64_t ticket = origin + i;
            const word first = i < filled ? round_of(ticket) | safe() | i
                                          : round_of(ticket - count_) | safe() | none();
            at(ticket).store(first, std::memory_order_relaxed);
        }
    }

    /// What take() returns when nothing is inside; never a number.
    [[nodiscard]] std::uint64_t none() const noexcept { return count_ - 1; }
    [[nodiscard]] std::size_t bytes() const noexcept { return count_ * sizeof(word); }

    /// Puts a number in that is not inside: there is room (I3).
    void put(std::uint64_t number) noexcept(Sync::k_nothrow) {
        constexpr auto k_put = Mutant == 5 ? std::memory_order_relaxed : std::memory_order_seq_cst;
        for (;;) {
            const std::uint64_t ticket = tail_.fetch_add(1, std::memory_order_relaxed);
            if constexpr (Mutant == 2) widen_window();
            auto& here = at(ticket);
            word seen = here.load(std::memory_order_acquire);
            while (is_free(seen, ticket)) {
                if (here.compare_exchange_strong(seen, round_of(ticket) | safe() | number, k_put,
                                                 std::memory_order_acquire)) {
                    fill_up();
                    return;
                }
            }
        }
    }

    /// Takes the first number out, or none() if there was an instant with nothing inside.
    [[nodiscard]] std::uint64_t take() noexcept(Sync::k_nothrow) {
        if (has_nothing()) return none();
        for (;;) {
            const std::uint64_t ticket = head_.fetch_add(1, k_head_moved);
            if (const std::uint64_t number = take_at(ticket); number != none()) return number;
            // Relaxed: puts that are earlier are seen by coherence, as in has_nothing().
            std::uint64_t tail = tail_.load(std::memory_order_relaxed);
            if (distance(tail, ticket + 1) <= 0) {
                catch_up(tail, ticket + 1);
                return none();
            }
            if constexpr (Mutant == 9) continue;
            if (budget_.fetch_sub(1, std::memory_order_seq_cst) <= 0) return none();
        }
    }

 private:
    using slot_type = typename Sync::template atomic<word>;
    static constexpr auto k_head_seen =
        Mutant == 7 ? std::memory_order_relaxed : std::memory_order_acquire;
    static constexpr auto k_head_moved =
        Mutant == 7 ? std::memory_order_relaxed : std::memory_order_acq_rel;
    static constexpr auto k_slot_seen =
        Mutant == 6 ? std::memory_order_relaxed : std::memory_order_seq_cst;
    /// Looks at a slot whose put has its ticket, before it is spoilt. Other policies look once.
    static constexpr unsigned k_patience = std::derived_from<Sync, sync::native> ? 64 : 0;

    // A slot: the number in the lowest bits, then the flag, then the round of its ticket.
    [[nodiscard]] word safe() const noexcept { return count_; }
    [[nodiscard]] word round_of(std::uint64_t ticket) const noexcept {
        return (ticket << 1) & ~(2 * count_ - 1);
    }
    [[nodiscard]] word round_in(word seen) const noexcept { return seen & ~(2 * count_ - 1); }
    [[nodiscard]] std::uint64_t number_in(word seen) const noexcept { return seen & none(); }
    [[nodiscard]] bool is_safe(word seen) const noexcept { return (seen & safe()) != 0; }
    /// Tickets and rounds go round: only their difference tells which is ahead.
    [[nodiscard]] static std::int64_t distance(std::uint64_t a, std::uint64_t b) noexcept {
        return static_cast<std::int64_t>(a - b);
    }
    [[nodiscard]] bool is_before(word seen, std::uint64_t ticket) const noexcept {
        return distance(round_in(seen), round_of(ticket)) < 0;
    }

    [[nodiscard]] slot_type& at(std::uint64_t ticket) const noexcept {
        return slots_[ticket & (count_ - 1)];
    }

    /// Whether the put of this ticket may have the slot.
    [[nodiscard]] bool is_free(word seen, std::uint64_t ticket) const noexcept(Sync::k_nothrow) {
        if (number_in(seen) != none()) return false;
        if (Mutant == 3 ? distance(round_in(seen), round_of(ticket)) > 0
                        : !is_before(seen, ticket)) {
            return false;
        }
        if (is_safe(seen) || Mutant == 2) return true;
        // Relaxed: the take that made it unsafe released its ticket with it.
        return distance(head_.load(std::memory_order_relaxed), ticket) <= 0;
    }

    /// A number is in: takes may search for it as long as it can take.
    void fill_up() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 1) return;
        if (budget_.load(std::memory_order_seq_cst) == full_budget_) return;
        budget_.store(full_budget_, std::memory_order_seq_cst);
    }

    /// Whether no put has the ticket at head_, before one is drawn.
    [[nodiscard]] bool has_nothing() const noexcept(Sync::k_nothrow) {
        const std::uint64_t ticket = head_.load(k_head_seen);
        if (!is_before(at(ticket).load(std::memory_order_relaxed), ticket)) return false;
        // Relaxed: puts that are earlier are seen by coherence, and head_ brought those before the
        // takes that came before this one.
        return distance(tail_.load(std::memory_order_relaxed), ticket) <= 0;
    }

    /// The number of this ticket, or none() once no put can bring it any more.
    [[nodiscard]] std::uint64_t take_at(std::uint64_t ticket) noexcept(Sync::k_nothrow) {
        auto& here = at(ticket);
        word seen = here.load(k_slot_seen);
        for (unsigned i = 0; i < k_patience && is_before(seen, ticket); ++i) {
            Sync::pause();
            seen = here.load(k_slot_seen);
        }
        for (;;) {
            if (round_in(seen) == round_of(ticket)) {
                if constexpr (Mutant == 2) widen_window();
                // Not a store: a later take may be making it unsafe. Relaxed: what was done with
                // the number comes to the next put of it by whoever put it elsewhere.
                here.fetch_or(none(), std::memory_order_relaxed);
                return number_in(seen);
            }
            if (!is_before(seen, ticket)) return none();
            if constexpr (Mutant == 4) return none();
            const word spoilt = number_in(seen) == none()
                                    ? round_of(ticket) | (seen & safe()) | none()
                                    : seen & ~safe();
            if (here.compare_exchange_strong(seen, spoilt, std::memory_order_release,
                                             k_slot_seen)) {
                return none();
            }
        }
    }

    /// Takes have drawn beyond the puts: spare the next puts those tickets.
    void catch_up(std::uint64_t tail, std::uint64_t head) noexcept(Sync::k_nothrow) {
        while (distance(tail, head) < 0 &&
               !tail_.compare_exchange_strong(tail, head, std::memory_order_relaxed,
                                              std::memory_order_relaxed)) {
        }
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    alignas(k_no_false_sharing) const std::uint64_t count_;  // slots, a power of two
    const std::int64_t full_budget_;
    const std::unique_ptr<slot_type[]> slots_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::int64_t> budget_;
};

}  // namespace cyclone::queue
