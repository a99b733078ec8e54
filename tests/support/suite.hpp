#pragma once
// What the suites of every component share: which rows of its registry to run, how much, evidence.
//
// Evidence is written by a Catch listener, not by the tests: a section named "<variant>:
// <scenario>" inside a test case tagged with a suite counts for that variant and suite, and one
// failed assertion in any of them makes the line say so.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lab/evidence.hpp"

namespace cyclone::test {

/// What a test program is of. Each program defines identity() once.
struct suite_identity {
    std::string component;
    std::vector<std::string> variants;  // in the order of the registry
};
[[nodiscard]] suite_identity identity();

/// The value of an environment variable; empty when it is not set.
[[nodiscard]] std::string environment(const char* name);

/// `small`, or `large` when long runs were asked for (CYCLONE_FULL=1).
[[nodiscard]] std::size_t effort(std::size_t small, std::size_t large);

/// Adds `cases` to the evidence of the section now running.
void count_cases(std::uint64_t cases);

/// Adds what the explorer found to the evidence of the section now running.
void note_scenario(lab::explored_scenario found);

/// Adds a fact to the evidence of the section now running, such as what progress a push makes.
void note_fact(const std::string& of, const std::string& what);

/// Fills in component and seed and appends the line; what cannot be written is said on stderr.
void record(lab::evidence line);

/// All rows, or those named by the environment variable CYCLONE_VARIANT (comma-separated).
template <class Row>
[[nodiscard]] std::vector<const Row*> chosen_of(std::span<const Row> all) {
    const std::string wanted = environment("CYCLONE_VARIANT");
    std::vector<const Row*> rows;
    std::ptrdiff_t known = 0;
    for (const Row& row : all) {
        const std::string name{row.name};
        const bool named = ("," + wanted + ",").find("," + name + ",") != std::string::npos;
        known += named ? 1 : 0;
        if (wanted.empty() || named) rows.push_back(&row);
    }
    const auto asked = wanted.empty() ? 0 : 1 + std::count(wanted.begin(), wanted.end(), ',');
    if (known != asked) FAIL("CYCLONE_VARIANT=" << wanted << " names an unknown variant");
    return rows;
}

/// Runs one scenario on every row, each in a section of its own.
template <class Row, class Scenario>
void on_each_of(const std::vector<const Row*>& rows, const char* name, Scenario scenario) {
    for (const Row* row : rows) {
        DYNAMIC_SECTION(row->name << ": " << name) {
            count_cases(1);
            scenario(*row);
        }
    }
}

}  // namespace cyclone::test
