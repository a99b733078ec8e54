// Mutants: every seeded bug of the registry must be found; a broken lock may never let anybody in
// again, and that too is being found.
#include "support/mutants.hpp"

#include "support.hpp"

namespace cyclone::counter::test {
namespace {

constexpr cyclone::test::child_limits k_limits{.cpu_seconds = 10, .wall_seconds = 60};

std::string judged(factory make) {
    const auto found = find_violation(make, {.threads = 4, .calls = effort(5000, 50000)});
    return found ? std::string(found->property) : std::string();
}

}  // namespace

TEST_CASE("every seeded bug is found", "[mutants]") {
    cyclone::test::find_every_mutant(chosen_rows(), k_limits, judged);
}

TEST_CASE("the checks find nothing in what ships, and every variant has a bug", "[mutants]") {
    cyclone::test::find_nothing_in_what_ships(chosen_rows(), k_limits, judged);
}

}  // namespace cyclone::counter::test
