// The search for an order: verdicts, witnesses, prefixes, bounds, words, and its speed.
#include "model/linearize.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>

#include "base/clock.hpp"
#include "histories.hpp"
#include "support/seed.hpp"
#include "support/suite.hpp"

namespace cyclone::model::test {
namespace {

using cyclone::test::effort;

/// A queue of 4 threads, well mixed: its simulation is one of the orders.
std::vector<operation> long_queue(std::uint64_t seed, std::size_t operations) {
    rng draw(seed);
    return simulate(draw, family::queue, {4, operations, 4, 0});
}

/// Two values that were pushed one after the other are popped the other way round, late.
void reorder_late(std::vector<operation>& given) {
    std::vector<std::size_t> pops;
    for (std::size_t i = given.size() / 2; i < given.size(); ++i) {
        const operation& o = given[i];
        if (o.what == verb::pop && o.said == answer::done && !o.pending()) pops.push_back(i);
    }
    REQUIRE(pops.size() > 20);
    std::swap(given[pops[2]].result, given[pops[18]].result);
}

history timed(const std::vector<operation>& given) {
    auto all = history::by_time(given);
    REQUIRE(all);
    return *std::move(all);
}

}  // namespace

TEST_CASE("search: histories written by hand", "[property]") {
    DYNAMIC_SECTION("linearize: by hand") {
        cyclone::test::count_cases(1);
        CHECK(search_by_hand(search_bug::none) == "");
    }
}

TEST_CASE("search: small histories, against every order there is", "[property]") {
    DYNAMIC_SECTION("linearize: against the oracle") {
        verdicts counts;
        const std::size_t rounds = effort(5000, 200'000);
        cyclone::test::count_cases(rounds * k_families.size());
        CHECK(search_against_oracle(search_bug::none, cyclone::test::seed(), rounds, &counts) ==
              "");
        // Both answers must have been tried, or the comparison compares nothing.
        INFO(counts.yes << " have an order, " << counts.no << " have none");
        CHECK(6 * counts.yes > counts.no);
        CHECK(6 * counts.no > counts.yes);
    }
}

TEST_CASE("search: a long history of a queue", "[property]") {
    DYNAMIC_SECTION("linearize: long histories") {
        for (std::size_t n = 0; n < effort(10, 200); ++n) {
            cyclone::test::count_cases(1);
            const std::uint64_t seed = cyclone::test::seed() + n;
            std::vector<operation> given = long_queue(seed, 1000);
            INFO("simulated with seed " << seed_text(seed));
            const auto good = linearize(timed(given), fifo_queue());
            CHECK(good.verdict == linearizable::yes);
            CHECK(is_order(family::queue, given, by_clock(given), good.order));
            reorder_late(given);
            const auto bad = linearize(timed(given), fifo_queue());
            // The monitor agrees whether the exchange was allowed.
            const auto seen = monitor_queue(given);
            REQUIRE(seen);
            CHECK((bad.verdict == linearizable::no) == seen->found.has_value());
            CHECK(bad.verdict != linearizable::unknown);
        }
    }
}

TEST_CASE("search: keys apart and keys together agree", "[property]") {
    DYNAMIC_SECTION("linearize: by keys") {
        rng draw(cyclone::test::seed());
        for (std::size_t n = 0; n < effort(2000, 50'000); ++n) {
            cyclone::test::count_cases(1);
            const family kind = draw.uniform(2) == 0 ? family::words : family::set;
            std::vector<operation> given = simulate(draw, kind, {3, 12, 4, 2});
            if (draw.uniform(2) == 0) disturb(draw, given);
            const history all = timed(given);
            const auto apart = judge(kind, all, {.explain = false});
            const auto together = judge(kind, all, {.split = false, .explain = false});
            INFO(text(given));
            CHECK(apart.verdict == together.verdict);
        }
    }
}

TEST_CASE("search: a bound that is hit is no answer", "[conformance]") {
    DYNAMIC_SECTION("linearize: bounds") {
        const auto given = long_queue(7, 200);
        const auto said = linearize(timed(given), fifo_queue(), {.points_max = 20});
        CHECK(said.verdict == linearizable::unknown);
        CHECK_THAT(said.text, Catch::Matchers::Contains("raise points_max"));
        // The answer is not far beyond: what bounds the search is the bound.
        CHECK(linearize(timed(given), fifo_queue()).verdict == linearizable::yes);
    }
}

TEST_CASE("search: nothing happened, or nothing is over", "[conformance]") {
    DYNAMIC_SECTION("linearize: empty histories") {
        CHECK(linearize(timed({}), fifo_queue()).verdict == linearizable::yes);
        const std::vector<operation> pending{pop(0, 0, 1, k_never), pop(1, 0, 1, k_never)};
        CHECK(linearize(timed(pending), fifo_queue()).verdict == linearizable::yes);
    }
}

TEST_CASE("search: a failure says where and why", "[conformance]") {
    DYNAMIC_SECTION("linearize: explanation") {
        const std::vector<operation> given{push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 2, 5, 6),
                                           pop(1, 1, 7, 8), push(0, 3, 9, 10)};
        const auto said = linearize(timed(given), fifo_queue());
        REQUIRE(said.verdict == linearizable::no);
        CHECK(said.bad_prefix == 3);  // two pushes and the pop: what follows no longer matters
        CHECK(said.order == std::vector<std::size_t>{0, 1});
        CHECK(said.text ==
              "not linearizable: once #3, thread 1's pop() -> 2, is back, no order explains the "
              "first 3 answers of 5\n"
              "  #0    thread 0  [-]          push(1)\n"
              "  #1    thread 0      [-]      push(2)\n"
              "  #3    thread 1          [-]  pop() -> 2   <--\n"
              "longest order: push(1), push(2)\n"
              "state after it: 1 2; what might come next (<--) has another answer there\n");
    }
    DYNAMIC_SECTION("linearize: explanation without a clock") {
        const std::vector<operation> given{push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 2, 5, 6)};
        const auto all =
            history::by_order(given, [](std::size_t i, std::size_t j) { return i == 1 && j == 2; });
        REQUIRE(all);
        const auto said = linearize(*all, fifo_queue());
        REQUIRE(said.verdict == linearizable::no);
        CHECK_THAT(said.text, Catch::Matchers::Contains("pop() -> 2  after #1   <--"));
    }
}

TEST_CASE("history: what is malformed is refused, with the operation's name", "[conformance]") {
    DYNAMIC_SECTION("linearize: malformed histories") {
        const auto refused = [](const std::vector<operation>& given) {
            const auto all = history::by_time(given);
            REQUIRE_FALSE(all);
            CHECK(all.error().code == error_code::invalid_argument);
            return all.error().message;
        };
        using Catch::Matchers::Contains;
        CHECK_THAT(refused({push(3, 1, 5, 4)}),
                   Contains("thread 3's push(1) [5, 4] is back before"));
        CHECK_THAT(refused({push(0, 1, 1, 5), push(0, 2, 4, 6)}), Contains("is not over when"));
        CHECK_THAT(refused({push(0, 1, 1, k_never), push(0, 2, 4, 6)}), Contains("[1, ...]"));
        const std::vector<operation> two{push(0, 1, 1, 2), push(1, 2, 3, 4)};
        const auto cycle = history::by_order(two, [](std::size_t, std::size_t) { return true; });
        REQUIRE_FALSE(cycle);
        CHECK_THAT(cycle.error().message, Contains("each before the other"));
    }
}

TEST_CASE("history: read off an execution graph", "[conformance]") {
    DYNAMIC_SECTION("linearize: graphs") {
        const auto mark = [](kind what, std::uint64_t operation) {
            event e;
            e.what = what;
            e.value = operation;
            return e;
        };
        graph g;
        g.threads = {{mark(kind::call, 0), mark(kind::back, 0), mark(kind::call, 2)},
                     {mark(kind::begin, 0), mark(kind::call, 1), mark(kind::back, 1)}};
        const std::vector<operation> told{push(0, 1, 0, 0), said(answer::empty, pop(0, 0, 0, 0)),
                                          push(0, 2, 0, 0)};
        const auto free = history_of(g, told, [](event_id, event_id) { return false; });
        REQUIRE(free);
        CHECK(free->size() == 3);
        CHECK(linearize(*free, fifo_queue()).verdict == linearizable::yes);
        const auto ordered = history_of(g, told, [](event_id back, event_id call) {
            return back == event_id{0, 1} && call == event_id{1, 1};
        });
        REQUIRE(ordered);
        CHECK(linearize(*ordered, fifo_queue()).verdict == linearizable::no);
        g.threads[1].push_back(mark(kind::back, 7));
        CHECK_FALSE(history_of(g, told, [](event_id, event_id) { return false; }));
    }
}

TEST_CASE("search: how fast", "[.speed]") {
    for (const std::size_t operations : {1000, 10'000}) {
        std::vector<operation> given = long_queue(42, operations);
        const history all = timed(given);
        const auto run = [&](const char* name, const history& one) {
            const std::int64_t begin = clock::monotonic_ns();
            const auto found = linearize(one, fifo_queue(), {.explain = false});
            const std::int64_t end = clock::monotonic_ns();
            const char* const verdict = found.verdict == linearizable::yes  ? "yes"
                                        : found.verdict == linearizable::no ? "no"
                                                                            : "unknown";
            std::printf("search, queue, 4 threads, %zu operations, %s: %s, %llu points, %.3f ms\n",
                        operations, name, verdict, static_cast<unsigned long long>(found.points),
                        static_cast<double>(end - begin) * 1e-6);
        };
        run("as simulated", all);
        std::vector<operation> wrong = given;
        reorder_late(wrong);
        run("reordered", timed(wrong));
        given.push_back(said(answer::empty, pop(9, 0, given.back().call, given.back().call + 1)));
        run("and EMPTY once, which it was not", timed(given));
    }
}

}  // namespace cyclone::model::test
