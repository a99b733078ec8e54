// Peer: libcds' bounded queue of many producers and many consumers.
//
// Source      libcds 2.3.3, cds/container/vyukov_mpmc_cycle_queue.h: Vyukov's ring of cells, made
//             strict by waiting
// Declares    the class comment: bounded, causal FIFO, blocking producers and consumers, one
//             compare-and-swap a call, not lock-free in the official meaning; enqueue is false
//             where the queue is full, dequeue where it is empty. Causal order is that of each
//             producer, in the words of queue.hpp
// Cost        one read-modify-write a call when alone
// Progress    blocking: a call that meets one under way backs off, longer each time, until it has
//             ended. tests/queue/peers.cpp stops a push while its item is made and sees a pop wait
// Limits      a power of two, at least 2
#pragma once

#include <cds/container/vyukov_mpmc_cycle_queue.h>

#include "base/cache_line.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class cds_vyukov {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.keeps = order::fifo_per_producer,
                                     .holds = capacity_rule::power_of_two};
    static constexpr std::size_t k_bytes_per_item = 2 * sizeof(value_type);  // and its turn

    explicit cds_vyukov(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : queue_(capacity == 1 ? 2 : capacity) {}

    bool try_push(value_type&& item) { return queue_.push(std::move(item)); }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!queue_.pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return queue_.capacity(); }

 private:
    alignas(k_no_false_sharing) cds::container::VyukovMPMCCycleQueue<value_type> queue_;
};

}  // namespace cyclone::queue
