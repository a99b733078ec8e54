// Peer: Boost.Heap's d-ary heap of arity 4 with handles.
//
// Source      Boost 1.74, boost/heap/d_ary_heap.hpp and detail/mutable_heap.hpp
// Cost        START, STOP, RESTART O(log n), and one allocation a START; next O(1)
// Accuracy    exact; equal deadlines fire in any order
// Invariants  those of boost_heap_core.hpp
// Limits      a handle costs an indirection: the array holds places in a list, the list the
//             elements, so a comparison reads two of them. STOP first takes the element all the way
//             up to the root, then removes the root.
// Of Boost's heaps with handles, the d-ary ones have the cheapest RESTART and expiry, and
// boost_pairing_heap the cheapest STOP while the heap is small. Arity 2 and 8 lead arity 4 in some
// places and are behind it where STOPs dominate a large heap. The Fibonacci, binomial and skew
// heaps were behind one of these two on every workload and size tried.
#pragma once

#include <boost/heap/d_ary_heap.hpp>

#include "variants/timer/boost_heap_core.hpp"

namespace cyclone::timer {

struct boost_dary_kind {
    static constexpr std::size_t k_element_bytes = 48 + sizeof(void*);  // list node, array slot
    template <class Item, class Later>
    using heap = boost::heap::d_ary_heap<Item, boost::heap::arity<4>, boost::heap::mutable_<true>,
                                         boost::heap::compare<Later>>;
};

template <class Work = no_work, int Mutant = 0>
class boost_dary_heap : public boost_heap_core<boost_dary_kind, Work, Mutant> {
    using boost_heap_core<boost_dary_kind, Work, Mutant>::boost_heap_core;
};

}  // namespace cyclone::timer
