// Bounds that are hit say so; executions drawn at random; replay strings and traces.

#include "engine_support.hpp"
#include "model/consistency_naive.hpp"
#include "model/trace.hpp"

namespace cyclone::model::test {

using sync::explored;

namespace {

body many_additions() {
    return [] {
        atomic_int x(0);
        const auto add = [&] {
            x.fetch_add(1, k_rlx);
            x.fetch_add(1, k_rlx);
        };
        thread a(add), b(add), c(add);
        a.join();
        b.join();
        c.join();
    };
}

// Wrong in a corner: both must read 0, and a third thread must have come in between.
body rare() {
    return [] {
        atomic_int x(0), y(0), z(0);
        int first = 1;
        thread a([&] {
            x.store(1, k_rlx);
            first = y.load(k_rlx);
        });
        thread b([&] { z.fetch_add(1, k_rlx); });
        y.store(1, k_rlx);
        const int second = x.load(k_rlx);
        z.fetch_add(1, k_rlx);
        a.join();
        b.join();
        require(first + second > 0, "one of the two is seen");
    };
}

}  // namespace

TEST_CASE("a bound that is hit makes the result partial", "[replay]") {
    options few;
    few.graphs_max = 10;
    const result r = check(few, many_additions());
    CHECK(r.said == verdict::partial);
    CHECK(r.complete == 10);
    CHECK(r.bound.find("graphs_max") != std::string::npos);
    options quick;
    quick.seconds_max = 0;
    const result s = check(quick, many_additions());
    CHECK(s.said == verdict::partial);
    CHECK(s.bound.find("seconds_max") != std::string::npos);
    CHECK(check({}, many_additions()).complete == 90);
}

TEST_CASE("executions at random are executions", "[replay]") {
    options how;
    how.how = mode::random;
    how.runs = 300;
    std::set<std::string> all, drawn;
    options every;
    every.on_graph = [&](const graph& g) { all.insert(canonical(g)); };
    CHECK(check(every, many_additions()).said == verdict::passed);
    how.on_graph = [&](const graph& g) {
        drawn.insert(canonical(g));
        CHECK(inconsistency(g, release_sequences::cxx20).empty());
    };
    const result r = check(how, many_additions());
    CHECK(r.said == verdict::partial);
    CHECK(r.bound.find("random") != std::string::npos);
    CHECK(r.complete == 300);
    CHECK(drawn.size() > 10);
    for (const std::string& g : drawn) CHECK(all.contains(g));
}

TEST_CASE("executions at random find what is wrong, and the same seed the same", "[replay]") {
    options how;
    how.how = mode::random;
    const result r = expect_fault(rare(), fault::requirement, "one of the two", how);
    const result again = check(how, rare());
    REQUIRE(again.found.has_value());
    CHECK(again.found->replay == r.found->replay);
}

TEST_CASE("threads that wait are woken at random, too", "[replay]") {
    options how;
    how.how = mode::random;
    how.runs = 200;
    const result r = check(how, [] {
        atomic_int flag(0), turn(0);
        explored::mutex m;
        thread a([&] {
            flag.wait(0, k_acq);
            m.lock();
            m.unlock();
        });
        thread b([&] {
            while (turn.load(k_acq) == 0) explored::pause();
            m.lock();
            m.unlock();
        });
        m.lock();
        flag.store(1, k_rel);
        flag.notify_all();
        turn.store(1, k_rel);
        m.unlock();
        a.join();
        b.join();
    });
    INFO((r.found ? r.found->message + r.found->trace : r.bound));
    CHECK(r.said == verdict::partial);
    CHECK(r.complete == 200);
}

TEST_CASE("replay strings that are none, or another body's", "[replay]") {
    options how;
    how.replay = "0 1x";
    result r = check(how, rare());
    REQUIRE(r.found.has_value());
    CHECK(r.found->message.find("cannot read the step") != std::string::npos);
    how.replay = "0*4 3";
    r = check(how, rare());
    REQUIRE(r.found.has_value());
    CHECK(r.found->message.find("another body") != std::string::npos);
    const auto steps = parse_script("0*2 1r0.7 2f1.3 1w2 0s3");
    REQUIRE(steps.has_value());
    CHECK(steps->size() == 6);
    CHECK(steps->at(2).from == event_id{0, 7});
    CHECK(steps->at(3).what == script_step::kind_of::failed);
    CHECK(steps->at(4).number == 2);
    CHECK(steps->at(5).number == 3);
}

TEST_CASE("the texts of an execution", "[replay]") {
    const result r = check({}, rare());
    REQUIRE(r.found.has_value());
    const graph& g = r.found->execution;
    std::size_t lines = 0;
    for (const char c : r.found->trace) lines += c == '\n' ? 1 : 0;
    CHECK(lines >= g.size() + 1);
    CHECK(r.found->trace.find("engine_replay.cpp:") != std::string::npos);
    CHECK(r.found->trace.find("mo x0.0:") != std::string::npos);
    CHECK(in_order(g).size() == g.size());
    std::uint64_t stamp = 0;
    for (const event_id id : in_order(g)) CHECK(g[id].stamp == stamp++);
    graph other = g;
    CHECK(canonical(other) == canonical(g));
    other.threads[1][1].value += 1;
    CHECK(canonical(other) != canonical(g));
    CHECK(r.sites.size() == r.uses.size());
    CHECK(r.uses.size() == 6);
}

}  // namespace cyclone::model::test
