// Lamport's ring with both numbers on one cache line, for comparison: every store of the one takes
// the other away from its owner as well.
//
// Source      Lamport 1977 (the buffer of one producer and one consumer); that such numbers belong
//             on lines of their own is folklore, and this is the ring it is held against
// Cost        that of lamport_spsc.hpp, and the line of the numbers goes to and fro even where an
//             end would find its own number in its cache
// Progress    wait-free, both ends
// Invariants  I1 to I3 of index_ring.hpp
// Orders      those of lamport_spsc.hpp
// Bound       none
#pragma once

#include "base/work.hpp"
#include "variants/queue/index_ring.hpp"

namespace cyclone::queue {

template <int Mutant>
inline constexpr ring_bug k_bug_of_unpadded = seeded(
    Mutant, {ring_bug::publishes_relaxed, ring_bug::pop_looks_relaxed, ring_bug::gives_back_relaxed,
             ring_bug::push_looks_relaxed, ring_bug::publishes_first, ring_bug::narrow_positions});

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class lamport_unpadded
    : public index_ring<ring_shape{.apart = false}, k_bug_of_unpadded<Mutant>, Sync, T> {
    using ring = index_ring<ring_shape{.apart = false}, k_bug_of_unpadded<Mutant>, Sync, T>;

 public:
    using ring::ring;
};

}  // namespace cyclone::queue
