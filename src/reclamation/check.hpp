// Checking a domain: what is true of it whoever wrote it. Three checks, each against the erased
// domain, so that the tests, the gate before a measurement and the hunt for seeded bugs share them:
//
//   scenarios   one a semantic, with the outcome written by hand; one thread
//   programs    any sequence of operations of several handles, against a model; one thread
//   crowds      real threads on shared structures, on nodes that tell when they are gone
//
// Errors: what does not hold comes back as text. Where threads cannot be had, record_crowd throws
// std::runtime_error.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reclamation/registry.hpp"

namespace cyclone::reclamation {

/// What does not hold, by the number of its semantic; empty if all is well.
using finding = std::string;

struct scenario {
    const char* name;  ///< begins with the semantic
    finding (*run)(factory make);
};

[[nodiscard]] std::span<const scenario> scenarios();

/// Three bytes an operation: what, who, where. Any bytes are a program: what is not possible where
/// it stands is left out. Three handles of two guards, three sources.
[[nodiscard]] finding run_program(factory make, std::span<const std::uint8_t> program);

/// `count` programs of up to `longest` operations, drawn from the seed.
[[nodiscard]] finding run_programs(factory make, std::uint64_t seed, std::uint64_t count,
                                   std::size_t longest = 120);

/// What a crowd did. A node is alive until it is disposed of; who meets one that is not, or meets
/// another node's content in it, has seen a fault.
struct crowd_report {
    std::uint64_t made = 0;
    std::uint64_t disposed = 0;
    std::uint64_t linked = 0;        ///< at the end, still in the structure
    std::uint64_t faults = 0;        ///< reads of a node that was gone
    std::uint64_t twice = 0;         ///< nodes disposed of again, or popped again
    std::uint64_t backlog_most = 0;  ///< retired and not disposed of, as seen now and then
    std::uint64_t reads = 0;
};

enum class structure : std::uint8_t {
    cells,  ///< words that are replaced as a whole: readers read what others swap out
    stack,  ///< Treiber's stack: pop reads the next pointer of a node that others pop
};

struct effort {
    unsigned threads = 4;
    std::uint64_t steps = 20000;  ///< a thread
    bool give_back = false;  ///< memory is really freed, so that a sanitizer sees what is touched
                             ///< late; without, what is gone is marked and kept to the end
    std::uint64_t seed = 1;
};

[[nodiscard]] crowd_report record_crowd(factory make, structure what, const effort& how);

/// Holds a crowd to S1, S3, S4 and, as far as was seen, S6.
[[nodiscard]] finding judge(const crowd_report& got, std::uint64_t backlog_max);

/// Crowds on both structures.
[[nodiscard]] finding run_crowds(factory make, const effort& how);

}  // namespace cyclone::reclamation
