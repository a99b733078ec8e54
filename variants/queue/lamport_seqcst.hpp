// Lamport's ring as its proof has it: the loads and stores of both numbers are in one order of all.
// That is what the other rings do without, and what makes "full" and "empty" both strict.
//
// Source      Lamport 1977 (the buffer of one producer and one consumer)
// Cost        that of lamport_spsc.hpp, and on x86 each store of a number is a locked exchange: it
//             waits until everything stored before is in the cache
// Progress    wait-free, both ends
// Invariants  I1 to I3 of index_ring.hpp
// Orders      seq_cst, all four. Acquire and release would carry the items as well; but the store
//             of one's own number and the next load of the other's are store buffering (queue.hpp,
//             "Strict at both ends")
// Bound       none
#pragma once

#include "base/work.hpp"
#include "variants/queue/index_ring.hpp"

namespace cyclone::queue {

template <int Mutant>
inline constexpr ring_bug k_bug_of_seqcst =
    seeded(Mutant,
           {ring_bug::publishes_relaxed, ring_bug::pop_looks_relaxed, ring_bug::publishes_unordered,
            ring_bug::pop_looks_unordered, ring_bug::gives_back_unordered,
            ring_bug::push_looks_unordered, ring_bug::publishes_first, ring_bug::full_too_late});

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class lamport_seqcst
    : public index_ring<ring_shape{.strict = true}, k_bug_of_seqcst<Mutant>, Sync, T> {
    using ring = index_ring<ring_shape{.strict = true}, k_bug_of_seqcst<Mutant>, Sync, T>;

 public:
    using ring::ring;
};

}  // namespace cyclone::queue
