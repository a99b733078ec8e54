// Peer: libcds' ring of one producer and one consumer.
//
// Source      libcds 2.3.3, cds/container/weak_ringbuffer.h, after Le, Guatto, Cohen and Pop (INRIA
//             RR-8365, 2013): each end remembers the other's position, as cached_spsc
// Declares    the class comment: a bounded queue of one producer and one consumer; enqueue is false
//             where the ring is full, dequeue where it is empty. Of both ends at once, and of
//             progress, nothing is said; full is weak, as in any such ring (queue.hpp)
// Cost        no read-modify-write; the other end's position is read when the remembered one says
//             full or empty. Its batches pass whole or not at all, which S12 does not want: unused
// Progress    no loop in the source: wait-free. No thread of a peer can be stopped inside a call
// Limits      a power of two, at least 2
#pragma once

#include <cds/container/weak_ringbuffer.h>

#include "base/cache_line.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class cds_weakring {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .holds = capacity_rule::power_of_two,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(value_type);

    explicit cds_weakring(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : ring_(capacity == 1 ? 2 : capacity) {}

    bool try_push(value_type&& item) { return ring_.push(std::move(item)); }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!ring_.pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }

 private:
    alignas(k_no_false_sharing) cds::container::WeakRingBuffer<value_type> ring_;
};

}  // namespace cyclone::queue
