// Lamport's ring in which each end remembers what it last saw of the other, and looks again only
// when that does not do: while the ring is neither full nor empty, the ends leave each other's
// cache lines alone. The ring itself is index_ring.hpp.
//
// Source      Lee, Bu and Chandranmenon 2010 (MCRingBuffer, the part without batches); as a plain
//             ring in rigtorp/SPSCQueue
// Cost        as lamport_spsc.hpp where the ring runs empty or full all the time; elsewhere about
//             two transfers of a line a round of the ring
// Progress    wait-free, both ends
// Invariants  I1 to I4 of index_ring.hpp
// Orders      as lamport_spsc.hpp, at the looks; what is remembered was carried by an earlier look
// Bound       none
#pragma once

#include "base/work.hpp"
#include "variants/queue/index_ring.hpp"

namespace cyclone::queue {

template <int Mutant>
inline constexpr ring_bug k_bug_of_cached = seeded(
    Mutant, {ring_bug::publishes_relaxed, ring_bug::pop_looks_relaxed, ring_bug::gives_back_relaxed,
             ring_bug::push_looks_relaxed, ring_bug::push_looks_once, ring_bug::pop_looks_once,
             ring_bug::remembers_too_much, ring_bug::full_too_late, ring_bug::narrow_positions,
             ring_bug::batch_stops_short});

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class cached_spsc
    : public index_ring<ring_shape{.remembers = true}, k_bug_of_cached<Mutant>, Sync, T> {
    using ring = index_ring<ring_shape{.remembers = true}, k_bug_of_cached<Mutant>, Sync, T>;

 public:
    using ring::ring;
};

}  // namespace cyclone::queue
