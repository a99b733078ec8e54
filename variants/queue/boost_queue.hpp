// Peer: Boost.Lockfree's queue of many producers and many consumers, growing.
//
// Source      Boost 1.74, boost/lockfree/queue.hpp: Michael and Scott's list over tagged pointers;
//             nodes come from a list of free ones and go back to it
// Declares    the class comment: pushing and popping is lock-free; freed nodes are not given back
//             before the queue is destroyed. push: where no node is free one is allocated, and that
//             may not be lock-free. pop: false if the queue was empty
// Cost        push: three read-modify-writes, one to take the node; pop: two, one to give it back;
//             more where calls meet. A node is a cache line
// Progress    lock-free as declared, but for the allocator. No thread of a peer can be stopped
//             inside a call: it is read off the source
// Limits      the tags have 16 bits, those of a pointer that no address uses: a call that sleeps
//             through 65536 rounds of its node may take the wrong one for the right one
#pragma once

#include <algorithm>
#include <boost/lockfree/queue.hpp>
#include <new>

#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class boost_queue {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = 64;  // BOOST_LOCKFREE_CACHELINE_BYTES

    /// `capacity` nodes are there from the beginning, as far as that is reasonable.
    explicit boost_queue(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : queue_(std::min(capacity, k_made_first)) {}

    bool try_push(value_type&& item) {
        if (!queue_.push(item)) throw std::bad_alloc();
        return true;
    }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!queue_.pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    static constexpr std::size_t k_made_first = std::size_t{1} << 16;

    alignas(64) boost::lockfree::queue<value_type> queue_;
};

}  // namespace cyclone::queue
