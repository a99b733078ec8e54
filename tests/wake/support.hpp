// What the wake suites share beside tests/support/suite.hpp: their rows, and how to show a fault.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/seed.hpp"
#include "support/suite.hpp"
#include "wake/check.hpp"
#include "wake/registry.hpp"

namespace cyclone::wake::test {

using cyclone::test::count_cases;
using cyclone::test::record;

[[nodiscard]] inline std::vector<const registration*> chosen_rows() {
    return cyclone::test::chosen_of(registry());
}

/// What was found broken, or nothing, as text for CHECK.
[[nodiscard]] std::string text(const std::optional<violation>& found);

/// How far the checks go, with this process's seed.
[[nodiscard]] effort usual_effort();

/// Runs one scenario on every chosen row, each in a section of its own.
template <class Scenario>
void on_each(const char* name, Scenario scenario) {
    cyclone::test::on_each_of(chosen_rows(), name, scenario);
}

}  // namespace cyclone::wake::test
