// The order-weakening matrices of the inbox and of the work-stealing deque: every memory order
// written there is made weaker, one at a time, and the scenarios are explored again. What nobody
// catches is stronger than it need be, or wants larger scenarios: the evidence names it. Of the
// inbox nothing is left. Of the deque nine are, in three places, and the decision about each is:
//
//   push acquires top_        kept. What it orders is a thief's read of a cell before the write
//                             that uses the cell again. Without it that read would have to return a
//                             write that depends on it: load buffering, which this model has not
//                             and C++ has. x86 and the control dependency on arm64 forbid it too
//   the swap of a take,       kept seq_cst, as the figure has them. Nothing is read through top_,
//   the swap of a steal       so acquire orders nothing; release orders the read of the cell as
//                             above; and that one of two sees the other is the work of the fences
//
// What else survives is news, and fails the test.
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

/// Weaker orders that nobody catches and that were decided about: of loads, of compare-and-swaps.
struct decided {
    std::size_t loads = 0;
    std::size_t compares = 0;
};
constexpr decided k_of_deque{.loads = 1, .compares = 8};

/// Holds what is certain, and leaves the survivors in the evidence: "orders, deque" -> each of
/// them.
void hold(const std::string& what, const weaken_report& report, const decided& known) {
    INFO(what << "\n" << report.table());
    CHECK(report.unsound == "");
    CHECK(report.count(fate_of::undecided) == 0);
    CHECK(report.count(fate_of::caught) > 0);
    std::string left;
    decided seen;
    for (const weakening& one : report.rows) {
        if (one.came_to != fate_of::survived) continue;
        seen.loads += one.site.what == site_use::kind_of::load ? 1 : 0;
        seen.compares += one.site.what == site_use::kind_of::compare ? 1 : 0;
        left += (left.empty() ? "; not caught: " : ", ") + one.site.where;
    }
    CHECK(seen.loads == known.loads);
    CHECK(seen.compares == known.compares);
    CHECK(report.count(fate_of::survived) == known.loads + known.compares);
    cyclone::test::note_fact("orders, " + what,
                             fmt::format("{} of {} weaker ones caught{}",
                                         report.count(fate_of::caught), report.rows.size(), left));
    cyclone::test::count_cases(report.rows.size());
}

}  // namespace

TEST_CASE("the orders of the inbox", "[explored][orders]") {
    DYNAMIC_SECTION("explorer: orders of the inbox") {
        hold("inbox", weaken({}, bodies_of("inbox")), {});
    }
}

TEST_CASE("the orders of the deque", "[explored][orders]") {
    DYNAMIC_SECTION("explorer: orders of the deque") {
        hold("deque", weaken({}, bodies_of("deque")), k_of_deque);
    }
    DYNAMIC_SECTION("explorer: orders of the deque in C++11") {
        options older;
        older.sequences = release_sequences::cxx11;
        hold("deque in C++11", weaken(older, bodies_of("deque")), k_of_deque);
    }
}

}  // namespace cyclone::model::test
