// Mutants: every seeded bug of the registry must be found; a broken clock may trip an assertion,
// and that too is being found. Seeds are fixed: whether a bug is found must not be luck.
#include "support/mutants.hpp"

#include "support.hpp"

namespace cyclone::clock::test {
namespace {

constexpr cyclone::test::child_limits k_limits{.cpu_seconds = 20, .wall_seconds = 120};

std::string judged(factory make) {
    const auto found =
        find_violation(make, {.seeds = 1, .legs = cyclone::test::effort(4000, 40000)});
    return found ? std::string(found->property) : std::string();
}

}  // namespace

TEST_CASE("every seeded bug is found", "[mutants]") {
    cyclone::test::find_every_mutant(chosen_rows(), k_limits, judged);
}

TEST_CASE("the checks find nothing in what ships, and every variant has a bug", "[mutants]") {
    cyclone::test::find_nothing_in_what_ships(chosen_rows(), k_limits, judged);
}

}  // namespace cyclone::clock::test
