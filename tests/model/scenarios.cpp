// Every execution of small programs around the inbox, the counters and the work-stealing deque; the
// deque's seeded bugs, which these programs must find; and what the explorer's fast check gains
// over the cubic one (hidden: [.speed]).
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <map>

#include "scenario_table.hpp"
#include "support/explored.hpp"
#include "support/suite.hpp"

namespace cyclone::model::test {
namespace {

/// The first program that fails, and its finding. A program that is too large finds nothing.
std::string found_in(std::span<const scenario> programs, const options& how) {
    for (const scenario& one : programs) {
        const result said = check(how, one.body);
        if (said.found) return one.name + ": " + said.found->message;
    }
    return {};
}

}  // namespace

TEST_CASE("every execution of the scenarios is well", "[explored]") {
    for (const scenario& one : scenarios()) {
        DYNAMIC_SECTION("explorer: " << one.name) {
            std::uint64_t complete = 0;
            options how = cyclone::test::every_build();
            how.on_graph = [&](const graph&) { ++complete; };
            cyclone::test::explore_all(one.name, one.body, how);
            if (one.complete != 0) CHECK(complete == one.complete);
        }
    }
}

TEST_CASE("larger scenarios, as far as the bounds go", "[explored]") {
    for (const scenario& one : large_scenarios()) {
        DYNAMIC_SECTION("explorer: " << one.name) {
            const result said = cyclone::test::explore(one.name, one.body);
            INFO((said.found ? said.found->trace : said.bound));
            CHECK(said.said != verdict::failed);
        }
    }
}

TEST_CASE("every seeded bug of the deque is found", "[deque]") {
    for (int mutant = 1; mutant <= k_deque_mutants; ++mutant) {
        INFO("chase_lev mutant " << mutant);
        CHECK(found_in(deque_scenarios(mutant), {}) != "");
    }
}

TEST_CASE("a release store is enough for the deque's push in C++11 only", "[deque]") {
    constexpr int k_release_store = 11;
    options older;
    older.sequences = release_sequences::cxx11;
    CHECK(found_in(deque_scenarios(k_release_store), older) == "");
    CHECK(found_in(deque_scenarios(k_release_store), {}) != "");
}

TEST_CASE("both checks agree on the scenarios", "[explored]") {
    // The cubic check takes its time: the small ones in every build.
    const std::uint64_t most = cyclone::test::effort(200, 1'000'000);
    for (const scenario& one : scenarios()) {
        if (one.complete > most) continue;
        options how = cyclone::test::every_build();
        how.both = true;
        how.on_graph = [](const graph&) {};  // or duplicates are not counted
        const result said = check(how, one.body);
        INFO(one.name << ": " << (said.found ? said.found->message : said.bound));
        CHECK(said.said == verdict::passed);
        CHECK(said.duplicates == 0);
    }
}

TEST_CASE("the fast check against the cubic one", "[.speed]") {
    std::vector<scenario> all(scenarios().begin(), scenarios().end());
    all.insert(all.end(), large_scenarios().begin(), large_scenarios().end());
    std::puts(
        "scenario                                          graphs  events   fast s  cubic s  "
        "ratio");
    for (const scenario& one : all) {
        options how;
        how.seconds_max = 600;
        const result fast = check(how, one.body);
        how.naive = true;
        const result cubic = check(how, one.body);
        std::puts(fmt::format("{:48} {:7} {:7} {:8.3f} {:8.3f} {:6.1f}", one.name, fast.complete,
                              fast.events_most, fast.seconds, cubic.seconds,
                              cubic.seconds / std::max(fast.seconds, 1e-9))
                      .c_str());
        CHECK(fast.complete == cubic.complete);
        CHECK(fast.blocked == cubic.blocked);
        if (cubic.seconds > 0.3) CHECK(cubic.seconds > 10 * fast.seconds);
    }
}

}  // namespace cyclone::model::test

namespace cyclone::test {

suite_identity identity() { return {"model", {"explorer"}}; }

}  // namespace cyclone::test
