// Peer: oneTBB's bounded queue, by the calls that do not wait.
//
// Source      oneTBB 2021.8, oneapi/tbb/concurrent_queue.h, concurrent_bounded_queue: as tbb_queue,
//             and the ticket of a push is taken by compare-and-swap if fewer than the capacity are
//             out. Every call also looks whether somebody sleeps
// Declares    the specification, "concurrent_bounded_queue": bounded, first in first out, and of
//             one thread's values another thread sees the order kept. try_push: false where the
//             number of items is the capacity; try_pop: false where none is available
// Cost        two read-modify-writes a call when alone, and a full fence to look for sleepers
// Progress    blocking, as tbb_queue
// Limits      as tbb_queue. size() counts the pops that wait as fewer than nothing, which the
//             specification allows: tests/queue/peers.cpp shows it
#pragma once

#include <oneapi/tbb/concurrent_queue.h>

#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class tbb_bounded {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.keeps = order::fifo_per_producer,
                                     .frees = reclamation::consumer};
    static constexpr std::size_t k_bytes_per_item = 9;  // a page of 272 bytes has 32

    explicit tbb_bounded(std::size_t capacity, std::uint64_t /*origin*/ = 0) {
        queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity));
    }

    bool try_push(value_type&& item) { return queue_.try_push(item); }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!queue_.try_pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept {
        return static_cast<std::size_t>(queue_.capacity());
    }

 private:
    tbb::concurrent_bounded_queue<value_type> queue_;
};

}  // namespace cyclone::queue
