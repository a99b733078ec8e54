// The memory model by its definitions: from a whole graph, every relation as a bit matrix, every
// axiom as it is printed. Slow on purpose, and it shares nothing with the incremental check of the
// explorer, whose oracle it is.
//
// Source   Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing sequential consistency in C/C++11,
//          PLDI 2017, section 3 (RC11). Release sequences of C++20: Boehm, Giroux, Vafeiadis,
//          P0982R1 (the later writes of the same thread no longer belong to them).
//
//   sb    program order
//   rs    [W]; (rf; rmw)*                                  C++11: [W]; sb|loc?; [W]; (rf; rmw)*
//   sw    [release]; ([F]; sb)?; rs; rf; [R]; (sb; [F])?; [acquire], and spawn -> begin,
//         end -> join
//   hb    (sb | sw)+
//   fr    rf^-1; mo
//   eco   (rf | mo | fr)+
//   scb   sb | sb|#loc; hb; sb|#loc | hb|loc | mo | fr      (#loc: of different locations)
//
//   coherence   hb; eco? is irreflexive
//   atomicity   rmw and fr; mo have nothing in common
//   psc         ([sc] | [F sc]; hb?); scb; ([sc] | hb?; [F sc]) together with
//               [F sc]; (hb | hb; eco; hb); [F sc] is acyclic
//   porf        sb | rf | sw is acyclic: no value out of thin air, and no load buffering either
//
// A graph may be unfinished: a read-modify-write whose write is still to come has no rmw edge yet.
// The initialisation of an atomic is a write of it. Plain data has neither rf nor mo.
//
// Cost     n events: O(n^3 / 64) time, some n^2-bit matrices
// Errors   a graph that is none (a read from nowhere, a write without a place in mo) breaks
//          "well-formed"
// Thread-safety  none needed: functions of their arguments
#pragma once

#include <string>
#include <vector>

#include "model/graph.hpp"
#include "model/relation.hpp"

namespace cyclone::model {

/// Events of a graph as 0 .. n-1: thread by thread, in program order.
class event_numbers {
 public:
    explicit event_numbers(const graph& g);

    [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }
    [[nodiscard]] std::size_t of(event_id id) const noexcept {
        return first_[id.thread] + id.index;
    }
    [[nodiscard]] event_id at(std::size_t number) const noexcept { return ids_[number]; }

 private:
    std::vector<std::size_t> first_;  ///< number of each thread's first event
    std::vector<event_id> ids_;
};

/// The first axiom that the graph breaks, as the head of this file names it, or nothing.
[[nodiscard]] std::string inconsistency(const graph& g, release_sequences sequences);

/// hb over event_numbers(g). The graph is well-formed.
[[nodiscard]] relation happens_before(const graph& g, release_sequences sequences);

/// The first pair of accesses that is wrong although the graph is consistent, in words, or nothing:
/// two of the same location, at least one a write and at least one plain, neither before the
/// other; or an access that the location's making is not before, or its end is.
[[nodiscard]] std::string races(const graph& g, release_sequences sequences);

/// A text that is the same for two events if nothing but stamps, sites and sources differ.
[[nodiscard]] std::string words_of(const event& e, event_id id);

}  // namespace cyclone::model
