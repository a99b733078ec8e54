// What the tests of the explorer by small programs share: running one under it, and
// the judges that are also tried on the explorer's seeded bugs.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "draw.hpp"
#include "model/check.hpp"
#include "model/litmus.hpp"
#include "support/suite.hpp"

namespace cyclone::model::test {

/// What the explorer says about a program, counted here and not by it.
struct observed {
    result said;
    std::set<std::string> shapes;
    std::set<std::string> outcomes;
    std::uint64_t graphs = 0;
    std::string wrong;  ///< a graph that is no execution of the program, if there was one
};
[[nodiscard]] observed explore(const litmus::program& p, options how = {});

/// What the explorer is compared with.
enum class oracle : std::uint8_t {
    axioms,         ///< all rf and mo, judged by the definitions
    interleavings,  ///< a sequentially consistent machine: seq_cst programs
    views,          ///< a machine of views: programs without seq_cst accesses
    naive,          ///< its own graphs while it makes them, by the cubic check (options::both)
};
[[nodiscard]] const char* name_of(oracle by) noexcept;

struct comparison {
    std::uint64_t programs = 0;
    std::uint64_t too_large = 0;  ///< drawn, but beyond the oracle's bound, so not compared
    std::uint64_t racy = 0;
    std::uint64_t graphs = 0;
    std::uint64_t graphs_most = 0;
    std::string failed;  ///< the first difference, with the program cut down; or nothing
};

/// In what one program differs from the oracle; nothing if it does not.
[[nodiscard]] std::string difference(const litmus::program& p, oracle by, int mutant,
                                     comparison& tally);

/// Compares random programs until one differs.
[[nodiscard]] comparison compare_random(oracle by, std::uint64_t programs, std::uint64_t seed,
                                        int mutant = 0);

/// The first litmus test whose count or outcomes are not as written; nothing if all are.
[[nodiscard]] std::string first_wrong_litmus(int mutant);

/// Whether data handed over by a pointer is judged as it should be; nothing if it is.
[[nodiscard]] std::string wrong_publication(int mutant);

}  // namespace cyclone::model::test
