// RC11 checked as a graph grows. Events are only ever added last in happens-before, so what happens
// before an event is known when it is added and never changes: it is kept as a vector clock. What
// is left to check is then a question of a few comparisons.
//
//   coherence   a read may not read, and a write may not be placed, before the newest write of its
//               location that happens before it or was read by what happens before it
//   atomicity   nothing stands between a read-modify-write's write and what it read
//   psc         acyclic over the SC events alone (psc.cpp), and only where the choice was not the
//               newest write: adding what is last everywhere closes no cycle
//   races       a new access against the latest conflicting one of each thread
//
// Source  Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing sequential consistency in C/C++11, PLDI
//         2017; release sequences of C++20: P0982R1. Clocks: Fidge, Mattern
// Cost    an event O(threads); a bound for reads O(threads + accesses skipped); psc O(k^2 + k a)
//         for k SC events and a accesses. Buffers are kept from graph to graph
// Invariants  I1 facts of an event: hb and porf count it and, in each thread, what is before it
//             I2 position of a write is its place in mo; -1 until it has one
//             I3 along a thread, accesses of a location have positions that do not fall
//             (coherence),
//                so the latest of a thread speaks for all before it
// Errors  none of its own; what is wrong with plain accesses comes back as a `conflict`
// Thread-safety: none
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/arena.hpp"
#include "model/check.hpp"
#include "model/graph.hpp"

namespace cyclone::model {

/// For each thread, how many of its events come before.
struct vector_clock {
    std::array<std::int16_t, k_threads_max> at{};

    void join(const vector_clock& other) noexcept {
        for (std::size_t t = 0; t < k_threads_max; ++t) {
            at[t] = at[t] > other.at[t] ? at[t] : other.at[t];
        }
    }
    [[nodiscard]] bool covers(event_id id) const noexcept {
        return static_cast<std::int32_t>(id.index) < at[id.thread];
    }
};

/// Which pair is wrong although the graph is consistent.
struct conflict {
    fault what = fault::none;
    event_id with;
};

class consistency {
 public:
    struct facts {
        vector_clock hb;
        vector_clock porf;
        vector_clock release;    ///< what an acquiring reader of this write learns
        bool releases = false;   ///< whether it learns anything
        std::int16_t slot = -1;  ///< of the location
        std::int16_t position = -1;
        std::int16_t earlier = -1;  ///< index of the thread's access to the slot before this one
    };
    /// What a thread knows at its end; kept to take its last events back.
    struct knowledge {
        vector_clock hb;
        vector_clock porf;
        vector_clock pending;  ///< what an acquire fence would learn
        vector_clock fenced;   ///< as of the latest release fence
        bool has_fence = false;
    };
    struct slot {
        location where;
        std::int32_t order = -1;  ///< index in graph::orders; -1 for plain data and blocks
        event_id made;
        event_id dropped;
        std::vector<event_id> accesses;
    };

    /// Forgets everything; `g` is the graph to be added, with its mo complete.
    void reset(const graph& g, release_sequences sequences, int mutant);

    /// The next event of its thread. Its source, if any, and its spawn or end have been added.
    void add(const graph& g, event_id id);
    /// Takes the last event of a thread back; `before` is what knows() gave before it was added.
    void remove(const graph& g, event_id id, const knowledge& before);

    [[nodiscard]] const knowledge& knows(std::uint32_t thread) const { return lanes_[thread].now; }
    [[nodiscard]] std::uint32_t added(std::uint32_t thread) const {
        return thread < lanes_.size() ? lanes_[thread].count : 0;
    }
    [[nodiscard]] const facts& of(event_id id) const { return lanes_[id.thread].all[id.index]; }
    /// -1 if no such location was made.
    [[nodiscard]] std::int32_t slot_of(location where) const noexcept;
    [[nodiscard]] const slot& at(std::int32_t s) const {
        return slots_[static_cast<std::size_t>(s)];
    }
    /// Place in mo of a write, or of what a read reads from.
    [[nodiscard]] std::int32_t position(const graph& g, event_id access) const;

    /// The newest access of a slot that `c` covers, or k_no_event.
    [[nodiscard]] event_id newest(const graph& g, const vector_clock& c, std::int32_t s) const;

    /// Gives `w` its place; writes from there on move up. And back again.
    void place(graph& g, event_id w, std::int32_t s, std::size_t position);
    void displace(graph& g, event_id w, std::int32_t s);

    /// Whether psc could have a cycle at all.
    [[nodiscard]] bool has_sc() const noexcept;
    [[nodiscard]] bool psc_acyclic(const graph& g) const;

    /// What the event, added last, is in conflict with.
    [[nodiscard]] conflict conflicts(const graph& g, event_id id) const;

 private:
    struct lane {
        std::vector<facts> all;
        std::vector<std::int16_t> latest;  ///< by slot
        std::uint32_t count = 0;
        knowledge now;
        event_id parent;  ///< the spawn
    };
    struct psc_graph;

    void learn_read(const event& e, knowledge& k) const;
    void learn_fence(const event& e, knowledge& k) const;
    void set_release(const graph& g, event_id id, facts& f) const;
    void note_access(const graph& g, event_id id, facts& f);
    [[nodiscard]] conflict plain_conflict(const graph& g, event_id id, const slot& s) const;

    release_sequences sequences_ = release_sequences::cxx20;
    int mutant_ = 0;
    std::vector<lane> lanes_;
    std::vector<slot> slots_;
    std::size_t slots_used_ = 0;
    std::vector<std::vector<std::int16_t>> numbers_;  ///< slot, by thread and number of a location
    std::vector<event_id> sc_;
};

/// happens-before of a finished graph, for those who order operations by it. O(1) a question.
class order_of_events {
 public:
    order_of_events(const graph& g, release_sequences sequences);
    [[nodiscard]] bool before(event_id a, event_id b) const {
        return a != b && known_.of(b).hb.covers(a);
    }

 private:
    consistency known_;
};

}  // namespace cyclone::model
