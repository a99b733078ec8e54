// The queue monitor: its patterns by hand, itself against the search, and its speed; and the checks
// for queues that promise less.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>

#include "base/clock.hpp"
#include "histories.hpp"
#include "model/queue_monitor.hpp"
#include "support/seed.hpp"
#include "support/suite.hpp"

namespace cyclone::model::test {
namespace {

using cyclone::test::effort;

/// As many pops as pushes: half of the threads produce, half consume.
std::vector<operation> drained(std::uint64_t seed, std::size_t operations) {
    rng draw(seed);
    std::vector<operation> given = simulate(draw, family::queue, {4, operations, 4, 0});
    std::uint64_t now = 0;
    for (const operation& o : given) now = std::max(now, o.back);
    std::vector<std::uint64_t> out;
    for (const operation& o : given) {
        if (o.what == verb::pop && o.said == answer::done) out.push_back(o.result);
    }
    std::ranges::sort(out);
    for (const operation& o : std::vector<operation>(given)) {
        if (o.what != verb::push || std::ranges::binary_search(out, o.argument)) continue;
        given.push_back(pop(9, o.argument, now + 1, now + 2));
        now += 2;
    }
    return given;
}

}  // namespace

TEST_CASE("monitor: patterns written by hand", "[property]") {
    DYNAMIC_SECTION("queue_monitor: by hand") {
        cyclone::test::count_cases(1);
        CHECK(monitor_by_hand(monitor_bug::none) == "");
    }
}

TEST_CASE("monitor: small histories, against the search", "[property]") {
    DYNAMIC_SECTION("queue_monitor: against the search, small") {
        verdicts counts;
        const std::size_t rounds = effort(100'000, 4'000'000);
        cyclone::test::count_cases(rounds);
        for (const std::size_t operations : {5, 8}) {
            const shape of{3, operations, 3, 3};
            CHECK(monitor_against_search(monitor_bug::none, cyclone::test::seed() + operations,
                                         rounds / 2, of, &counts) == "");
            INFO(counts.yes << " have an order, " << counts.no << " have none");
            CHECK(6 * counts.yes > counts.no);
            CHECK(6 * counts.no > counts.yes);
        }
    }
    DYNAMIC_SECTION("queue_monitor: against the search, longer") {
        const std::size_t rounds = effort(1000, 20'000);
        cyclone::test::count_cases(rounds);
        CHECK(monitor_against_search(monitor_bug::none, cyclone::test::seed(), rounds,
                                     {4, 40, 3, 4}) == "");
    }
}

TEST_CASE("monitor: what it cannot judge is refused or counted", "[conformance]") {
    DYNAMIC_SECTION("queue_monitor: out of its reach") {
        using Catch::Matchers::Contains;
        const auto twice = monitor_queue(std::vector{push(0, 1, 1, 2), push(1, 1, 3, 4)});
        REQUIRE_FALSE(twice);
        CHECK_THAT(twice.error().message, Contains("push the same value"));
        operation read = pop(0, 1, 1, 2);
        read.what = verb::read;
        const auto strange = monitor_queue(std::vector{read});
        REQUIRE_FALSE(strange);
        CHECK_THAT(strange.error().message, Contains("push and pop only"));
        const auto full =
            monitor_queue(std::vector{push(0, 1, 1, 2), said(answer::full, push(1, 2, 3, 4))});
        REQUIRE(full);
        CHECK_FALSE(full->found);
        CHECK(full->unjudged == 1);
        const std::vector<operation> weak{push(0, 1, 1, 9), push(1, 2, 2, 3),
                                          said(answer::empty, pop(2, 0, 4, 5))};
        const auto passed = monitor_queue(weak, {.empty = emptiness::weak});
        REQUIRE(passed);
        CHECK(passed->unjudged == 1);
        REQUIRE(monitor_queue(weak)->found);
        CHECK(monitor_queue(weak)->found->which == pattern::empty_witness);
    }
}

TEST_CASE("monitor: a breach names the operations", "[conformance]") {
    DYNAMIC_SECTION("queue_monitor: text") {
        const std::vector<operation> given{push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 2, 5, 6),
                                           pop(1, 1, 7, 8)};
        const auto seen = monitor_queue(given);
        REQUIRE(seen->found);
        CHECK(seen->found->operations == std::vector<std::size_t>{0, 1, 2, 3});
        CHECK(seen->found->text ==
              "order: pushed first and popped second\n"
              "  #0 thread 0 push(1) [1, 2]\n"
              "  #1 thread 0 push(2) [3, 4]\n"
              "  #2 thread 1 pop() -> 2 [5, 6]\n"
              "  #3 thread 1 pop() -> 1 [7, 8]");
    }
}

TEST_CASE("relaxed queues: nothing invented, doubled, lost or overtaken", "[property]") {
    DYNAMIC_SECTION("queue_monitor: relaxed checks find nothing in a queue") {
        for (std::size_t n = 0; n < effort(200, 5000); ++n) {
            cyclone::test::count_cases(1);
            const auto given = drained(cyclone::test::seed() + n, 60);
            INFO(text(given));
            CHECK_FALSE(find_invention(given));
            CHECK_FALSE(find_duplicate(given));
            CHECK_FALSE(find_loss(given));
            CHECK_FALSE(find_producer_disorder(given));
        }
    }
    DYNAMIC_SECTION("queue_monitor: relaxed checks find what was planted") {
        for (std::size_t n = 0; n < effort(200, 5000); ++n) {
            cyclone::test::count_cases(1);
            auto given = drained(cyclone::test::seed() + n, 60);
            const auto is_pop = [](const operation& o) {
                return o.what == verb::pop && o.said == answer::done;
            };
            const auto one = std::ranges::find_if(given, is_pop);
            if (one == given.end()) continue;
            const std::uint64_t value = one->result;
            one->result = 1'000'000;
            CHECK(find_invention(given)->which == pattern::fresh);
            CHECK(find_loss(given)->which == pattern::loss);
            const auto other = std::find_if(one + 1, given.end(), is_pop);
            if (other == given.end()) continue;
            one->result = other->result;
            CHECK(find_duplicate(given)->which == pattern::repeat);
            CHECK(find_loss(given)->which == pattern::loss);
            one->result = value;
            CHECK_FALSE(find_loss(given));
        }
    }
    DYNAMIC_SECTION("queue_monitor: order by producer") {
        // Two producers' values may pass each other; one producer's may not.
        const std::vector<operation> apart{push(0, 1, 1, 2), push(1, 2, 3, 4), pop(2, 2, 5, 6),
                                           pop(2, 1, 7, 8)};
        CHECK_FALSE(find_producer_disorder(apart));
        CHECK(monitor_queue(apart)->found);
        std::vector<operation> same = apart;
        same[1].thread = 0;
        REQUIRE(find_producer_disorder(same));
        CHECK(find_producer_disorder(same)->which == pattern::producer_order);
        // Two consumers at once: neither pop is over before the other.
        std::vector<operation> at_once = same;
        at_once[3] = pop(3, 1, 5, 8);
        CHECK_FALSE(find_producer_disorder(at_once));
        // Left behind; unless somebody is still about to bring it.
        same.pop_back();
        CHECK(find_producer_disorder(same));
        same.push_back(pop(3, 0, 7, k_never));
        CHECK_FALSE(find_producer_disorder(same));
        // Late: not the neighbour but one far behind was out first.
        std::vector<operation> far;
        for (std::uint64_t v = 1; v <= 5; ++v) far.push_back(push(0, v, 2 * v, 2 * v + 1));
        far.push_back(pop(1, 5, 20, 21));
        for (std::uint32_t v = 1; v <= 4; ++v) far.push_back(pop(1 + v, v, 20 + v, 24 + v));
        CHECK(find_producer_disorder(far));
    }
}

TEST_CASE("monitor: how fast", "[.speed]") {
    for (const std::size_t operations : {100'000, 1'000'000}) {
        rng draw(42);
        // Fewer pushes than pops: where EMPTY is rare, the dearest check has little to do.
        const auto given = simulate(draw, family::queue, {4, operations, 3, 0});
        const auto empties = std::ranges::count(given, answer::empty, &operation::said);
        const std::int64_t begin = clock::monotonic_ns();
        const auto seen = monitor_queue(given);
        const std::int64_t end = clock::monotonic_ns();
        REQUIRE(seen);
        CHECK_FALSE(seen->found);
        std::printf("monitor, queue, 4 threads, %zu operations, %lld of them EMPTY: %.1f ms\n",
                    operations, static_cast<long long>(empties),
                    static_cast<double>(end - begin) * 1e-6);
    }
}

}  // namespace cyclone::model::test
