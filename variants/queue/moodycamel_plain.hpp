// Peer: moodycamel's concurrent queue, without tokens: a producer is found by its thread's number.
//
// Source      concurrentqueue 1.0.3, concurrentqueue.h: a queue of blocks for each producer, and
//             consumers that go from one to the next
// Declares    its README and the comments of its members: lock-free; elements of one producer come
//             out in their order, and there is no order among producers (not linearizable);
//             try_dequeue is false where all producers appeared empty when they were looked at,
//             "likely but not guaranteed" to be empty: weak
// Cost        push: a look-up of the thread in a table, one store; a new block every 32 items. pop:
//             a look at up to three producers, then two or three read-modify-writes
// Progress    lock-free as declared, but for the allocator. tests/queue/peers.cpp stops a push
//             while its item is made, and nobody else is held up; other steps cannot be stopped
// Limits      the weakness of empty goes beyond pushes under way: a pop that lost its race and has
//             not yet taken its count back hides an item from others (peers.cpp)
#pragma once

#include <algorithm>
#include <concurrentqueue/concurrentqueue.h>
#include <new>

#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class moodycamel_plain {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.keeps = order::fifo_per_producer,
                                     .empties = emptiness::weak,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = 11;  // a block of 32: 320 bytes; its index: 16

    /// Blocks for `capacity` items are there from the beginning, as far as that is reasonable.
    explicit moodycamel_plain(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : queue_(std::min(capacity, k_made_first)) {}

    bool try_push(value_type&& item) {
        if (!queue_.enqueue(item)) throw std::bad_alloc();
        return true;
    }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!queue_.try_dequeue(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    std::size_t push_many(std::span<value_type> items) {
        if (items.empty()) return 0;
        if (!queue_.enqueue_bulk(items.data(), items.size())) throw std::bad_alloc();
        return items.size();
    }
    std::size_t pop_many(std::span<value_type> room) {
        return room.empty() ? 0 : queue_.try_dequeue_bulk(room.data(), room.size());
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    static constexpr std::size_t k_made_first = std::size_t{1} << 16;

    ::moodycamel::ConcurrentQueue<value_type> queue_;
};

}  // namespace cyclone::queue
