// Peer: Boost.Lockfree's queue of many producers and many consumers, with the nodes that it was
// made with and no more.
//
// Source      Boost 1.74, boost/lockfree/queue.hpp, bounded_push(): as boost_queue, but for the
//             allocator
// Declares    bounded_push: thread-safe and non-blocking; fails where no node of the pool is free.
//             A pop gives its node back after it has its item, so full is weak
// Cost        as boost_queue
// Progress    lock-free as declared; read off the source, as no thread of a peer can be stopped
//             inside a call
// Limits      those of boost_queue. The other bounded form, fixed_sized, replaces pointers by
//             indices of 16 bits and takes no more than 65534 items; no such form is here, since
//             larger ones are asked for
#pragma once

#include <boost/lockfree/queue.hpp>

#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class boost_queue_bounded {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.fills = fullness::weak,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = 64;  // BOOST_LOCKFREE_CACHELINE_BYTES

    explicit boost_queue_bounded(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : capacity_(capacity), queue_(capacity) {}

    bool try_push(value_type&& item) { return queue_.bounded_push(item); }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!queue_.pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    const std::size_t capacity_;
    alignas(64) boost::lockfree::queue<value_type> queue_;
};

}  // namespace cyclone::queue
