// Vyukov's intrusive queue of many producers and one consumer. Its nodes are the caller's and are
// never allocated by the queue; the list that does that is swapped_list.hpp. As a queue of items it
// is here with nodes that go round: the consumer hands the empty ones back to the producers in
// chains, so that after the first rounds a push calls no allocator.
//
// Source      Vyukov, 1024cores (intrusive MPSC node-based queue); the boxes are ours, after
// Bonwick
//             and Adams (node_boxes.hpp)
// Cost        push: one read-modify-write, one store; one more each 128 for a chain of nodes. pop:
// a
//             load, and as much for the chain. Where the queue grows longer than the boxes hold
//             nodes, an allocator's call as in vyukov_mpsc.hpp
// Progress    wait-free, both ends, but for the allocator; a producer that stops between its two
//             steps hides what comes behind it, and pops answer would_block
// Invariants  I1 to I4 of swapped_list.hpp, I1 and I2 of node_boxes.hpp
//             I5 a node is in the list with an item, or in a chain without, or its one owner is
//                moving it from the one to the other
// Orders      the list carries items one way, the boxes carry nodes back
// Bound       empty nodes: 1024 in boxes, and 128 in the hands of each access and the consumer
#pragma once

#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/access_count.hpp"
#include "variants/queue/node_boxes.hpp"
#include "variants/queue/swapped_list.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class vyukov_intrusive {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    using list = swapped_list<Sync, Mutant>;
    using link = typename list::link;
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
        explicit access(vyukov_intrusive& queue) : counted_(queue.accesses_), queue_(queue) {}
        ~access() noexcept(Sync::k_nothrow) { queue_.nodes_.put(mine_); }
        access(const access&) = delete;
        access& operator=(const access&) = delete;

        /// Always true; std::bad_alloc passes, and then nothing has happened.
        bool try_push(T&& item) {
            node* const filled = queue_.nodes_.draw(mine_);
            filled->item.put(std::move(item));
            queue_.list_.append(*filled);
            return true;
        }
        /// The consumer's.
        popped<T> try_pop() noexcept(Sync::k_nothrow) { return queue_.take(); }

     private:
        const access_count::one counted_;
        vyukov_intrusive& queue_;
        link* mine_ = nullptr;
    };

    /// There is no capacity to keep to, and there are no positions.
    explicit vyukov_intrusive(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0) {}
    ~vyukov_intrusive() noexcept(Sync::k_nothrow) {
        while (take()) {
        }
    }
    vyukov_intrusive(const vyukov_intrusive&) = delete;
    vyukov_intrusive& operator=(const vyukov_intrusive&) = delete;

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    popped<T> take() noexcept(Sync::k_nothrow) {
        const auto got = list_.take();
        if (got.node == nullptr) return got.said;
        node* const done = static_cast<node*>(got.node);
        if constexpr (Mutant == 7) {
            nodes_.give(done);
            widen_window();
            return popped<T>(done->item.take());
        }
        popped<T> out(done->item.take());
        nodes_.give(done);
        return out;
    }

    list list_;
    node_boxes<node, Sync, Mutant> nodes_;
    access_count accesses_;
};

}  // namespace cyclone::queue
