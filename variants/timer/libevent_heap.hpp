// Peer: libevent's timers, a binary heap of pointers to events, driven through event_base_loop().
//
// Source      libevent 2.1.12, event.c and minheap-internal.h
// Cost        START, STOP O(log n); RESTART is one event_add(), which moves a pending event in the
//             heap; the loop offers no next deadline; grows its array at times
// Accuracy    exact; equal deadlines fire in any order
// Limits      a node carries a whole struct event, 128 bytes. A tick pays for one turn of
//             event_base_loop(), since libevent offers no smaller step.
// Not equivalent to a variant in one respect: due timers are first all moved to a queue and then
// called, so each one that fires passes through two structures.
#pragma once

#include "variants/timer/libevent_core.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class libevent_heap : public libevent_core<false, Work, Mutant> {
    using libevent_core<false, Work, Mutant>::libevent_core;
};

}  // namespace cyclone::timer
