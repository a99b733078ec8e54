// Litmus tests: exact counts of executions, what must be seen and what never may; by the explorer
// and, beside it, by the brute-force enumerator. Then the tests that are families: a fence of every
// kind in every position.
#include <fmt/format.h>

#include "litmus_support.hpp"
#include "litmus_table.hpp"
#include "model/explored.hpp"

namespace cyclone::model::test {

using litmus::program;

namespace {

/// The parts of a text between bars.
std::vector<std::string> parts(std::string_view text) {
    std::vector<std::string> all;
    while (!text.empty()) {
        const std::size_t bar = std::min(text.find('|'), text.size());
        all.emplace_back(text.substr(0, bar));
        text.remove_prefix(std::min(bar + 1, text.size()));
    }
    return all;
}

/// Runs a test under the explorer and says what is not as written; nothing if all is.
std::string wrong_in(const litmus_test& test, int mutant) {
    const program p = program_of(test.text);
    const std::vector<std::string> allowed = parts(test.allowed), never = parts(test.forbidden);
    std::vector<bool> met(allowed.size());
    std::set<std::string> shapes;
    std::uint64_t graphs = 0;
    std::string wrong;
    options how;
    how.sequences = test.sequences;
    how.mutant = mutant;
    how.graphs_max = 10'000;
    how.on_graph = [&](const graph& g) {
        ++graphs;
        shapes.insert(litmus::shape_of(g));
        const auto end = litmus::replay(p, g, wrong);
        if (!end) return;
        for (std::size_t k = 0; k < allowed.size(); ++k)
            met[k] = met[k] || litmus::holds(p, *end, allowed[k]);
        for (const std::string& terms : never)
            if (litmus::holds(p, *end, terms)) wrong = "forbidden: " + terms;
    };
    const result said = check(how, litmus::body_of(p));
    const bool raced = said.found && said.found->what == fault::race;
    if (test.executions == k_race) return raced ? std::string() : "no race was found";
    if (said.found) return "fault: " + said.found->message;
    if (said.said != verdict::passed) return "partial: " + said.bound;
    if (!wrong.empty()) return wrong;
    if (shapes.size() != test.executions || graphs != test.executions ||
        said.complete != test.executions || said.duplicates != 0)
        return fmt::format("{} executions, {} of them different, {} said; expected {}", graphs,
                           shapes.size(), said.complete, test.executions);
    for (std::size_t k = 0; k < allowed.size(); ++k)
        if (!met[k]) return "never seen: " + allowed[k];
    return {};
}

/// The number of executions of a program; k_race if it has a race, and a failure if anything else
/// is wrong.
std::uint64_t count_of(const std::string& text) {
    const observed seen = explore(program_of(text));
    INFO(text);
    if (seen.said.found) {
        INFO(seen.said.found->message);
        CHECK(seen.said.found->what == fault::race);
        return k_race;
    }
    CHECK(seen.said.said == verdict::passed);
    CHECK(seen.graphs == seen.shapes.size());
    CHECK(seen.wrong == "");
    return seen.said.complete;
}

/// What may stand between two instructions, and which way it orders.
struct between {
    const char* text;
    bool acquire, release, sc;
};
constexpr between k_between[] = {
    {"; ", false, false, false},           {"; fence acq; ", true, false, false},
    {"; fence rel; ", false, true, false}, {"; fence ar; ", true, true, false},
    {"; fence sc; ", true, true, true},
};

}  // namespace

std::string first_wrong_litmus(int mutant) {
    for (const litmus_test& test : litmus_tests()) {
        const std::string wrong = wrong_in(test, mutant);
        if (!wrong.empty()) return fmt::format("{}: {}", test.name, wrong);
    }
    return {};
}

TEST_CASE("litmus tests: counts and outcomes", "[conformance]") {
    for (const litmus_test& test : litmus_tests()) {
        DYNAMIC_SECTION("explorer: " << test.name) {
            cyclone::test::count_cases(1);
            INFO(test.text);
            CHECK(wrong_in(test, 0) == "");
        }
    }
}

TEST_CASE("a fence of every kind in every position", "[conformance]") {
    const auto both = [](const char* first, const char* second) {
        return [=](const between& a, const between& b) {
            const auto put = [](std::string text, const between& x) {
                const std::size_t at = text.find("; ");
                return text.replace(at, 2, x.text);
            };
            return put(first, a) + " || " + put(second, b);
        };
    };
    const auto each = [](const char* name, auto make, auto expected) {
        DYNAMIC_SECTION("explorer: fences in " << name) {
            for (const between& a : k_between)
                for (const between& b : k_between) {
                    cyclone::test::count_cases(1);
                    const std::string text = make(a, b);
                    INFO(text);
                    CHECK(count_of(text) == expected(a, b));
                }
        }
    };
    const auto when = [](auto ordered, std::uint64_t then, std::uint64_t otherwise) {
        return [=](const between& a, const between& b) { return ordered(a, b) ? then : otherwise; };
    };
    const auto published = [](const between& a, const between& b) {
        return a.release && b.acquire;
    };
    const auto two_sc = [](const between& a, const between& b) { return a.sc && b.sc; };
    each("SB", both("store x 1 rlx; r0 = load y rlx", "store y 1 rlx; r0 = load x rlx"),
         when(two_sc, 3, 4));
    each("MP", both("store x 1 rlx; store y 1 rlx", "r0 = load y rlx; r1 = load x rlx"),
         when(published, 3, 4));
    each("MP of plain data", both("set d 1; store y 1 rlx", "r0 = load y rlx; if r0 == 1: get d"),
         when(published, 2, k_race));
    each("LB", both("r0 = load x rlx; store y 1 rlx", "r0 = load y rlx; store x 1 rlx"),
         when(published, 3, 3));
    each("S", both("store x 2 rlx; store y 1 rlx", "r0 = load y rlx; store x 1 rlx"),
         when(published, 3, 4));
    each("R", both("store x 1 rlx; store y 1 rlx", "store y 2 rlx; r0 = load x rlx"),
         when(two_sc, 3, 4));
    each("2+2W", both("store x 1 rlx; store y 2 rlx", "store y 1 rlx; store x 2 rlx"),
         when(two_sc, 3, 4));
    each(
        "IRIW",
        [&](const between& a, const between& b) {
            return "store x 1 rlx || store y 1 rlx || " +
                   both("r0 = load x rlx; r1 = load y rlx", "r0 = load y rlx; r1 = load x rlx")(a,
                                                                                                b);
        },
        when(two_sc, 15, 16));
}

std::string wrong_publication(int mutant) {
    using policy = sync::explored;
    using cell = policy::var<int>;
    options how;
    how.mutant = mutant;
    for (const bool ordered : {true, false}) {
        const auto store = ordered ? std::memory_order_release : std::memory_order_relaxed;
        const auto load = ordered ? std::memory_order_acquire : std::memory_order_relaxed;
        const result said = check(how, [=] {
            policy::atomic<cell*> pointer(nullptr);
            cell* made = nullptr;
            {
                thread writer([&] {
                    made = policy::make<cell>(7);
                    pointer.store(made, store);
                });
                thread reader([&] {
                    if (cell* const seen = pointer.load(load)) require(seen->get() == 7);
                });
            }
            policy::dispose(made);
        });
        const bool faulty = said.found && (said.found->what == fault::uninitialised ||
                                           said.found->what == fault::race);
        if (ordered && said.found) return "a sound publication: " + said.found->message;
        if (ordered && said.said != verdict::passed) return "partial: " + said.bound;
        if (!ordered && !faulty) return "an unordered publication passed";
    }
    return {};
}

TEST_CASE("data handed over by a pointer", "[conformance]") {
    SECTION("explorer: publication") {
        cyclone::test::count_cases(2);
        CHECK(wrong_publication(0) == "");
    }
}

}  // namespace cyclone::model::test
