// That every strategy of the second engine finds seeded bugs of every kind, and that what is found
// is small and can be had again.
#include <algorithm>
#include <catch2/catch.hpp>

#include "interleave_bodies.hpp"
#include "support/seed.hpp"

namespace cyclone::model::steps::test {
namespace {

void check_bad(const interleave_result& r, const seeded_bug& bug) {
    INFO(to_json(r));
    REQUIRE(r.found);
    CHECK(r.said == verdict::failed);
    CHECK(r.found->what == bug.what);
    CHECK(r.found->message.find(bug.says) != std::string::npos);
    CHECK(r.found->decisions <= r.found->decisions_found);
    CHECK(r.found->trace.find(".hpp:") != std::string::npos);
}

}  // namespace

TEST_CASE("every seeded bug is found, by search and by samples", "[interleave]") {
    for (const seeded_bug& bug : k_bugs) {
        DYNAMIC_SECTION(bug.name) {
            check_bad(interleave(k_all, bug.body), bug);
            for (const tactic t : {tactic::random_walk, tactic::pct, tactic::pos, tactic::bursts}) {
                INFO(name_of(t));
                check_bad(
                    interleave(
                        {.how = t, .seed = cyclone::test::seed(), .runs = 20'000, .mean_burst = 3},
                        bug.body),
                    bug);
            }
        }
    }
}

TEST_CASE("what is right is found right, to the last schedule", "[interleave]") {
    CHECK(interleave(k_all, sleeper<true>).said == verdict::passed);
    CHECK(interleave(k_all, aba<true>).said == verdict::passed);
}

TEST_CASE("a schedule that was found is small, and is found again by its string", "[interleave]") {
    for (const seeded_bug& bug : k_bugs) {
        DYNAMIC_SECTION(bug.name) {
            const auto r = interleave({.seed = cyclone::test::seed(), .runs = 20'000}, bug.body);
            check_bad(r, bug);
            CHECK(r.found->decisions <= 5);
            interleave_options again;
            again.replay = r.found->replay;
            const auto s = interleave(again, bug.body);
            REQUIRE(s.found);
            CHECK(s.found->what == bug.what);
            CHECK(s.found->message == r.found->message);
            CHECK(s.found->trace == r.found->trace);
            CHECK(s.found->replay.substr(s.found->replay.rfind(':')) ==
                  r.found->replay.substr(r.found->replay.rfind(':')));
        }
    }
}

TEST_CASE("no decision of a shrunk schedule can be left out", "[interleave]") {
    const auto r = interleave({.how = tactic::pct, .seed = 3, .runs = 20'000}, aba<false>);
    REQUIRE(r.found);
    const auto told = parse_replay(r.found->replay);
    REQUIRE(told);
    REQUIRE(told->decisions.size() == r.found->decisions);
    for (std::size_t i = 0; i < told->decisions.size(); ++i) {
        scheduler s(schedule_options{});
        auto fewer = told->decisions;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
        const auto by = repeat(fewer, false);
        by->begin(0);
        s.add(aba<false>);
        CHECK(s.drive(*by) == halt::finished);
    }
}

TEST_CASE("a livelock is a run without end; spinning in vain is seen at once", "[interleave]") {
    interleave_options how{.how = tactic::round_robin, .runs = 1};
    how.schedule.steps_max = 3000;
    how.shrink_runs = 3;
    const auto r = interleave(how, livelock);
    INFO(to_json(r));
    REQUIRE(r.found);
    CHECK(r.found->what == fault::too_long);
    CHECK(r.found->message.find("livelock") != std::string::npos);
    const auto s = interleave(k_all, spins_in_vain);
    REQUIRE(s.found);
    CHECK(s.found->what == fault::deadlock);
    CHECK(s.found->message.find("spins at interleave_bodies.hpp") != std::string::npos);
    CHECK(s.found->steps < 10);
}

TEST_CASE("PCT finds a bug at least as often as its bound says", "[interleave]") {
    // A lost increment is of depth 2: one change of priority, between the load and the store.
    const std::uint64_t runs = 2000;
    std::uint64_t found = 0;
    double least = 1;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        // The first run makes the guess at the number of steps right.
        const auto by = pct(cyclone::test::seed() + seed, 2, 5);
        scheduler s(schedule_options{});
        by->begin(0);
        s.add(lossy_counter);
        if (s.drive(*by) == halt::failed) ++found;
        least = std::min(least, pct_bound(s.tasks(), s.steps(), 2));
    }
    const double rate = static_cast<double>(found) / static_cast<double>(runs);
    INFO("found " << rate << ", bound " << least);
    CHECK(rate >= least);
    CHECK(rate < 1);
}

}  // namespace cyclone::model::steps::test
