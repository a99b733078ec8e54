// An implicit 4-ary heap with cached keys: half the levels of a binary heap, four keys a cache
// line.
//
// Source      Johnson 1975 (d-heaps); LaMarca and Ladner 1996 on why four suits a cache line
// Cost        START log4 n comparisons; STOP, RESTART up to 4 log4 n; next O(1)
// Accuracy    exact; equal deadlines fire in any order
// Invariants  those of dary_heap.hpp
// Not equivalent to libev's 4-heap, whose root sits at index 3 so that siblings share a line.
#pragma once

#include "variants/timer/dary_heap.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class quad_heap : public dary_heap<4, Work, Mutant> {
    using dary_heap<4, Work, Mutant>::dary_heap;
};

}  // namespace cyclone::timer
