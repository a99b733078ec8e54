// Properties: on one thread an interleaving is a list of operations of several handles, so
// RapidCheck can draw and shrink it.
#include <rapidcheck.h>

#include "support.hpp"
#include "support/seed.hpp"

namespace cyclone::reclamation::test {

TEST_CASE("any program of handles, guards and nodes", "[property]") {
    on_each("programs", [](const registration& row) {
        const std::string name = std::string(row.name) + " programs";
        const bool held = rc::check(name, [&](const std::vector<std::uint8_t>& program) {
            count_cases(1);
            const finding found = run_program(row.make, program);
            if (!found.empty()) RC_FAIL(found);
        });
        CHECK(held);
    });
}

TEST_CASE("many programs, drawn at once", "[property]") {
    on_each("drawn programs", [](const registration& row) {
        const std::uint64_t count = effort(1000, 30000);
        count_cases(count);
        CHECK(run_programs(row.make, cyclone::test::seed(), count) == "");
    });
}

}  // namespace cyclone::reclamation::test
