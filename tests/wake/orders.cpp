// The order-weakening matrix of each waker: every memory order written in it is made weaker, one at
// a time, and the programs of scenarios.hpp are explored again. Every one must be caught: none is
// stronger than it need be.
#include <algorithm>
#include <fmt/format.h>

#include "model/weaken.hpp"
#include "subjects.hpp"
#include "support.hpp"

namespace cyclone::wake::test {

TEST_CASE("no memory order can be weaker", "[explored]") {
    on_each("orders", [](const registration& row) {
        const subject* const ships = subject_of(row.name, 0);
        REQUIRE(ships != nullptr);
        std::vector<model::named_body> bodies;
        for (const scenario& one : ships->scenarios()) bodies.push_back({one.name, one.body});
        model::weaken_report report = model::weaken({}, bodies);
        // What the programs themselves say to each other is not the waker's.
        std::erase_if(report.rows, [](const model::weakening& one) {
            return one.site.where.starts_with("scenarios.hpp");
        });
        INFO(report.table());
        CHECK(report.unsound == "");
        CHECK(report.count(model::fate_of::caught) == report.rows.size());
        CHECK(report.rows.empty() == (row.name == std::string_view("condvar_oracle")));
        cyclone::test::note_fact(
            "orders", fmt::format("{} of {} weaker ones caught",
                                  report.count(model::fate_of::caught), report.rows.size()));
        count_cases(report.rows.size());
    });
}

}  // namespace cyclone::wake::test
