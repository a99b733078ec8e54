// What the timer suites share: which rows of the registry to run, random programs, and evidence.
//
// Evidence is written by a Catch listener, not by the tests: a section named "<variant>:
// <scenario>" inside a test case tagged with a suite counts for that variant and suite, and one
// failed assertion in any of them makes the line say so.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "lab/evidence.hpp"
#include "timer/lockstep.hpp"
#include "timer/registry.hpp"

namespace cyclone::timer::test {

/// All rows, or those named by the environment variable CYCLONE_VARIANT (comma-separated).
[[nodiscard]] std::vector<const registration*> chosen_rows();

/// `small`, or `large` when long runs were asked for (CYCLONE_FULL=1).
[[nodiscard]] std::size_t effort(std::size_t small, std::size_t large);

/// A random program of up to `ops_max` operations, as bytes.
[[nodiscard]] std::vector<std::uint8_t> random_bytes(rng& random, std::size_t ops_max);

/// What broke, the program that shows it, and how to repeat it.
[[nodiscard]] std::string describe(std::string_view name, const violation& found,
                                   const program& operations);

/// Adds `cases` to the evidence of the section now running.
void count_cases(std::uint64_t cases);

/// Fills in component and seed and appends the line; a failure to write fails the test.
void record(lab::evidence line);

/// Runs one scenario on every chosen row, each in a section of its own.
template <class Scenario>
void on_each(const char* name, Scenario scenario) {
    for (const registration* row : chosen_rows()) {
        DYNAMIC_SECTION(row->name << ": " << name) {
            count_cases(1);
            scenario(*row);
        }
    }
}

}  // namespace cyclone::timer::test
