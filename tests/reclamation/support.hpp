// What the reclamation suites share beside tests/support/suite.hpp: their rows.
#pragma once

#include <string>
#include <vector>

#include "reclamation/check.hpp"
#include "support/suite.hpp"

namespace cyclone::reclamation::test {

using cyclone::test::count_cases;
using cyclone::test::effort;
using cyclone::test::record;

[[nodiscard]] inline std::vector<const registration*> chosen_rows() {
    return cyclone::test::chosen_of(registry());
}

/// Runs one check on every chosen row, each in a section of its own.
template <class Check>
void on_each(const char* name, Check check) {
    cyclone::test::on_each_of(chosen_rows(), name, check);
}

}  // namespace cyclone::reclamation::test
