// Vyukov's queue of many producers and one consumer: a linked list whose end is swapped. A push is
// one exchange and one store and never tries again; between the two the list is broken at that
// place, and until the store the consumer sees nothing behind it.
//
// Source      Vyukov, 1024cores (intrusive MPSC node-based queue); here each node is made by the
//             push and given back by the pop
// Cost        push: an allocation, one read-modify-write, one store. pop: a load and a free; one
//             read-modify-write more each time the queue runs empty
// Progress    wait-free, both ends, but for the allocator; a producer that stops between its two
//             steps hides what comes behind it, and pops answer would_block
// Invariants  I1 last_ is the node of the latest push, or the stub; who swaps a node out of last_,
//                and nobody else, writes its `next`, once
//             I2 from first_ along `next` come the nodes in the order of the swaps; where `next` is
//                null the list ends (the node is last_) or is broken (its push is under way)
//             I3 the stub is in the list or is first_; it carries no item and is never given back
//             I4 a node is handed out only when its `next` has been seen: no producer comes back
//                to it, so the consumer may give it back at once
// Orders      `next` carries the item: the release of the link, the acquire of whoever follows it.
//             The exchange releases the node's null and acquires that of the one before, or the
//             null could come after the link and the list would end there for ever.
#pragma once

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class vyukov_mpsc {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    struct link {
        typename Sync::template atomic<link*> next;
    };
    struct node : link {
        explicit node(T&& first) noexcept(Sync::k_nothrow) { item.put(std::move(first)); }
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
                                     .frees = reclamation::consumer};
    static constexpr std::size_t k_bytes_per_item = sizeof(node);

    /// There is no capacity to keep to, and there are no positions.
    explicit vyukov_mpsc(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0)
        : last_(&stub_), first_(&stub_) {}
    ~vyukov_mpsc() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 8) return;
        while (try_pop()) {
        }
    }
    vyukov_mpsc(const vyukov_mpsc&) = delete;
    vyukov_mpsc& operator=(const vyukov_mpsc&) = delete;

    /// Any thread's. Always true; std::bad_alloc passes, and then nothing has happened.
    bool try_push(T&& item) {
        append(*Sync::template make<node>(std::move(item)));
        return true;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        link* here = first_.get();
        link* behind = next_of(*here);
        if (here == &stub_) {
            // Relaxed: who pushed earlier is seen by coherence, and nothing is read through it.
            if (behind == nullptr) {
                if constexpr (Mutant == 5) return answer::empty;
                return last_.load(std::memory_order_relaxed) == &stub_ ? answer::empty
                                                                       : answer::would_block;
            }
            first_.set(behind);
            here = behind;
            behind = next_of(*here);
        }
        if (behind == nullptr) {
            // The end of the list, or a break in it. The last node is not handed out while a
            // producer may still link to it: the stub goes behind it first.
            if (last_.load(std::memory_order_relaxed) != here) return answer::would_block;
            if constexpr (Mutant == 6) {
                first_.set(&stub_);
                return handed_out(here);
            }
            stub_.next.store(nullptr, std::memory_order_relaxed);
            append(stub_);
            behind = next_of(*here);
            if (behind == nullptr) return answer::would_block;  // another push came between
        }
        first_.set(behind);
        return handed_out(here);
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    // Acquire: the item and the null of the node that is found.
    [[nodiscard]] static link* next_of(const link& of) noexcept(Sync::k_nothrow) {
        return of.next.load(Mutant == 3 ? std::memory_order_relaxed : std::memory_order_acquire);
    }

    /// `added` is not in the list, and its `next` is null.
    void append(link& added) noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 1) {
            link* const seen = last_.load(std::memory_order_acquire);
            seen->next.store(&added, std::memory_order_release);
            widen_window();
            last_.exchange(&added, std::memory_order_acq_rel);
            return;
        }
        link* const before = last_.exchange(
            &added, Mutant == 4 ? std::memory_order_relaxed : std::memory_order_acq_rel);
        if constexpr (Mutant == 5) widen_window();
        // Release: the item, to the consumer.
        before->next.store(&added,
                           Mutant == 2 ? std::memory_order_relaxed : std::memory_order_release);
    }

    [[nodiscard]] static popped<T> handed_out(link* from) noexcept(Sync::k_nothrow) {
        node* const done = static_cast<node*>(from);
        if constexpr (Mutant == 7) {
            Sync::dispose(done);
            return popped<T>(done->item.take());
        }
        popped<T> out(done->item.take());
        Sync::dispose(done);
        return out;
    }

    // The producers' line, then the consumer's. The stub is written by both, and seldom.
    alignas(k_no_false_sharing) typename Sync::template atomic<link*> last_;
    alignas(k_no_false_sharing) typename Sync::template var<link*> first_;
    alignas(k_no_false_sharing) link stub_;
};

}  // namespace cyclone::queue
