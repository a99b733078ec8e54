#pragma once
// What other threads leave for the thread that owns something: many push, one takes everything.
// Intrusive, so nothing is allocated; a stack whose top is swapped out whole, so there is neither
// an ABA problem (nobody pops one) nor a moment at which a finished push cannot be seen: the queue
// of Vyukov has such a moment, and an owner who then falls asleep sleeps for ever.
//
// push      lock-free: a compare-and-swap, again for each push that came between. Any thread
// take_all  wait-free: a load when empty, else one exchange, and O(k) to turn k elements round.
// Owner empty     wait-free, strict: true only if at that instant nothing was there. Any thread
//
// Invariants: (I1) from top_ along `below` come the elements pushed and not taken, latest first;
//             (I2) `below` is the pusher's until its compare-and-swap, then the owner's.
// Orders: the push releases and take_all acquires. A push that another push has covered is seen as
// well, because the later one's read-modify-write continues its release sequence. push and empty
// are seq_cst beyond that, for owners that announce their sleep and then look once more: of
// (push, load the announcement) and (store the announcement, empty) one must see the other.

#include "base/sync.hpp"

namespace cyclone {

/// What an element of an inbox derives from. In one inbox at a time, once.
template <sync::policy Sync = sync::native>
struct inbox_link {
    typename Sync::template var<inbox_link*> below;
};

template <sync::policy Sync = sync::native>
class mpsc_inbox {
 public:
    using link = inbox_link<Sync>;

    void push(link& element) noexcept(Sync::k_nothrow) {
        link* top = top_.load(std::memory_order_relaxed);
        do {
            element.below.set(top);
        } while (!top_.compare_exchange_weak(top, &element, std::memory_order_seq_cst,
                                             std::memory_order_relaxed));
    }

    [[nodiscard]] bool empty() const noexcept(Sync::k_nothrow) {
        return top_.load(std::memory_order_seq_cst) == nullptr;
    }

    /// All elements in the order of their pushes, chained by `below`; nullptr if there are none.
    /// The chain is the owner's: read an element's `below` before giving the element away.
    [[nodiscard]] link* take_all() noexcept(Sync::k_nothrow) {
        if (top_.load(std::memory_order_relaxed) == nullptr) return nullptr;
        link* latest_first = top_.exchange(nullptr, std::memory_order_acquire);
        link* in_order = nullptr;
        while (latest_first != nullptr) {
            link* const element = latest_first;
            latest_first = element->below.get();
            element->below.set(in_order);
            in_order = element;
        }
        return in_order;
    }

 private:
    typename Sync::template atomic<link*> top_;
};

}  // namespace cyclone
