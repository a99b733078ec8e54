// Peer: libevent's common timeouts, a queue in order of start for each duration and a heap of their
// heads, driven through event_base_loop().
//
// Source      libevent 2.1.12, event.c (event_base_init_common_timeout)
// Cost        START O(1) where the duration has a queue that is not empty, O(log n) else; STOP the
//             same; the loop offers no next deadline; a queue, once made, stays
// Accuracy    exact; one queue fires in the order of its starts, several in any order
// Limits      256 durations have a queue, the first that were used; a timer started `d` ticks ahead
//             is in a queue exactly if `d` is among them, and in the heap otherwise. A deadline
//             that has passed counts as one tick ahead.
// Not equivalent to a server that names its durations beforehand: here a start first looks its
// duration up in a table, a multiplication and a probe or two.
#pragma once

#include "variants/timer/libevent_core.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class libevent_common : public libevent_core<true, Work, Mutant> {
    using libevent_core<true, Work, Mutant>::libevent_core;
};

}  // namespace cyclone::timer
