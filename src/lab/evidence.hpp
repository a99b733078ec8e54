#pragma once
// Evidence: what a test run showed about a variant, one line of JSON each. A test program appends
// its lines to the file named by CYCLONE_EVIDENCE; the front command collects them for the report.
// Without the variable nothing is written: running a test by hand leaves no trace.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

#ifndef CYCLONE_PRESET
#define CYCLONE_PRESET "none"  // the build gives the name of its preset
#endif

namespace cyclone::lab {

// The compiler of the including file, for instance "g++ 12.2.0".
inline std::string compiler_text() {
#if defined(__clang__)
    return "clang++ " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__) +
           "." + std::to_string(__clang_patchlevel__);
#else
    return "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
           std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

// How many seeded bugs the suite caught, and which check caught which.
struct mutation_score {
    std::uint64_t killed = 0;
    std::uint64_t total = 0;
    std::map<std::string, std::string> by;  // number of the mutant -> check that failed
    // Where every check is tried on every mutant; all empty in a suite that stops at the first.
    std::vector<std::string> checkers;  // in the order in which they are tried
    std::map<std::string, std::map<std::string, std::string>> killers;  // number -> checker -> sign
    std::map<std::string, std::string> breaks;                          // number -> what it breaks
};

// One scenario of a concurrent variant that the explorer went through.
struct explored_scenario {
    std::string name;
    std::string said;   // "passed", "partial" or "failed"
    std::string bound;  // partial: which bound was hit
    std::uint64_t complete = 0;
    std::uint64_t blocked = 0;
    std::uint64_t events_most = 0;
    double interleavings = 0;  // of the largest graph: what an enumeration of schedules would visit
    double seconds = 0;
};

struct evidence {
    std::string component;
    std::string variant;
    std::string suite;  // one of SUITES in scripts/lab/evidence.py
    std::string tool;
    std::string preset = CYCLONE_PRESET;
    std::string compiler = compiler_text();
    bool passed = false;
    std::uint64_t cases = 0;
    std::uint64_t seed = 0;
    std::string detail;
    std::optional<mutation_score> mutants;
    std::vector<explored_scenario> scenarios;
    std::map<std::string, std::string> facts;  // what was found, by what it is of: "push" -> "..."
};

// One JSON object, no newline; "mutants" only when there is a score.
std::string to_json(const evidence& e);

// Appends the line to the file named by CYCLONE_EVIDENCE with a single write, so that test
// processes running in parallel do not mix lines. Nothing when the variable is unset or empty.
// Fails when the file cannot be written. Thread safety: any thread, while none changes the
// environment.
result<void> append_evidence(const evidence& e);

}  // namespace cyclone::lab
