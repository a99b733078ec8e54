// The concurrent pieces of the tree that are no component with a suite of its own, as scenarios for
// the explorer: what each is, and how many executions it has.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace cyclone::model::test {

struct scenario {
    std::string name;
    std::function<void()> body;
    std::uint64_t complete;  ///< executions in which every thread ended; 0: not held to a number
};

/// Everything that every build goes through.
[[nodiscard]] std::span<const scenario> scenarios();

/// What takes longer.
[[nodiscard]] std::span<const scenario> large_scenarios();

/// Of the deque, with one of its seeded bugs: the programs that find them.
inline constexpr int k_deque_mutants = 14;
[[nodiscard]] std::span<const scenario> deque_scenarios(int mutant);

}  // namespace cyclone::model::test
