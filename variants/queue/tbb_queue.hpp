// Peer: oneTBB's unbounded queue.
//
// Source      oneTBB 2021.8, oneapi/tbb/concurrent_queue.h and detail/_concurrent_queue_base.h: two
//             counters give tickets, and a ticket is a place in one of eight small queues of pages,
//             where the calls wait for their turn
// Declares    the specification, "concurrent_queue": of one thread's values another thread sees the
//             order kept, and nothing more is said of order. try_pop: takes a value if one is
//             available, does nothing otherwise. The developer guide says "no blocking operations"
// Cost        push: two read-modify-writes; pop: one and a store; a page of 32 items is allocated
//             and freed in turn
// Progress    blocking, whatever the guide means by it: a pop spins for the push that has its
//             ticket, a push for the push eight tickets before. tests/queue/peers.cpp stops a push
//             and shows it
// Limits      on machines that reorder loads try_pop of this version may miss a value (oneTBB pull
//             request 782); x86 does not
#pragma once

#include <oneapi/tbb/concurrent_queue.h>

#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class tbb_queue {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.keeps = order::fifo_per_producer,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .frees = reclamation::consumer};
    static constexpr std::size_t k_bytes_per_item = 9;  // a page of 272 bytes has 32

    explicit tbb_queue(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0) {}

    bool try_push(value_type&& item) {
        queue_.push(item);
        return true;
    }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!queue_.try_pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    tbb::concurrent_queue<value_type> queue_;
};

}  // namespace cyclone::queue
