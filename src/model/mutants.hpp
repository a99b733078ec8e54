// Seeded bugs of the explorer itself, chosen by options::mutant. Each must be found by the litmus
// counts, by the brute-force enumerator or by the interleavings (tests/model).
#pragma once

#include <array>

namespace cyclone::model {

namespace bug {
inline constexpr int k_none = 0;
inline constexpr int k_read_coherence = 1;
inline constexpr int k_write_coherence = 2;
inline constexpr int k_psc_accesses = 3;
inline constexpr int k_psc_fences = 4;
inline constexpr int k_atomicity = 5;
inline constexpr int k_maximality = 6;
inline constexpr int k_revisits = 7;
inline constexpr int k_release_sequence = 8;
inline constexpr int k_old_sequence = 9;
inline constexpr int k_stale_compare = 10;
inline constexpr int k_init_race = 11;
inline constexpr int k_fence_sync = 12;
}  // namespace bug

struct explorer_mutant {
    int number;
    const char* breaks;
};

inline constexpr std::array<explorer_mutant, 12> k_explorer_mutants = {{
    {bug::k_read_coherence, "reads may read any write of their location"},
    {bug::k_write_coherence, "writes may be placed anywhere in modification order"},
    {bug::k_psc_accesses, "seq_cst accesses are left out of psc"},
    {bug::k_psc_fences, "seq_cst fences are left out of psc"},
    {bug::k_atomicity, "two read-modify-writes may read the same write"},
    {bug::k_maximality, "revisits take place from every graph, not only from the maximal one"},
    {bug::k_revisits, "a write is never seen by a read that was there before it"},
    {bug::k_release_sequence, "a read-modify-write ends the release sequence"},
    {bug::k_old_sequence, "C++11's release sequences in C++20"},
    {bug::k_stale_compare, "a compare-exchange fails on the newest value only"},
    {bug::k_init_race, "plain data may be used without regard to its making"},
    {bug::k_fence_sync, "fences synchronise nothing"},
}};

}  // namespace cyclone::model
