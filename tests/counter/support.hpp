// What the counter suites share: which rows of the registry to run, and evidence. As for the timers
// (tests/timer/support.hpp), a section named "<variant>: <scenario>" in a test case tagged with a
// suite counts for that variant and suite.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "counter/check.hpp"
#include "counter/registry.hpp"
#include "lab/evidence.hpp"

namespace cyclone::counter::test {

/// All rows, or those named by the environment variable CYCLONE_VARIANT (comma-separated).
[[nodiscard]] std::vector<const registration*> chosen_rows();

/// `small`, or `large` when long runs were asked for (CYCLONE_FULL=1).
[[nodiscard]] std::uint64_t amount(std::uint64_t small, std::uint64_t large);

/// Adds `cases` to the evidence of the section now running.
void count_cases(std::uint64_t cases);

/// Fills in component and seed and appends the line.
void record(lab::evidence line);

/// What was found broken, or nothing, as text for CHECK.
[[nodiscard]] std::string text(const std::optional<violation>& found);

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

}  // namespace cyclone::counter::test
