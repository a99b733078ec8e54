// Peer: Concurrency Kit's ring, many producers and many consumers.
//
// Source      Concurrency Kit 0.7.1, ck_ring.h, ck_ring_enqueue_mpmc and ck_ring_dequeue_mpmc
// Declares    see ck_ring_core.hpp. Full is weak: a push under way has its place and is not seen by
//             pops
// Cost        one read-modify-write a call when alone, and a push waits for its turn. A pop copies
//             the item first and throws the copy away where it was too late
// Progress    push blocking (tests/queue/peers.cpp: a place that is reserved and not committed
//             stops all later pushes), pop lock-free
// Invariants  those of ck_ring_core.hpp
#pragma once

#include "base/work.hpp"
#include "variants/queue/ck_ring_core.hpp"

namespace cyclone::queue {

struct ck_ring_mpmc_ends {
    static constexpr traits k_traits{
        .fills = fullness::weak, .holds = capacity_rule::power_of_two, .pop = progress::lock_free};

    static bool push(::ck_ring_t* ring, ::ck_ring_buffer_t* slots, void* item) {
        return ::ck_ring_enqueue_mpmc(ring, slots, item);
    }
    static bool pop(::ck_ring_t* ring, ::ck_ring_buffer_t* slots, void** item) {
        return ::ck_ring_dequeue_mpmc(ring, slots, item);
    }
};

template <class Work = no_work, int Mutant = 0>
class ck_ring_mpmc : public ck_ring_core<ck_ring_mpmc_ends> {
    using ck_ring_core<ck_ring_mpmc_ends>::ck_ring_core;
};

}  // namespace cyclone::queue
