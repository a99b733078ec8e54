// The wait-free queue of userspace RCU: many producers swap the end of a linked list, as in
// Vyukov's, but the list begins in a head that is part of the queue and is never put in again: who
// takes the last node swings the end back to the head. So what is inside hangs between two words,
// and all of it can be moved behind another queue in constant time (splice).
//
// Source      Desnoyers and Jiangshan, liburcu (wfcqueue); nodes go round as in node_boxes.hpp
// Cost        push: one read-modify-write, one store. pop: two loads; one read-modify-write where
// it
//             takes the last node. splice: two read-modify-writes, whatever it moves
// Progress    wait-free, both ends, but for the allocator; a producer that stops between its two
//             steps hides what comes behind it, and pops and splices answer would_block
// Invariants  I1 last_ is the node of the latest push, or the head where nothing is inside; who
//                swaps something out of last_, and nobody else, writes its `next`, once
//             I2 from the head along `next` come the nodes in the order of the swaps; where `next`
//                is null the list ends or is broken
//             I3 the head's `next` is null before last_ swings back to the head, so that the link
//             of
//                the next producer is the later write
//             I4 a node is handed out when its `next` has been seen or last_ has left it: no
//                producer comes back to it
// Orders      `next` carries the item: release of the link, acquire of whoever follows it. The
//             exchange releases the node's null and acquires that of the one before; the swing back
//             releases the head's null, for the same reason
#pragma once

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/access_count.hpp"
#include "variants/queue/node_boxes.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class splice_mpsc {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    struct link {
        typename Sync::template atomic<link*> next;
    };
    struct node : link {
        slot<T, Sync> item;
    };

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::mpsc,
                                     .empties = emptiness::three_valued,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = sizeof(node);

    /// A thread's, with the empty nodes that are its own.
    class access {
     public:
        using value_type = T;

        /// std::length_error: there are k_accesses_max already.
        explicit access(splice_mpsc& queue) : counted_(queue.accesses_), queue_(queue) {}
        ~access() noexcept(Sync::k_nothrow) { queue_.nodes_.put(mine_); }
        access(const access&) = delete;
        access& operator=(const access&) = delete;

        /// Always true; std::bad_alloc passes, and then nothing has happened.
        bool try_push(T&& item) {
            node* const filled = queue_.nodes_.draw(mine_);
            filled->item.put(std::move(item));
            queue_.append(*filled, *filled);
            return true;
        }
        /// The consumer's.
        popped<T> try_pop() noexcept(Sync::k_nothrow) { return queue_.take(); }

     private:
        const access_count::one counted_;
        splice_mpsc& queue_;
        link* mine_ = nullptr;
    };

    /// There is no capacity to keep to, and there are no positions.
    explicit splice_mpsc(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0) : last_(&head_) {}
    ~splice_mpsc() noexcept(Sync::k_nothrow) {
        while (take()) {
        }
    }
    splice_mpsc(const splice_mpsc&) = delete;
    splice_mpsc& operator=(const splice_mpsc&) = delete;

    /// Moves all that is inside of `from` behind what is here, in its order: `item` if that was
    /// something. The consumer's of `from`; here it counts as a push. Producers of either queue go
    /// on meanwhile. It is one push for all items: nothing comes between them.
    answer splice(splice_mpsc& from) noexcept(Sync::k_nothrow) {
        link* const first = next_of(from.head_);
        if (first == nullptr) return from.why_none();
        from.head_.next.store(nullptr, std::memory_order_relaxed);
        link* last = nullptr;
        if constexpr (Mutant == 8) {
            last = from.last_.load(std::memory_order_acquire);
            widen_window();
            from.last_.store(&from.head_, std::memory_order_release);
        } else {
            last = from.last_.exchange(&from.head_, std::memory_order_acq_rel);
        }
        append(*first, *last);
        return answer::item;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    // Acquire: the item and the null of the node that is found.
    [[nodiscard]] static link* next_of(const link& of) noexcept(Sync::k_nothrow) {
        return of.next.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
    }

    /// Nodes that are linked to one another, or will be; the `next` of the last is null.
    void append(link& first, link& last) noexcept(Sync::k_nothrow) {
        link* const before = last_.exchange(
            &last, Mutant == 3 ? std::memory_order_relaxed : std::memory_order_acq_rel);
        if constexpr (Mutant == 5) widen_window();
        // Release: the item, to the consumer.
        before->next.store(&first,
                           Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
    }

    /// The head leads nowhere. Relaxed: who pushed earlier is seen by coherence.
    [[nodiscard]] answer why_none() const noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 5) return answer::empty;
        return last_.load(std::memory_order_relaxed) == &head_ ? answer::empty
                                                               : answer::would_block;
    }

    popped<T> take() noexcept(Sync::k_nothrow) {
        link* const here = next_of(head_);
        if (here == nullptr) return why_none();
        link* behind = next_of(*here);
        if (behind == nullptr) {
            // The last, or a break behind it.
            if constexpr (Mutant != 7) head_.next.store(nullptr, std::memory_order_relaxed);
            link* seen = here;
            // Release: the head's null, to the producer that finds the head.
            if (last_.compare_exchange_strong(
                    seen, &head_,
                    Mutant == 4 ? std::memory_order_relaxed : std::memory_order_release,
                    std::memory_order_relaxed)) {
                if constexpr (Mutant == 7) {
                    widen_window();
                    head_.next.store(nullptr, std::memory_order_relaxed);
                }
                return handed_out(here);
            }
            behind = next_of(*here);
            if (behind == nullptr) {
                if constexpr (Mutant != 6) head_.next.store(here, std::memory_order_relaxed);
                return answer::would_block;
            }
        }
        head_.next.store(behind, std::memory_order_relaxed);
        return handed_out(here);
    }

    [[nodiscard]] popped<T> handed_out(link* from) noexcept(Sync::k_nothrow) {
        node* const done = static_cast<node*>(from);
        popped<T> out(done->item.take());
        nodes_.give(done);
        return out;
    }

    // The producers' line, then the consumer's. The head is written by both, and seldom.
    alignas(k_no_false_sharing) typename Sync::template atomic<link*> last_;
    alignas(k_no_false_sharing) link head_;
    node_boxes<node, Sync> nodes_;
    access_count accesses_;
};

}  // namespace cyclone::queue
