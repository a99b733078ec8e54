// Peer: Concurrency Kit's ring, many producers and one consumer.
//
// Source      Concurrency Kit 0.7.1, ck_ring.h, ck_ring_enqueue_mpsc and ck_ring_dequeue_mpsc
// Declares    see ck_ring_core.hpp. Full is weak: a push under way has its place and is not seen by
//             pops
// Cost        push: one read-modify-write when alone, then its turn; pop: none
// Progress    push blocking (tests/queue/peers.cpp: a place that is reserved and not committed
//             stops all later pushes), pop wait-free
// Invariants  those of ck_ring_core.hpp
#pragma once

#include "base/work.hpp"
#include "variants/queue/ck_ring_core.hpp"

namespace cyclone::queue {

struct ck_ring_mpsc_ends {
    static constexpr traits k_traits{.serves = kind::mpsc,
                                     .fills = fullness::weak,
                                     .holds = capacity_rule::power_of_two,
                                     .pop = progress::wait_free};

    static bool push(::ck_ring_t* ring, ::ck_ring_buffer_t* slots, void* item) {
        return ::ck_ring_enqueue_mpsc(ring, slots, item);
    }
    static bool pop(::ck_ring_t* ring, ::ck_ring_buffer_t* slots, void** item) {
        return ::ck_ring_dequeue_mpsc(ring, slots, item);
    }
};

template <class Work = no_work, int Mutant = 0>
class ck_ring_mpsc : public ck_ring_core<ck_ring_mpsc_ends> {
    using ck_ring_core<ck_ring_mpsc_ends>::ck_ring_core;
};

}  // namespace cyclone::queue
