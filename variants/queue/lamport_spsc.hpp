// Lamport's ring: one thread pushes, one pops, and each end is a number that only its owner writes.
// Loads and stores are all it takes. The ring itself is index_ring.hpp.
//
// Source      Lamport 1977 (the buffer of one producer and one consumer, under sequential
//             consistency: lamport_seqcst.hpp); with acquire and release as here, folklore of C11
// Cost        both ends read the other's number in every call: where they work at the same time,
//             two transfers of a cache line an item beside that of the item
// Progress    wait-free, both ends
// Invariants  I1 to I3 of index_ring.hpp
// Orders      two pairs: tail_ carries the item to the consumer, head_ carries the empty slot back
// Bound       none
#pragma once

#include "base/work.hpp"
#include "variants/queue/index_ring.hpp"

namespace cyclone::queue {

template <int Mutant>
inline constexpr ring_bug k_bug_of_lamport = seeded(
    Mutant, {ring_bug::publishes_relaxed, ring_bug::pop_looks_relaxed, ring_bug::gives_back_relaxed,
             ring_bug::push_looks_relaxed, ring_bug::full_too_early, ring_bug::narrow_positions,
             ring_bug::publishes_first, ring_bug::full_too_late, ring_bug::batch_begins_again});

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class lamport_spsc : public index_ring<ring_shape{}, k_bug_of_lamport<Mutant>, Sync, T> {
    using ring = index_ring<ring_shape{}, k_bug_of_lamport<Mutant>, Sync, T>;

 public:
    using ring::ring;
};

}  // namespace cyclone::queue
