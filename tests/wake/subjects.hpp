// Every variant and seeded bug as the registry's factories do not make them: over the policies of
// the explorer and of the interleaving engine, and over a kernel that interrupts writes.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/subject.hpp"
#include "scenarios.hpp"
#include "wake/check.hpp"

namespace cyclone::wake::test {

struct subject {
    std::string_view name;
    int number;  ///< of the seeded bug; 0 for what ships
    std::vector<scenario> (*scenarios)();
    std::vector<scenario> (*large)();
    /// Two threads that notify, and one that prepares and cancels: operations that never wait.
    model::steps::subject (*stepped)();
    maker interrupted;  ///< on a kernel where every other write of an event fails with EINTR
};

/// The number of the thread of `stepped` that prepares, the last of three.
inline constexpr std::uint32_t k_passer = 2;

[[nodiscard]] std::span<const subject> subjects();

/// The subject of a row of the registry, or null: then subjects.cpp lacks a line.
[[nodiscard]] const subject* subject_of(std::string_view name, int number);

}  // namespace cyclone::wake::test
