// Text of faults, and who this test program is.
#include "support.hpp"

namespace cyclone::wake::test {

std::string text(const std::optional<violation>& found) {
    return found ? found->property + ": " + found->detail : std::string{};
}

effort usual_effort() {
    effort how;
    how.rounds = cyclone::test::effort(20000, 400000);
    how.items = how.rounds;
    how.patience_ms = 10000;  // a machine may be busy; what is lost is lost for ever
    how.seed = cyclone::test::seed();
    return how;
}

}  // namespace cyclone::wake::test

namespace cyclone::test {

suite_identity identity() {
    suite_identity mine{"wake", {}};
    for (const wake::registration& row : wake::registry()) mine.variants.emplace_back(row.name);
    return mine;
}

}  // namespace cyclone::test
