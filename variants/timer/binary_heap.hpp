// An implicit binary heap with the index kept in the node.
//
// Source      Williams 1964 (heapsort's heap); Varghese and Lauck 1987, section 4 (scheme 3)
// Cost        START, STOP, RESTART O(log n) comparisons; next O(1); grows its array at times
// Accuracy    exact; equal deadlines fire in any order
// Invariants  those of dary_heap.hpp
#pragma once

#include "variants/timer/dary_heap.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class binary_heap : public dary_heap<2, Work, Mutant> {
    using dary_heap<2, Work, Mutant>::dary_heap;
};

}  // namespace cyclone::timer
