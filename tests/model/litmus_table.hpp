// The litmus tests as data: a name, the program, how many executions it has, what must be seen at
// the end of one of them and what never may.
//
// Counts are by hand where that is easy (a read has so many writes to read from, less what
// coherence or an axiom forbids), and every one is also what the brute-force enumerator counts.
#pragma once

#include <cstdint>
#include <span>

#include "model/graph.hpp"

namespace cyclone::model::test {

inline constexpr std::uint64_t k_race = ~std::uint64_t{0};  ///< a race, and nothing else is asked

struct litmus_test {
    const char* name;
    const char* text;
    std::uint64_t executions;
    const char* allowed = "";  ///< terms of litmus::holds, sets of them separated by "|"
    const char* forbidden = "";
    release_sequences sequences = release_sequences::cxx20;
};

[[nodiscard]] std::span<const litmus_test> litmus_tests();

}  // namespace cyclone::model::test
