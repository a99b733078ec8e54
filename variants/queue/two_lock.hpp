// Michael and Scott's queue of two locks: a linked list with a dummy in front, one lock for each
// end, so that a push and a pop do not wait for each other. Nodes are used again: the pops lay
// empty ones down for the pushes, under locks that are held anyway.
//
// Source      Michael and Scott 1996, figure 2 (two-lock queue); the free list, which the paper
//             leaves to a lock-free stack, is here a chain on either side and one hand-over word
// Cost        a lock and an unlock a call, and a store; contended, a system call to sleep and one
//             to wake. An allocator's call where no empty node is there
// Progress    blocking, at either end by itself: who stops in a push holds up pushes
// Invariants  I1 head_ and the chain `emptied_` are touched under out_ only, tail_ and `spare_`
//                under in_ only
//             I2 from head_, the dummy, along `next` come the items in their order; the node at
//                tail_ is the last, and its `next` is null
//             I3 a node is in the list, in one of the two chains, or laid down in returned_, which
//                is written by who holds out_ while it is null and by who holds in_ while it is not
// Orders      `next` of the last node is the one word that both ends meet in: the release of the
//             link carries the item to whoever follows it. returned_ carries emptied nodes: the
//             dummy's item was read before the next push writes it. Whoever takes the chain puts a
//             null there; that is read to find out whether there is room, and carries nothing
// Bound       as many nodes as there were items at once, and one; given back at the end
#pragma once

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class two_lock {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    struct node {
        typename Sync::template atomic<node*> next;
        slot<T, Sync> item;
    };

 public:
    using value_type = T;
    static constexpr traits k_traits{
        .fills = fullness::never, .holds = capacity_rule::unbounded, .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = sizeof(node);

    /// There is no capacity to keep to, and there are no positions.
    explicit two_lock(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0) {
        node* const dummy = Sync::template make<node>();
        head_.set(dummy);
        tail_.set(dummy);
    }
    ~two_lock() noexcept(Sync::k_nothrow) {
        take_all(*this);
        dispose(head_.get());
        dispose(emptied_.get());
        dispose(spare_.get());
        dispose(returned_.load(std::memory_order_relaxed));
    }
    two_lock(const two_lock&) = delete;
    two_lock& operator=(const two_lock&) = delete;

    /// Always true; std::bad_alloc passes, and then nothing has happened.
    bool try_push(T&& item) {
        in_.lock();
        node* filled = spare();
        if (filled == nullptr) {
            in_.unlock();  // the allocator may be slow, or have nothing
            filled = Sync::template make<node>();
            in_.lock();
        }
        filled->item.put(std::move(item));
        // Relaxed: the link carries it.
        if constexpr (Mutant != 4) filled->next.store(nullptr, std::memory_order_relaxed);
        // Release: the item, to the pop that follows the link without holding this lock.
        tail_.get()->next.store(
            filled, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
        tail_.set(filled);
        in_.unlock();
        return true;
    }

    popped<T> try_pop() {
        out_.lock();
        node* const dummy = head_.get();
        node* const first =
            dummy->next.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
        if (first == nullptr) {
            out_.unlock();
            return answer::empty;
        }
        head_.set(first);  // it is the dummy as soon as its item is out
        if constexpr (Mutant == 3) {
            lay_down(dummy);
            out_.unlock();
            widen_window();
            return popped<T>(first->item.take());
        }
        popped<T> out(first->item.take());
        lay_down(dummy);
        out_.unlock();
        return out;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    /// An empty node, or null; under in_.
    [[nodiscard]] node* spare() noexcept(Sync::k_nothrow) {
        node* mine = spare_.get();
        if (mine == nullptr) {
            // Acquire: the pops have read what was in the nodes.
            mine =
                returned_.load(Mutant == 6 ? std::memory_order_relaxed : std::memory_order_acquire);
            if (mine == nullptr) return nullptr;
            returned_.store(nullptr, std::memory_order_relaxed);
        }
        spare_.set(mine->next.load(std::memory_order_relaxed));
        return mine;
    }

    /// Puts an empty node to the others, and all of them where the pushes find them if the place is
    /// free; under out_.
    void lay_down(node* empty) noexcept(Sync::k_nothrow) {
        empty->next.store(emptied_.get(), std::memory_order_relaxed);
        emptied_.set(empty);
        if (Mutant != 7 && returned_.load(std::memory_order_relaxed) != nullptr) return;
        returned_.store(empty, Mutant == 5 ? std::memory_order_relaxed : std::memory_order_release);
        emptied_.set(nullptr);
    }

    static void dispose(node* chain) noexcept(Sync::k_nothrow) {
        while (chain != nullptr) {
            node* const next = chain->next.load(std::memory_order_relaxed);
            Sync::dispose(chain);
            chain = next;
        }
    }

    // The pushes' lines, the pops' lines, and the word between them.
    alignas(k_no_false_sharing) typename Sync::mutex in_;
    typename Sync::template var<node*> tail_;
    typename Sync::template var<node*> spare_;
    alignas(k_no_false_sharing) typename Sync::mutex out_;
    typename Sync::template var<node*> head_;
    typename Sync::template var<node*> emptied_;
    alignas(k_no_false_sharing) typename Sync::template atomic<node*> returned_;
};

}  // namespace cyclone::queue
