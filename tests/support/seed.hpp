#pragma once
// The seed of this test process, for tests that draw at random. RapidCheck gets the same one.

#include <cstdint>

namespace cyclone::test {

// In this order: the environment variable CYCLONE_SEED, the option --rng-seed, the clock.
// Printed at start; the same all through the process.
std::uint64_t seed() noexcept;

}  // namespace cyclone::test
