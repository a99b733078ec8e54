// What the timer suites share beside tests/support/suite.hpp: their rows, and random programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/suite.hpp"
#include "timer/lockstep.hpp"
#include "timer/registry.hpp"

namespace cyclone::timer::test {

using cyclone::test::count_cases;
using cyclone::test::effort;
using cyclone::test::record;

/// The rows to test: all, those of CYCLONE_VARIANT, or, with CYCLONE_MUTANT=number, that seeded bug
/// of the one row named, in the place of what ships.
[[nodiscard]] std::vector<const registration*> chosen_rows();

/// Where random programs start when a seeded bug is looked for: whether it is found must not be
/// luck.
inline constexpr std::uint64_t k_mutant_seed = 0x5eed'0000'0000'0001;

/// A random program of up to `ops_max` operations, as bytes.
[[nodiscard]] std::vector<std::uint8_t> random_bytes(rng& random, std::size_t ops_max);

/// What broke, the program that shows it, and how to repeat it.
[[nodiscard]] std::string describe(std::string_view name, const violation& found,
                                   const program& operations);

/// Runs one scenario on every chosen row, each in a section of its own.
template <class Scenario>
void on_each(const char* name, Scenario scenario) {
    cyclone::test::on_each_of(chosen_rows(), name, scenario);
}

}  // namespace cyclone::timer::test
