// Every execution of small programs around each waker that ships, by the explorer.
#include "support/explored.hpp"

#include <algorithm>

#include "subjects.hpp"
#include "support.hpp"

namespace cyclone::wake::test {

TEST_CASE("no execution of a small program loses a wake-up", "[explored]") {
    on_each("every execution", [](const registration& row) {
        const subject* const ships = subject_of(row.name, 0);
        REQUIRE(ships != nullptr);
        for (const scenario& one : ships->scenarios()) {
            cyclone::test::explore_all(one.name, one.body);
        }
    });
}

TEST_CASE("larger programs, as far as the bounds go", "[explored]") {
    on_each("larger", [](const registration& row) {
        constexpr double k_seconds = 2;  // of a program, where long runs were not asked for
        const subject* const ships = subject_of(row.name, 0);
        REQUIRE(ships != nullptr);
        for (const scenario& one : ships->large()) {
            model::options how = cyclone::test::every_build();
            how.seconds_max = std::min(how.seconds_max, k_seconds);
            if (cyclone::test::environment("CYCLONE_FULL") == "1") how.seconds_max = 120;
            const model::result found = cyclone::test::explore(one.name, one.body, how);
            INFO(one.name << ": " << (found.found ? found.found->trace : found.bound));
            CHECK(found.said != model::verdict::failed);
        }
    });
}

}  // namespace cyclone::wake::test
