// Scenarios for the explorer: a few threads, a few calls each, on any queue under sync::explored;
// and what must be true of every execution: one order of all operations, not against
// happens-before, in which the queue of the contract gives every answer that was given.
//
// That one demand holds S1 to S4: a lost item makes the last "empty" impossible, a doubled or
// invented one its pop, a wrong "full" the push. Of a queue that promises less than one order
// (promise.hpp) it is the order of each producer, and flushes are operations too. S7, S9 and memory
// are the explorer's own findings (race, leak, use after free), a lost wake-up its deadlock.
//
// The body has an access of its own and each thread has one; all are made before the threads begin.
// Thread-safety: none; one scenario at a time.
#pragma once

#include "end.hpp"
#include "knowledge.hpp"

namespace cyclone::queue::test {

/// One run of a plan, on a queue made anew; called in a body.
void act(maker make, const plan& how);

}  // namespace cyclone::queue::test
