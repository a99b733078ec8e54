// Two arrays and a mutex, as event loops often have it: producers add to the one, and the consumer,
// when it has worked off the other, swaps them. Its own array it reads without a lock.
//
// Source      practice (the "pending functors" of many loops); Hoare 1974 has the monitor
// Cost        push: a lock and an unlock. pop: none of both but once a batch; and where nothing is
//             there, a look at one word
// Progress    blocking: who stops in a push holds up pushes and the swap
// Invariants  I1 in_ and its array are touched under mutex_ only, out_ and its array by the
// consumer
//                only; the swap is under mutex_
//             I2 items in out_ are earlier than those in in_, and within an array they are in order
//             I3 filled_ is true when in_ is not empty; it is written under mutex_
// Orders      the mutex orders everything but filled_, by which the consumer learns that there is
//             nothing to lock for: who pushed earlier is seen by coherence, so it is relaxed
// Bound       two arrays as long as the longest batch was, up to twice that
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class batch_swap {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    /// Items in their order, those before `first` gone. It grows as a vector does.
    struct batch {
        explicit batch(std::size_t places)
            : slots(std::make_unique<slot<T, Sync>[]>(places)), room(places) {}

        void grow() {
            auto larger = std::make_unique<slot<T, Sync>[]>(2 * room);
            for (std::size_t i = 0; i < room; ++i) larger[i].put(slots[i].take());
            slots = std::move(larger);
            room *= 2;
        }

        std::unique_ptr<slot<T, Sync>[]> slots;
        std::size_t room;
        typename Sync::template var<std::size_t> first{};
        typename Sync::template var<std::size_t> end{};
    };

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::mpsc,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = sizeof(slot<T, Sync>);

    /// There is no capacity to keep to, and there are no positions; the number is where both arrays
    /// begin, as far as that is reasonable.
    explicit batch_swap(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : in_(&one_), out_(&other_), one_(places_for(capacity)), other_(places_for(capacity)) {}
    ~batch_swap() noexcept(Sync::k_nothrow) { take_all(*this); }
    batch_swap(const batch_swap&) = delete;
    batch_swap& operator=(const batch_swap&) = delete;

    /// Any thread's. Always true; std::bad_alloc passes, and then nothing has happened.
    bool try_push(T&& item) {
        if constexpr (Mutant == 7) filled_.store(true, std::memory_order_relaxed);
        mutex_.lock();
        batch* const into = in_.get();
        const std::size_t end = into->end.get();
        if (end == into->room) {
            try {
                into->grow();
            } catch (const std::bad_alloc&) {
                mutex_.unlock();
                throw;
            }
        }
        into->slots[Mutant == 6 && end > 1 ? 1 : end].put(std::move(item));
        into->end.set(end + 1);
        if (Mutant != 7 && (Mutant != 3 || end > 0)) filled_.store(true, std::memory_order_relaxed);
        mutex_.unlock();
        return true;
    }

    /// The consumer's.
    popped<T> try_pop() {
        batch* from = out_.get();
        std::size_t first = from->first.get();
        if (Mutant == 2 || first == from->end.get()) {
            from = swapped();
            if (from == nullptr) return answer::empty;
            first = from->first.get();
        }
        if constexpr (Mutant == 5) {  // the latest of the batch first
            from->end.set(from->end.get() - 1);
            return popped<T>(from->slots[from->end.get()].take());
        }
        from->first.set(first + 1);
        return popped<T>(from->slots[first].take());
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    static constexpr std::size_t k_places_first = 4096;

    [[nodiscard]] static std::size_t places_for(std::size_t capacity) noexcept {
        return std::clamp<std::size_t>(capacity, 1, k_places_first);
    }

    /// What the producers have filled, in the place of what is used up; null if nothing is there.
    [[nodiscard]] batch* swapped() {
        if (!filled_.load(std::memory_order_relaxed)) return nullptr;
        if constexpr (Mutant != 1) mutex_.lock();
        batch* const mine = in_.get();
        batch* const used = out_.get();
        used->first.set(0);
        used->end.set(0);
        in_.set(used);
        if constexpr (Mutant != 4) filled_.store(false, std::memory_order_relaxed);
        if constexpr (Mutant != 1) mutex_.unlock();
        if constexpr (Mutant == 4) {
            widen_window();
            filled_.store(false, std::memory_order_relaxed);
        }
        out_.set(mine);
        return mine;
    }

    // The producers' lines, the consumer's, and the word that both look at.
    alignas(k_no_false_sharing) typename Sync::mutex mutex_;
    typename Sync::template var<batch*> in_;
    alignas(k_no_false_sharing) typename Sync::template var<batch*> out_;
    alignas(k_no_false_sharing) typename Sync::template atomic<bool> filled_;
    alignas(k_no_false_sharing) batch one_;
    alignas(k_no_false_sharing) batch other_;
};

}  // namespace cyclone::queue
