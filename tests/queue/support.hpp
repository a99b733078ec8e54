// What the queue suites share beside tests/support/suite.hpp: their rows, what is known of them,
// and how to show a fault.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge.hpp"
#include "queue/check.hpp"
#include "queue/registry.hpp"
#include "support/suite.hpp"

namespace cyclone::queue::test {

using cyclone::test::count_cases;
using cyclone::test::record;

/// The rows to test: all, those of CYCLONE_VARIANT, or, with CYCLONE_MUTANT=number, that seeded bug
/// of the one row named, in the place of what ships.
[[nodiscard]] std::vector<const registration*> chosen_rows();

/// The number in CYCLONE_MUTANT; 0 for what ships.
[[nodiscard]] int chosen_mutant();

/// Whether this is a checker on the hunt for seeded bugs (mutants.cpp): short of time, and its
/// control, on what ships, as short.
[[nodiscard]] bool is_hunting();

/// `small`, or `large` where long runs were asked for, or `hunting` on the hunt.
[[nodiscard]] std::size_t effort(std::size_t hunting, std::size_t small, std::size_t large);

/// Where random programs start when a seeded bug is looked for: whether it is found must not be
/// luck.
inline constexpr std::uint64_t k_mutant_seed = 0x5eed'0000'0000'0005;

/// What was found broken, or nothing, as text for CHECK.
[[nodiscard]] std::string text(const std::optional<violation>& found);

/// Runs one scenario on every chosen row, each in a section of its own.
template <class Scenario>
void on_each(const char* name, Scenario scenario) {
    cyclone::test::on_each_of(chosen_rows(), name, scenario);
}

}  // namespace cyclone::queue::test
