// The second engine: how many schedules there are of programs that can be counted by hand, that
// bounds are said, the virtual clock, and what results look like. interleave_bugs.cpp is about what
// it finds.
#include "model/interleave.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "interleave_bodies.hpp"
#include "support/seed.hpp"

namespace cyclone::model::steps::test {
TEST_CASE("as many schedules as one counts by hand", "[interleave]") {
    // All conflict, so no order is like another: n steps in all, k each: n! / (k!)^threads.
    const auto [threads, times, expected] = GENERATE(table<int, int, std::uint64_t>(
        {{1, 3, 1}, {2, 1, 2}, {2, 2, 6}, {2, 3, 20}, {3, 1, 6}, {3, 2, 90}, {4, 1, 24}}));
    INFO(threads << " threads, " << times << " steps each");
    const auto r = interleave(k_all, raisers(threads, times));
    INFO(to_json(r));
    CHECK(r.said == verdict::passed);
    CHECK(r.runs == expected);
    CHECK(r.distinct == expected);
    // Without sleep sets, which have nothing to cut here.
    auto plain = k_all;
    plain.preemptions = 1000;
    const auto p = interleave(plain, raisers(threads, times));
    CHECK(p.said == verdict::passed);
    CHECK(p.runs == expected);
    CHECK(p.redundant == 0);
}

TEST_CASE("independent steps are run in one order, or in all without sleep sets", "[interleave]") {
    const auto body = [] {
        word<int> x(0), y(0);
        const steps::thread a([&] {
            x.store(1, k_rlx);
            x.store(2, k_rlx);
        });
        const steps::thread b([&] {
            y.store(1, k_rlx);
            y.store(2, k_rlx);
        });
    };
    const auto r = interleave(k_all, body);
    CHECK(r.said == verdict::passed);
    CHECK(r.runs == 1);
    auto plain = k_all;
    plain.preemptions = 1000;
    CHECK(interleave(plain, body).runs == 6);
}

TEST_CASE("store buffering and message passing, sequentially consistent", "[interleave]") {
    std::set<std::pair<int, int>> seen;
    int a = 0;
    int b = 0;
    const auto buffering = [&] {
        word<int> x(0), y(0);
        {
            const steps::thread one([&] {
                x.store(1, k_rlx);
                a = y.load(k_rlx);
            });
            const steps::thread two([&] {
                y.store(1, k_rlx);
                b = x.load(k_rlx);
            });
        }
        seen.insert({a, b});
    };
    const auto r = interleave(k_all, buffering);
    CHECK(r.runs == 3);  // of the four ways to order two pairs, one is a cycle
    CHECK(seen == std::set<std::pair<int, int>>{{0, 1}, {1, 0}, {1, 1}});
    seen.clear();
    const auto passing = [&] {
        word<int> data(0), flag(0);
        {
            const steps::thread one([&] {
                data.store(1, k_rlx);
                flag.store(1, k_rlx);
            });
            const steps::thread two([&] {
                a = flag.load(k_rlx);
                b = data.load(k_rlx);
            });
        }
        seen.insert({a, b});
    };
    CHECK(interleave(k_all, passing).runs == 3);
    CHECK(seen == std::set<std::pair<int, int>>{{0, 0}, {0, 1}, {1, 1}});
}

TEST_CASE("a bound on preemptions is a bound, and said", "[interleave]") {
    // Of the six orders of aabb, by the number of times a thread is left that could go on.
    for (const auto& [preemptions, expected, said] :
         {std::tuple{0U, 2U, verdict::partial}, std::tuple{1U, 4U, verdict::partial},
          std::tuple{2U, 6U, verdict::passed}}) {
        auto how = k_all;
        how.preemptions = preemptions;
        const auto r = interleave(how, raisers(2, 2));
        INFO(preemptions << " preemptions: " << to_json(r));
        CHECK(r.runs == expected);
        CHECK(r.said == said);
        CHECK((r.bound.find("raise preemptions") != std::string::npos) ==
              (said == verdict::partial));
    }
}

TEST_CASE("other bounds make the verdict partial and name themselves", "[interleave]") {
    auto few = k_all;
    few.runs_max = 3;
    const auto r = interleave(few, raisers(3, 2));
    CHECK(r.said == verdict::partial);
    CHECK(r.bound.find("raise runs_max") != std::string::npos);
    auto short_time = k_all;
    short_time.seconds_max = 0;
    CHECK(interleave(short_time, raisers(4, 4)).bound.find("seconds_max") != std::string::npos);
    for (const tactic t :
         {tactic::random_walk, tactic::pct, tactic::pos, tactic::round_robin, tactic::bursts}) {
        const auto s = interleave({.how = t, .runs = 20}, raisers(2, 2));
        CHECK(s.said == verdict::partial);
        CHECK(s.runs == 20);
        CHECK(s.distinct >= 1);
        CHECK(s.distinct <= 6);
        CHECK(s.bound.find("says nothing about the others") != std::string::npos);
    }
}

TEST_CASE("a body that is not deterministic is told so", "[interleave]") {
    int calls = 0;
    const auto body = [&] {
        word<int> x(0);
        const steps::thread a([&] { x.store(1, k_rlx); });
        if (++calls % 2 == 0) x.store(2, k_rlx);
        x.store(3, k_rlx);
    };
    for (const tactic t : {tactic::random_walk, tactic::exhaustive}) {
        calls = 0;
        const auto r = interleave({.how = t}, body);
        REQUIRE(r.found);
        CHECK(r.found->what == fault::inconsistent);
        CHECK(r.found->message.find("not deterministic") != std::string::npos);
    }
}

TEST_CASE("exceptions and assertions of the body are findings", "[interleave]") {
    const auto thrown = interleave(k_all, [] { throw std::runtime_error("no"); });
    REQUIRE(thrown.found);
    CHECK(thrown.found->message == "t0 threw: no");
    const auto asserted = interleave(k_all, [] {
        word<int> x(0);
        CYCLONE_ASSERT(x.load(k_rlx) == 1);
    });
    REQUIRE(asserted.found);
    CHECK(asserted.found->what == fault::requirement);
    CHECK(asserted.found->message.find("assertion failed") == 0);
}

TEST_CASE("assume leaves runs out", "[interleave]") {
    const auto r = interleave(k_all, [] {
        word<int> x(0);
        const steps::thread a([&] { x.store(1, k_rlx); });
        const int seen = x.load(k_rlx);
        steps::assume(seen == 1);
        steps::require(seen == 1);
    });
    CHECK(r.said == verdict::passed);
    CHECK(r.runs == 1);
    CHECK(r.redundant == 1);
}

TEST_CASE("the clock is virtual: an hour passes at once, and in order", "[interleave]") {
    constexpr std::uint64_t k_hour = 3'600'000'000'000;
    for (const tactic t : {tactic::exhaustive, tactic::random_walk, tactic::pct}) {
        const auto r = interleave({.how = t, .runs = 50}, [] {
            std::array<std::uint64_t, 3> woke{};
            stepped::atomic<int> order(0);
            {
                const steps::thread late([&] {
                    steps::sleep_until(2 * k_hour);
                    woke[1] = steps::now();
                    steps::require(order.exchange(2, k_rlx) == 1, "the earlier one woke first");
                });
                const steps::thread early([&] {
                    steps::sleep_until(k_hour);
                    woke[0] = steps::now();
                    steps::require(order.exchange(1, k_rlx) == 0);
                });
            }
            steps::require(woke[0] == k_hour && woke[1] == 2 * k_hour);
            steps::require(steps::now() == 2 * k_hour);
        });
        INFO(to_json(r));
        CHECK_FALSE(r.found);
        CHECK(r.seconds < 10);
    }
}

TEST_CASE("events and try_lock", "[interleave]") {
    const auto r = interleave(k_all, [] {
        steps::event ready;
        stepped::mutex lock;
        word<int> inside(0);
        {
            const steps::thread consumer([&] {
                std::uint64_t got = 0;
                while (got < 2) got += ready.take();
                steps::require(got == 2 && ready.try_take() == 0);
            });
            const steps::thread other([&] {
                if (!lock.try_lock()) return;
                steps::require(inside.exchange(1, k_rlx) == 0, "one at a time");
                inside.store(0, k_rlx);
                lock.unlock();
            });
            ready.post();
            lock.lock();
            steps::require(inside.exchange(1, k_rlx) == 0, "one at a time");
            inside.store(0, k_rlx);
            lock.unlock();
            ready.post();
        }
    });
    INFO(to_json(r));
    CHECK(r.said == verdict::passed);
}

TEST_CASE("queues that are right stay right in many schedules", "[interleave]") {
    const auto body = [] {
        vyukov_mpmc<stepped, 2> queue;
        std::array<int, 6> got{};
        const auto produce = [&](std::uint64_t first) {
            for (std::uint64_t i = first; i < first + 3; ++i)
                while (queue.push(i) != outcome::done) stepped::pause();
        };
        const auto consume = [&] {
            for (int n = 0; n < 3;) {
                std::uint64_t item = 0;
                if (queue.pop(item) != outcome::done) {
                    stepped::pause();
                    continue;
                }
                steps::require(++got[item] == 1, "an item comes out once");
                ++n;
            }
        };
        const steps::thread a([&] { produce(0); }), b([&] { produce(3); }), c(consume), d(consume);
    };
    for (const tactic t :
         {tactic::random_walk, tactic::pct, tactic::pos, tactic::bursts, tactic::round_robin}) {
        const auto r = interleave({.how = t, .seed = cyclone::test::seed(), .runs = 500}, body);
        INFO(to_json(r));
        CHECK_FALSE(r.found);
    }
}

TEST_CASE("replay strings are read as they are written, and nothing else is", "[interleave]") {
    const replay_text r{.seed = 0xabc,
                        .plain_steps = false,
                        .decisions = {{k_no_task, 0, 1}, {2, 17, 0}, {0, 3, 4}}};
    CHECK(to_string(r) == "steps1:0x0000000000000abc:p0:-.0>1,2.17>0,0.3>4");
    CHECK(parse_replay(to_string(r)) == r);
    const replay_text none{.seed = 1, .plain_steps = true, .decisions = {}};
    CHECK(parse_replay(to_string(none)) == none);
    for (const char* bad :
         {"", "steps1:", "steps1:1:p2:", "steps1:x:p1:", "steps2:1:p1:", "steps1:1:p1:1.2",
          "steps1:1:p1:1.2>", "steps1:1:p1:1.2>3,", "steps1:1:p1:1.2>3;4", "steps1:1:p1:a.2>3"}) {
        INFO(bad);
        CHECK_FALSE(parse_replay(bad));
        interleave_options how;
        how.replay = bad;
        if (*bad != '\0') {
            const auto said = interleave(how, lossy_counter);
            REQUIRE(said.found);
            CHECK(said.found->message.find("not a replay string") == 0);
        }
    }
    interleave_options other;
    other.replay = "steps1:1:p1:7.2>9";
    const auto astray = interleave(other, lossy_counter);
    REQUIRE(astray.found);
    CHECK(astray.found->what == fault::inconsistent);
}

TEST_CASE("a trace shows threads across, steps down and where reads come from", "[interleave]") {
    const auto r = interleave(k_all, [] {
        word<int> door(0);
        steps::name(&door, "door");
        const steps::thread a([&] { door.store(7, k_rel); });
        steps::require(door.load(k_acq) == 0, "the door is shut");
    });
    REQUIRE(r.found);
    const std::string& trace = r.found->trace;
    INFO(trace);
    CHECK(trace.find("| t0") != std::string::npos);
    CHECK(trace.find("| t1") != std::string::npos);
    CHECK(trace.find("#1 store rel door := 7 (interleave.cpp:") != std::string::npos);
    CHECK(trace.find("#1 load acq door = 7 <- t1#1 (interleave.cpp:") != std::string::npos);
}

}  // namespace cyclone::model::steps::test
