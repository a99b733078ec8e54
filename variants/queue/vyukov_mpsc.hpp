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
// Invariants  I1 to I4 of swapped_list.hpp
//             I5 a node in the list carries an item; the consumer gives it back when it is handed
//                out
// Orders      swapped_list.hpp: links carry the items
#pragma once

#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/swapped_list.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class vyukov_mpsc {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    using list = swapped_list<Sync, Mutant>;
    struct node : list::link {
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
    explicit vyukov_mpsc(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0) {}
    ~vyukov_mpsc() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 8) return;
        while (try_pop()) {
        }
    }
    vyukov_mpsc(const vyukov_mpsc&) = delete;
    vyukov_mpsc& operator=(const vyukov_mpsc&) = delete;

    /// Any thread's. Always true; std::bad_alloc passes, and then nothing has happened.
    bool try_push(T&& item) {
        list_.append(*Sync::template make<node>(std::move(item)));
        return true;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const auto got = list_.take();
        if (got.node == nullptr) return got.said;
        node* const done = static_cast<node*>(got.node);
        if constexpr (Mutant == 7) {
            give_back(done);
            return popped<T>(done->item.take());
        }
        popped<T> out(done->item.take());
        Sync::dispose(done);
        return out;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    /// For the seeded bug. Out of line: a compiler that saw it would not compile it.
    [[gnu::noinline]] static void give_back(node* old) noexcept(Sync::k_nothrow) {
        Sync::dispose(old);
    }

    list list_;
};

}  // namespace cyclone::queue
