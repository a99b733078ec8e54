// Random litmus programs for the tests, and how to cut a failing one down.
#pragma once

#include <functional>
#include <string>

#include "base/rng.hpp"
#include "model/litmus.hpp"

namespace cyclone::model::test {

/// The program of a text; a text that is none ends the test.
[[nodiscard]] litmus::program program_of(const std::string& text);

enum class flavour : std::uint8_t {
    any,   ///< every order, plain data now and then
    sc,    ///< seq_cst only
    weak,  ///< no seq_cst access, no plain data
};

/// A program of 2 or 3 threads with 2 to 4 instructions each, on 1 to 3 locations.
[[nodiscard]] litmus::program draw(rng& random, flavour how);

/// Takes instructions and threads out of a program as long as it still fails.
[[nodiscard]] litmus::program cut_down(litmus::program p,
                                       const std::function<bool(const litmus::program&)>& fails);

}  // namespace cyclone::model::test
