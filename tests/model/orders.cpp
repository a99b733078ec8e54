// The order-weakening matrices of the inbox and of the work-stealing deque: every memory order
// written there is made weaker, one at a time, and the scenarios are explored again. What nobody
// catches is stronger than it need be, or wants larger scenarios: the evidence names it. Of the
// inbox nothing is left. Of the deque: that push and steal acquire top_, and all that the two
// compare-and-swaps order; with the fences the programs here never see the difference, and neither
// is weakened on that ground.
#include <fmt/format.h>
#include <string>
#include <vector>

#include "model/weaken.hpp"
#include "scenario_table.hpp"
#include "support/suite.hpp"

namespace cyclone::model::test {
namespace {

/// The scenarios whose names begin so, without those that are too large to be explored again for
/// every order.
std::vector<named_body> bodies_of(const std::string& prefix) {
    constexpr std::uint64_t k_complete_max = 1000;
    std::vector<named_body> all;
    for (const scenario& one : scenarios()) {
        if (!one.name.starts_with(prefix) || one.complete > k_complete_max) continue;
        all.push_back({one.name, one.body});
    }
    return all;
}

/// Holds what is certain, and leaves the survivors in the evidence: "orders, deque" -> each of
/// them.
void hold(const std::string& what, const weaken_report& report) {
    INFO(what << "\n" << report.table());
    CHECK(report.unsound == "");
    CHECK(report.count(fate_of::undecided) == 0);
    CHECK(report.count(fate_of::caught) > 0);
    std::string left;
    for (const weakening& one : report.rows) {
        if (one.came_to != fate_of::survived) continue;
        left += (left.empty() ? "; not caught: " : ", ") + one.site.where;
    }
    cyclone::test::note_fact("orders, " + what,
                             fmt::format("{} of {} weaker ones caught{}",
                                         report.count(fate_of::caught), report.rows.size(), left));
    cyclone::test::count_cases(report.rows.size());
}

}  // namespace

TEST_CASE("the orders of the inbox", "[explored][orders]") {
    DYNAMIC_SECTION("explorer: orders of the inbox") {
        hold("inbox", weaken({}, bodies_of("inbox")));
    }
}

TEST_CASE("the orders of the deque", "[explored][orders]") {
    DYNAMIC_SECTION("explorer: orders of the deque") {
        hold("deque", weaken({}, bodies_of("deque")));
    }
    DYNAMIC_SECTION("explorer: orders of the deque in C++11") {
        options older;
        older.sequences = release_sequences::cxx11;
        hold("deque in C++11", weaken(older, bodies_of("deque")));
    }
}

}  // namespace cyclone::model::test
