// Conformance: every scenario of the contract on every row of the registry.
#include "support.hpp"

namespace cyclone::reclamation::test {

TEST_CASE("the contract, scenario by scenario", "[conformance]") {
    for (const scenario& one : scenarios()) {
        on_each(one.name, [&](const registration& row) { CHECK(one.run(row.make) == ""); });
    }
}

TEST_CASE("what is declared fits together", "[conformance]") {
    on_each("declared", [](const registration& row) {
        const auto domain = row.make({.participants = 5, .guards = 3});
        const traits& declared = domain->declared();
        CHECK((declared.bounded == (domain->backlog_max() != k_unbounded)));
        CHECK((declared.holds == (declared.reach == protects::region ? k_unbounded : 1)));
        CHECK((declared.frees || !declared.bounded));
        CHECK(declared.rounds >= 1);
    });
}

}  // namespace cyclone::reclamation::test
