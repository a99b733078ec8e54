// Peer: Boost.Lockfree's ring of one producer and one consumer.
//
// Source      Boost 1.74, boost/lockfree/spsc_queue.hpp: Lamport's ring with acquire and release
// Declares    the documentation of its members: pushing and popping is wait-free; a push succeeds
//             unless the ring is full, a pop unless it is empty. Nothing is said of both ends at
//             once, and each end is a word that the other end reads: full is weak, as in any such
//             ring (queue.hpp)
// Cost        no read-modify-write; each call reads the other end's index anew. Indices go round by
//             a comparison and not by a mask. Its ranges, S12, read and write each index once
// Progress    as declared. No thread of a peer can be stopped inside a call: it is read off the
//             source, which has no loop but that of the comparison
// Limits      one slot more than it holds; the first position is always 0
#pragma once

#include <boost/lockfree/spsc_queue.hpp>

#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class boost_spsc {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(value_type);

    explicit boost_spsc(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : capacity_(capacity), queue_(capacity) {}

    bool try_push(value_type&& item) { return queue_.push(item); }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!queue_.pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    std::size_t push_many(std::span<value_type> items) {
        return queue_.push(items.data(), items.size());
    }
    std::size_t pop_many(std::span<value_type> room) {
        return queue_.pop(room.data(), room.size());
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    const std::size_t capacity_;
    alignas(64) boost::lockfree::spsc_queue<value_type> queue_;
};

}  // namespace cyclone::queue
