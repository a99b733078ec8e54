// Peer: Boost.Heap's pairing heap, whose elements are nodes of a tree and have handles by nature.
//
// Source      Boost 1.74, boost/heap/pairing_heap.hpp
// Cost        START O(1) and one allocation; STOP, RESTART and expiry O(log n) amortised; next O(1)
// Accuracy    exact; equal deadlines fire in any order
// Invariants  those of boost_heap_core.hpp
// Limits      pointers all the way: behind the d-ary heap as soon as the caches are full
#pragma once

#include <boost/heap/pairing_heap.hpp>

#include "variants/timer/boost_heap_core.hpp"

namespace cyclone::timer {

struct boost_pairing_kind {
    static constexpr std::size_t k_element_bytes = 64;
    template <class Item, class Later>
    using heap = boost::heap::pairing_heap<Item, boost::heap::compare<Later>>;
};

template <class Work = no_work, int Mutant = 0>
class boost_pairing_heap : public boost_heap_core<boost_pairing_kind, Work, Mutant> {
    using boost_heap_core<boost_pairing_kind, Work, Mutant>::boost_heap_core;
};

}  // namespace cyclone::timer
