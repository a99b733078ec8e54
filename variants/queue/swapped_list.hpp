// The list inside Vyukov's queue of many producers and one consumer: intrusive, its end is swapped.
// An inner piece of vyukov_mpsc.hpp and vyukov_intrusive.hpp, and of use by itself where the caller
// has nodes of his own: they derive from `link`, and nothing is allocated.
//
// Source      Vyukov, 1024cores (intrusive MPSC node-based queue)
// Cost        append: one read-modify-write, one store. take: a load; one read-modify-write more
//             each time the list runs empty
// Progress    wait-free, both ends; a producer that stops between its two steps hides what comes
//             behind it
// Invariants  I1 last_ is the node of the latest push, or the stub; who swaps a node out of last_,
//                and nobody else, writes its `next`, once
//             I2 from first_ along `next` come the nodes in the order of the swaps; where `next` is
//                null the list ends (the node is last_) or is broken (its push is under way)
//             I3 the stub is in the list or is first_; it carries no item and is never handed out
//             I4 a node is handed out only when its `next` has been seen: no producer comes back
//                to it, so it is the consumer's at once
// Orders      `next` carries the item: the release of the link, the acquire of whoever follows it.
//             The exchange releases the node's null and acquires that of the one before, or the
//             null could come after the link and the list would end there for ever.
#pragma once

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

/// What an element of the list derives from; in one list at a time, once.
template <sync::policy Sync>
struct list_link {
    typename Sync::template atomic<list_link*> next;
};

template <sync::policy Sync, int Mutant = 0>
class swapped_list {
 public:
    using link = list_link<Sync>;

    /// A node, or why there is none.
    struct taken {
        link* node;
        answer said;
    };

    swapped_list() : last_(&stub_), first_(&stub_) {}
    swapped_list(const swapped_list&) = delete;
    swapped_list& operator=(const swapped_list&) = delete;

    /// Any thread's. `added` is in no list, and its `next` is null.
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

    /// The consumer's.
    [[nodiscard]] taken take() noexcept(Sync::k_nothrow) {
        link* here = first_.get();
        link* behind = next_of(*here);
        if (here == &stub_) {
            // Relaxed: who pushed earlier is seen by coherence, and nothing is read through it.
            if (behind == nullptr) {
                if constexpr (Mutant == 5) return {nullptr, answer::empty};
                const bool none = last_.load(std::memory_order_relaxed) == &stub_;
                return {nullptr, none ? answer::empty : answer::would_block};
            }
            first_.set(behind);
            here = behind;
            behind = next_of(*here);
        }
        if (behind == nullptr) {
            // The end of the list, or a break in it. The last node is not handed out while a
            // producer may still link to it: the stub goes behind it first.
            if (last_.load(std::memory_order_relaxed) != here) {
                return {nullptr, answer::would_block};
            }
            if constexpr (Mutant == 6) {
                first_.set(&stub_);
                return {here, answer::item};
            }
            stub_.next.store(nullptr, std::memory_order_relaxed);
            append(stub_);
            behind = next_of(*here);
            if (behind == nullptr) {
                return {nullptr, answer::would_block};  // another push came between
            }
        }
        first_.set(behind);
        return {here, answer::item};
    }

 private:
    // Acquire: the item and the null of the node that is found.
    [[nodiscard]] static link* next_of(const link& of) noexcept(Sync::k_nothrow) {
        return of.next.load(Mutant == 3 ? std::memory_order_relaxed : std::memory_order_acquire);
    }

    // The producers' line, then the consumer's. The stub is written by both, and seldom.
    alignas(k_no_false_sharing) typename Sync::template atomic<link*> last_;
    alignas(k_no_false_sharing) typename Sync::template var<link*> first_;
    alignas(k_no_false_sharing) link stub_;
};

}  // namespace cyclone::queue
