// A stack that many push on and one takes whole: Treiber's push, and a consumer that exchanges the
// top for nothing, turns the list round and works it off. So it is a queue, and none of the usual
// troubles of a shared stack is there: nobody pops one, hence no ABA; and a push is seen as soon as
// it has ended, hence a consumer that finds nothing may sleep.
//
// Source      Treiber 1986 (the push); llist of the Linux kernel (the exchange of the whole)
// Cost        push: an allocation, a read-modify-write, one more for each push that came between.
//             pop: a free and a few loads; one read-modify-write a batch, and as many steps as the
//             batch has items to turn it round
// Progress    push lock-free: a lost compare-and-swap means that another push has its place. pop
//             wait-free
// Invariants  I1 from top_ along `below` come the items pushed and not fetched, latest first; from
//                fetched_ those fetched and not popped, earliest first, and all of them were pushed
//                before all of the others: what is fetched was the whole stack
//             I2 `below` is the pusher's until its compare-and-swap, then the consumer's
//             I3 the consumer fetches only when fetched_ is empty
// Orders      the push releases, the exchange acquires. A push that others have covered is seen as
//             well: their read-modify-writes continue its release sequence. The look before the
//             exchange carries nothing: relaxed
#pragma once

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class exchange_drain {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    struct node {
        explicit node(T&& first) noexcept(Sync::k_nothrow) { item.put(std::move(first)); }
        typename Sync::template var<node*> below;
        slot<T, Sync> item;
    };

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::mpsc,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::wait_free,
                                     .frees = reclamation::consumer};
    static constexpr std::size_t k_bytes_per_item = sizeof(node);

    /// There is no capacity to keep to, and there are no positions.
    explicit exchange_drain(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0) {}
    ~exchange_drain() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 8) fetched_.set(nullptr);
        while (try_pop()) {
        }
    }
    exchange_drain(const exchange_drain&) = delete;
    exchange_drain& operator=(const exchange_drain&) = delete;

    /// Any thread's. Always true; std::bad_alloc passes, and then nothing has happened.
    bool try_push(T&& item) {
        node* const mine = Sync::template make<node>(std::move(item));
        node* top = top_.load(std::memory_order_relaxed);
        if constexpr (Mutant == 4) mine->below.set(top);
        do {
            if constexpr (Mutant != 4) mine->below.set(top);
            // Release: the item and the link, to the consumer.
        } while (!top_.compare_exchange_weak(
            top, mine, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release,
            std::memory_order_relaxed));
        return true;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        node* first = fetched_.get();
        if (first == nullptr || Mutant == 6) {
            first = fetched();
            if (first == nullptr) return answer::empty;
        }
        fetched_.set(first->below.get());
        if constexpr (Mutant == 7) {
            give_back(first);
            return popped<T>(first->item.take());
        }
        popped<T> out(first->item.take());
        Sync::dispose(first);
        return out;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    /// For the seeded bug. Out of line: a compiler that saw it would not compile it.
    [[gnu::noinline]] static void give_back(node* old) noexcept(Sync::k_nothrow) {
        Sync::dispose(old);
    }

    /// All that is on the stack, the earliest first.
    [[nodiscard]] node* fetched() noexcept(Sync::k_nothrow) {
        constexpr auto k_taken =
            Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire;
        if (top_.load(std::memory_order_relaxed) == nullptr) return nullptr;
        node* latest = nullptr;
        if constexpr (Mutant == 5) {
            latest = top_.load(k_taken);
            widen_window();
            top_.store(nullptr, std::memory_order_relaxed);
        } else {
            latest = top_.exchange(nullptr, k_taken);
        }
        if constexpr (Mutant == 3) return latest;
        node* in_order = nullptr;
        while (latest != nullptr) {
            node* const next = latest->below.get();
            latest->below.set(in_order);
            in_order = latest;
            latest = next;
        }
        return in_order;
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<node*> top_;
    alignas(k_no_false_sharing) typename Sync::template var<node*> fetched_;
};

}  // namespace cyclone::queue
