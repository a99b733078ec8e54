// A list sorted by deadline, searched from the rear: O(1) when all timers run equally long.
//
// Source      Varghese and Lauck 1987, section 3.2 (scheme 2, search from the rear)
// Cost        START O(n) nodes passed, O(1) for equal intervals; STOP O(1); PER_TICK O(1); next
// O(1) Accuracy    exact; equal deadlines fire in the order of their starts Invariants  those of
// sorted_list_core.hpp
#pragma once

#include "variants/timer/sorted_list_core.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class sorted_list_rear : public sorted_list_core<search_from::rear, Work, Mutant> {
    using sorted_list_core<search_from::rear, Work, Mutant>::sorted_list_core;
};

}  // namespace cyclone::timer
