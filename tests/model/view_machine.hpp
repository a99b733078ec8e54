// The weak fragment once more, without axioms: a machine of timestamps and views. Memory is, for
// each location, a row of messages; a thread's view says how far it has come in each row; a message
// carries the view that who acquires from it gets. A write may take any free place behind the
// thread's own view, so that threads need not agree in which order they go.
//
// Source   Kang, Hur, Lahav, Vafeiadis, Dreyer: A promising semantics for relaxed-memory
//          concurrency, POPL 2017, sections 2 and 4, without promises (RC11 has no load buffering):
//          views cur, acq and rel of a thread, message views, acquire and release fences, and the
//          global view of seq_cst fences. Promises apart, what differs: a row is a list and not a
//          set of rational intervals; a release store hands its view to later stores of its
//          thread only with C++11's release sequences.
// For      programs whose accesses are relaxed, acquire, release or acq_rel; fences of every order.
//          With two or more seq_cst fences it gives a part of what RC11 allows and not all: here
//          their order is the one in which they are executed, so it follows po | rf, while RC11
//          asks only that the order the axiom needs be acyclic. For instance, with fences F and G,
//            z = 3; F; x = 2 || r = x; y = r + 1 || r = y; G; z = 1      all relaxed
//          may end with r = 2, r = 3, z = 3: G before F for the axiom, F before G for the machine.
// Cost     exponential, bounded by `most` states: beyond it the answer is nothing
// Thread-safety  functions of their arguments
#pragma once

#include "enumerate.hpp"

namespace cyclone::model::test {

/// Whether by_views() speaks about this program: it has no seq_cst access and no plain data.
[[nodiscard]] bool is_weak_fragment(const litmus::program& p);

/// Whether all that RC11 allows is there: at most one seq_cst fence.
[[nodiscard]] bool is_exact_for_views(const litmus::program& p);

[[nodiscard]] std::optional<behaviours> by_views(const litmus::program& p,
                                                 release_sequences sequences, std::uint64_t most);

}  // namespace cyclone::model::test
