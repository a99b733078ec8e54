// Peer: Concurrency Kit's ring, one producer and one consumer.
//
// Source      Concurrency Kit 0.7.1, ck_ring.h, ck_ring_enqueue_spsc and ck_ring_dequeue_spsc
// Declares    see ck_ring_core.hpp. Full is weak, as in every ring whose ends are two words
//             (queue.hpp)
// Cost        no read-modify-write; each call reads the other end's position anew
// Progress    wait-free, both ends, as its manual says; read off the source, since no thread of a
//             peer can be stopped inside a call
// Invariants  those of ck_ring_core.hpp
#pragma once

#include "base/work.hpp"
#include "variants/queue/ck_ring_core.hpp"

namespace cyclone::queue {

struct ck_ring_spsc_ends {
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .holds = capacity_rule::power_of_two,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};

    static bool push(::ck_ring_t* ring, ::ck_ring_buffer_t* slots, void* item) {
        return ::ck_ring_enqueue_spsc(ring, slots, item);
    }
    static bool pop(::ck_ring_t* ring, ::ck_ring_buffer_t* slots, void** item) {
        return ::ck_ring_dequeue_spsc(ring, slots, item);
    }
};

template <class Work = no_work, int Mutant = 0>
class ck_ring_spsc : public ck_ring_core<ck_ring_spsc_ends> {
    using ck_ring_core<ck_ring_spsc_ends>::ck_ring_core;
};

}  // namespace cyclone::queue
