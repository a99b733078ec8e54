// The oracles against one another, without the explorer: what it is compared with must be right
// itself. And the small parts they rest on: relations, the text form, the names of the axioms.
#include <algorithm>
#include <fmt/format.h>

#include "draw.hpp"
#include "enumerate.hpp"
#include "litmus_table.hpp"
#include "support/seed.hpp"
#include "support/suite.hpp"
#include "view_machine.hpp"

namespace cyclone::test {
suite_identity identity() { return {"model", {}}; }  // no evidence about a variant here
}  // namespace cyclone::test

namespace cyclone::model::test {
namespace {

constexpr std::uint64_t k_most = 20'000;

behaviours axioms_of(const std::string& text, release_sequences s = release_sequences::cxx20) {
    return by_axioms(program_of(text), s, k_most).value();
}

/// A graph of one thread beside the main one that stores 1 and loads it again.
graph small_graph() {
    const litmus::program p = program_of("store x 1 sc; r0 = load x sc");
    execution e(p);
    litmus::registers file{};
    act(p.threads[0][0], file, 0, false, e.deeds[0][0]);
    e.deeds[0][1].source = slot_of(0, 0);
    act(p.threads[0][1], file, 1, false, e.deeds[0][1]);
    e.orders[0] = {slot_of(0, 0)};
    return graph_of(p, e);
}

}  // namespace

TEST_CASE("relations do what their symbols say", "[relation]") {
    relation r(130);  // more than two words a row
    r.add(0, 65);
    r.add(65, 129);
    CHECK(r.then(r).has(0, 129));
    CHECK_FALSE(r.then(r).has(0, 65));
    CHECK(r.closed().has(0, 129));
    CHECK(r.closed().has(0, 65));
    CHECK(r.acyclic());
    CHECK(r.or_same().has(7, 7));
    CHECK(r.only([](std::size_t a, std::size_t) { return a == 0; }).has(0, 65));
    CHECK_FALSE(r.only([](std::size_t a, std::size_t) { return a == 0; }).has(65, 129));
    r.add(129, 0);
    CHECK_FALSE(r.acyclic());
    CHECK((r | relation(130)) == r);
}

TEST_CASE("each axiom is named when it is broken", "[oracle]") {
    constexpr auto k_cxx20 = release_sequences::cxx20;
    graph g = small_graph();
    CHECK(inconsistency(g, k_cxx20) == "");
    event& read = g.threads[1][2];
    REQUIRE(read.what == kind::read);

    SECTION("a read past a write of its own thread is incoherent") {
        read.from = {0, 0};
        read.value = 0;
        CHECK(inconsistency(g, k_cxx20) == "coherence");
    }
    SECTION("a read of what comes later is a cycle") {
        std::swap(g.threads[1][1], g.threads[1][2]);
        g.threads[1][1].from = {1, 2};
        g.orders[0].writes[1] = {1, 2};
        CHECK(inconsistency(g, k_cxx20) == "porf");
    }
    SECTION("a read from nowhere, a wrong value, a write without a place are no graph") {
        graph other = g;
        other.threads[1][2].from = k_no_event;
        CHECK(inconsistency(other, k_cxx20).starts_with("well-formed"));
        other = g;
        other.threads[1][2].value = 5;
        CHECK(inconsistency(other, k_cxx20).starts_with("well-formed"));
        other = g;
        other.orders[0].writes.pop_back();
        CHECK(inconsistency(other, k_cxx20).starts_with("well-formed"));
    }
    SECTION("what comes between the halves of a read-modify-write breaks atomicity") {
        const litmus::program p = program_of("r0 = add x 1 rlx || store x 5 rlx");
        execution e(p);
        act(p.threads[0][0], {}, 0, false, e.deeds[0][0]);
        act(p.threads[1][0], {}, 0, false, e.deeds[1][0]);
        e.orders[0] = {slot_of(1, 0), slot_of(0, 0)};
        CHECK(inconsistency(graph_of(p, e), k_cxx20) == "atomicity");
        e.orders[0] = {slot_of(0, 0), slot_of(1, 0)};
        CHECK(inconsistency(graph_of(p, e), k_cxx20) == "");
    }
    SECTION("store buffering with seq_cst breaks psc") {
        const litmus::program p = program_of(
            "store x 1 sc; r0 = load y sc || "
            "store y 1 sc; r0 = load x sc");
        execution e(p);
        for (std::size_t t = 0; t < 2; ++t)
            for (std::size_t n = 0; n < 2; ++n) act(p.threads[t][n], {}, 0, false, e.deeds[t][n]);
        e.orders = {{slot_of(0, 0)}, {slot_of(1, 0)}};
        CHECK(inconsistency(graph_of(p, e), k_cxx20) == "psc");
    }
}

TEST_CASE("the text of a program is the program", "[oracle]") {
    const std::string text =
        "store x 1 release; if r0 == 2: r1 = cas x 0 r0+1 acq_rel acquire; fence seq_cst || "
        "r0 = load x acquire; r2 = weak x r0 3 relaxed relaxed; set d 4; get d; r3 = add x 1 "
        "relaxed; r4 = exchange x r3 seq_cst";
    CHECK(litmus::text_of(program_of(text)) == text);
    rng random(cyclone::test::seed());
    for (int n = 0; n < 200; ++n) {
        const litmus::program p = draw(random, flavour::any);
        const std::string once = litmus::text_of(p);
        INFO(once);
        CHECK(litmus::text_of(program_of(once)) == once);
    }
}

TEST_CASE("a text that is no program says where", "[oracle]") {
    const auto [text, words] = GENERATE(table<const char*, const char*>({
        {"store x 1", "an order"},
        {"store x y relaxed", "a number"},
        {"load x release", "forbids"},
        {"store x 1 acquire", "forbids"},
        {"cas x 0 1 relaxed release", "forbids"},
        {"jump x", "an instruction"},
        {"store r0 1 relaxed", "a location"},
        {"set x 1; store x 1 relaxed", "plain data here"},
        {"r0 = store x 1 relaxed", "gives no value"},
        {"load x relaxed ,", "expected ;"},
        {"if x == 1: load x relaxed", "a register"},
        {"load a rlx; load b rlx; load c rlx; load d rlx; load e rlx; load f rlx; load g rlx",
         "too many locations"},
        {"fence sc || fence sc || fence sc || fence sc || fence sc", "too many threads"},
    }));
    const litmus::parsed p = litmus::parse(text);
    INFO(text);
    REQUIRE_FALSE(p.value);
    INFO(p.error);
    CHECK(p.error.find(words) != std::string::npos);
    CHECK(p.error.find("column") != std::string::npos);
}

TEST_CASE("release sequences are those of the year asked for", "[oracle]") {
    const std::string text =
        "set d 1; store x 1 rel; store x 2 rlx || "
        "r0 = load x acq; if r0 == 2: get d";
    CHECK(axioms_of(text, release_sequences::cxx20).racy);
    CHECK_FALSE(axioms_of(text, release_sequences::cxx11).racy);
}

TEST_CASE("litmus tests: counts by brute force", "[oracle]") {
    for (const litmus_test& test : litmus_tests()) {
        INFO(test.name);
        const litmus::program p = program_of(test.text);
        const auto all = by_axioms(p, test.sequences, k_most);
        REQUIRE(all);
        CHECK(all->racy == (test.executions == k_race));
        if (test.executions != k_race) CHECK(all->shapes.size() == test.executions);
    }
}

TEST_CASE("leaving out what is obviously wrong leaves nothing else out", "[oracle]") {
    rng random(cyclone::test::seed());
    std::size_t compared = 0;
    for (int n = 0; n < 60; ++n) {
        const litmus::program p = draw(random, flavour::any);
        const auto all = by_axioms(p, release_sequences::cxx20, 3000, pruning::none);
        const auto some = by_axioms(p, release_sequences::cxx20, 3000);
        if (!all || !some) continue;
        ++compared;
        INFO(litmus::text_of(p));
        CHECK(all->shapes == some->shapes);
        CHECK(all->racy == some->racy);
    }
    CHECK(compared >= 20);
}

TEST_CASE("axioms and interleavings agree on seq_cst programs", "[oracle]") {
    rng random(cyclone::test::seed());
    std::size_t compared = 0, most = 0;
    for (std::size_t n = 0; n < cyclone::test::effort(150, 2000); ++n) {
        const litmus::program p = draw(random, flavour::sc);
        const auto axioms = by_axioms(p, release_sequences::cxx20, 4000);
        const auto steps = by_interleaving(p, 40'000);
        if (!axioms || !steps) continue;
        ++compared;
        most = std::max(most, steps->shapes.size());
        INFO(litmus::text_of(p));
        CHECK(axioms->shapes == steps->shapes);
        CHECK(axioms->outcomes == steps->outcomes);
    }
    CHECK(compared >= 75);
    WARN(compared << " programs compared, at most " << most << " executions");
}

TEST_CASE("axioms and views agree on the weak fragment", "[oracle]") {
    rng random(cyclone::test::seed());
    std::size_t compared = 0, exact = 0, most = 0;
    for (std::size_t n = 0; n < cyclone::test::effort(150, 2000); ++n) {
        const litmus::program p = draw(random, flavour::weak);
        REQUIRE(is_weak_fragment(p));
        for (const auto sequences : {release_sequences::cxx20, release_sequences::cxx11}) {
            const auto axioms = by_axioms(p, sequences, 4000);
            const auto views = by_views(p, sequences, 40'000);
            if (!axioms || !views) continue;
            ++compared;
            most = std::max(most, views->shapes.size());
            INFO(litmus::text_of(p));
            INFO((sequences == release_sequences::cxx20 ? "C++20" : "C++11"));
            if (is_exact_for_views(p)) {
                ++exact;
                CHECK(axioms->shapes == views->shapes);
                CHECK(axioms->outcomes == views->outcomes);
            } else {
                CHECK(std::includes(axioms->shapes.begin(), axioms->shapes.end(),
                                    views->shapes.begin(), views->shapes.end()));
            }
        }
    }
    CHECK(exact >= 75);
    WARN(compared << " comparisons, " << exact << " of them exact, at most " << most
                  << " executions");
}

TEST_CASE("the order of seq_cst fences need not follow po and rf", "[oracle]") {
    const litmus::program p = program_of(
        "store z 3 rlx; fence sc; store x 2 rlx || r0 = load x rlx; store y r0+1 rlx || "
        "r0 = load y rlx; fence sc; store z 1 rlx");
    const auto axioms = by_axioms(p, release_sequences::cxx20, k_most);
    const auto views = by_views(p, release_sequences::cxx20, k_most);
    REQUIRE((axioms && views));
    CHECK_FALSE(is_exact_for_views(p));
    CHECK(axioms->outcomes.contains("2:r0=2 3:r0=3 z=3 x=2 y=3"));
    CHECK_FALSE(views->outcomes.contains("2:r0=2 3:r0=3 z=3 x=2 y=3"));
}

TEST_CASE("a failing program is cut down to what fails", "[oracle]") {
    const litmus::program p = program_of(
        "store x 1 rlx; r0 = load y rlx; fence sc || "
        "store y 1 rlx; r0 = add x 1 rlx");
    const auto has_fence = [](const litmus::program& some) {
        return litmus::text_of(some).find("fence") != std::string::npos;
    };
    CHECK(litmus::text_of(cut_down(p, has_fence)) == "fence seq_cst");
}

}  // namespace cyclone::model::test
