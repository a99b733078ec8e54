// Michael and Scott's list, the inner piece of ms_tagged.hpp, ms_hazard.hpp and ms_epochs.hpp,
// which differ in one thing: how a call can stand on a node that others may take away.
//
// Source      Michael and Scott 1996 (PODC, the non-blocking queue, figure 1). Of the paper's two
//             counters beside each pointer a Memory makes what it needs
// Cost        push: two read-modify-writes, link and end; pop: one. Contended, one for every loser
//             too. What the Memory adds is in its head
// Progress    lock-free, both ends: a lost swap means that another call has moved on, and an end
//             that lags behind is moved by whoever meets it
// Invariants  I1 from head_ along `next` come a node whose item is gone, and then the items in
//                order; `next` is null (none) in the last node only, and is written once
//             I2 tail_ is the last node or the one before it, and never behind head_: who moves
//                head_ has seen tail_ beyond it
//             I3 an item is its who moved head_ to its node
//             I4 a node is given back by who moved head_ off it; by I2 no end leads to it then
// Orders      link: release, and `next` is acquired by whoever follows: item and node.
//             tail_ releases the node that it names, to pushes that come there from it; head_ the
//             same to pops, and with it the pushes and the look at tail_ of the pops before: a pop
//             must not find the queue empty that an earlier pop has seen with more inside, nor
//             tail_ where head_ has been.
//             tail_ in a pop is only compared: relaxed, I2 by coherence
#pragma once

#include <utility>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

/// A Memory has
///   word               what head_, tail_ and next hold; none(word); same(a, b): one node
///   link(old, to)      the word for `to` where `old` stood
///   next(word)         the atomic<word> of a node
///   make(item), begin() a node with an item, a node without, not in the list
///   glance(word), take(word, glanced)   the item, before and after it is ours
///   drop(thread, word) takes back a node that no end leads to
///   end(word)          at the destruction, each node that is inside
///   stay               what a call holds on to: stay(thread); tail(from), head(from), behind(from)
///                      load and hold; tail_stands, head_stands(from, seen): whether the answer of
///                      what was loaded since is worth anything; leave()
/// Seeded bugs 1 to 7 are here, what is beyond is the Memory's.
template <class Memory, int Mutant, sync::policy Sync, class T>
class michael_scott {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    using word = typename Memory::word;
    using stay = typename Memory::stay;
    using thread = typename Memory::thread;

 public:
    template <class... Args>
    explicit michael_scott(Args&&... args)
        : memory_(std::forward<Args>(args)...),
          head_(memory_.begin()),
          tail_(head_.load(std::memory_order_relaxed)) {}
    ~michael_scott() noexcept(Sync::k_nothrow) {
        if constexpr (Memory::k_has_an_end) {
            word at = head_.load(std::memory_order_relaxed);
            for (bool is_item = false; !Memory::none(at); is_item = true) {
                const word next = memory_.next(at).load(std::memory_order_relaxed);
                memory_.end(at, is_item);
                at = next;
            }
        }
    }
    michael_scott(const michael_scott&) = delete;
    michael_scott& operator=(const michael_scott&) = delete;

    void push(thread& me, T&& item) {
        const word mine = memory_.make(std::move(item));
        stay here(me);
        for (;;) {
            const word last = here.tail(tail_);
            auto& end = memory_.next(last);
            word next = end.load(std::memory_order_acquire);
            if (!here.tail_stands(tail_, last)) continue;
            if (!Memory::none(next)) {
                if constexpr (Mutant != 2) swing(last, next);
                continue;
            }
            // Release: the item and the node, to whoever follows the link.
            constexpr auto k_in = Mutant == 4 ? std::memory_order_relaxed  //
                                              : std::memory_order_release;
            if (end.compare_exchange_strong(next, Memory::link(next, mine), k_in,
                                            std::memory_order_relaxed)) {
                swing(last, mine);
                return;
            }
        }
    }

    popped<T> pop(thread& me) noexcept(Sync::k_nothrow) {
        stay here(me);
        for (;;) {
            word first = here.head(head_);
            // Relaxed: head_ has brought what makes it no older than `first`.
            const word last = tail_.load(std::memory_order_relaxed);
            const word next = here.behind(memory_.next(first));
            if (!here.head_stands(head_, first)) continue;
            if (Memory::none(next)) return answer::empty;
            // The end lags behind: head_ must not pass it, or it would name a node given back.
            if (Mutant != 3 && Memory::same(first, last)) swing(last, next);
            if (auto out = take_over(me, here, first, next); out) return out;
        }
    }

    [[nodiscard]] Memory& memory() noexcept { return memory_; }

 private:
    /// Moves tail_ on by one, if nobody else has.
    void swing(word last, word next) noexcept(Sync::k_nothrow) {
        // Release: whoever finds the node at tail_ finds it made.
        tail_.compare_exchange_strong(last, Memory::link(last, next), std::memory_order_release,
                                      std::memory_order_relaxed);
    }

    /// Moves head_ on and takes the item; "empty" if another call was there first.
    popped<T> take_over(thread& me, stay& here, word first, word next) noexcept(Sync::k_nothrow) {
        constexpr auto k_moved = Mutant == 5 ? std::memory_order_relaxed  //
                                             : std::memory_order_release;
        const word before = first;
        if constexpr (Mutant == 6) memory_.drop(me, before);
        const auto glanced = memory_.glance(next);
        const bool done = head_.compare_exchange_strong(first, Memory::link(first, next), k_moved,
                                                        std::memory_order_relaxed);
        if (!done && Mutant != 1) return answer::empty;
        if constexpr (Mutant == 7) {
            here.leave();
            memory_.drop(me, before);
            widen_window();
            return popped<T>(memory_.take(next, memory_.glance(next)));
        }
        popped<T> out(memory_.take(next, glanced));
        here.leave();
        if constexpr (Mutant != 6) memory_.drop(me, before);
        return out;
    }

    Memory memory_;
    alignas(k_no_false_sharing) typename Sync::template atomic<word> head_;
    alignas(k_no_false_sharing) typename Sync::template atomic<word> tail_;
};

}  // namespace cyclone::queue
