// A list sorted by deadline, searched from the head: what early Unix kernels did.
//
// Source      Varghese and Lauck 1987, section 3.2 (scheme 2)
// Cost        START O(n) nodes passed; STOP O(1); PER_TICK O(1); next O(1)
// Accuracy    exact; equal deadlines fire in the order of their starts
// Invariants  those of sorted_list_core.hpp
// Limits      an equal or later deadline costs a walk over everything before it
#pragma once

#include "variants/timer/sorted_list_core.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class sorted_list : public sorted_list_core<search_from::head, Work, Mutant> {
    using sorted_list_core<search_from::head, Work, Mutant>::sorted_list_core;
};

}  // namespace cyclone::timer
