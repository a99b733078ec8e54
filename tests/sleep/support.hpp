// What the sleep suites share beside tests/support/suite.hpp: their rows, and how to show a fault.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sleep/check.hpp"
#include "sleep/registry.hpp"
#include "support/suite.hpp"

namespace cyclone::sleep::test {

using cyclone::test::count_cases;
using cyclone::test::record;

[[nodiscard]] inline std::vector<const registration*> chosen_rows() {
    return cyclone::test::chosen_of(registry());
}

/// What was found broken, or nothing, as text for CHECK.
[[nodiscard]] std::string text(const std::optional<violation>& found);

/// Runs one scenario on every chosen row, each in a section of its own.
template <class Scenario>
void on_each(const char* name, Scenario scenario) {
    cyclone::test::on_each_of(chosen_rows(), name, scenario);
}

}  // namespace cyclone::sleep::test
