// Random programs: what the explorer finds must be what an oracle finds, each execution once.
//
// A difference is cut down and printed with the program's text; CYCLONE_PROGRAM='<text>' with the
// test "a given program" tries that one alone, and the seed printed at the end repeats the run.
#include <algorithm>
#include <fmt/format.h>

#include "enumerate.hpp"
#include "litmus_support.hpp"
#include "support/seed.hpp"
#include "view_machine.hpp"

namespace cyclone::model::test {

using litmus::program;

namespace {

constexpr std::uint64_t k_candidates_max = 4000;  ///< of one program, in the axioms' enumerator
constexpr std::uint64_t k_graphs_max = 50'000;    ///< of one program, in the explorer
constexpr std::uint64_t k_states_max = 40'000;    ///< of one program, in the two machines

std::optional<behaviours> expected_of(const program& p, oracle by, release_sequences sequences) {
    if (by == oracle::interleavings) return by_interleaving(p, k_states_max);
    if (by == oracle::views) return by_views(p, sequences, k_states_max);
    return by_axioms(p, sequences, k_candidates_max);
}

std::string first_missing(const std::set<std::string>& all, const std::set<std::string>& from) {
    for (const std::string& one : all)
        if (!from.contains(one)) return one;
    return {};
}

/// `all`: the oracle has all executions, and not only some that must be there.
std::string differing_sets(const behaviours& expected, const observed& seen, bool all) {
    const std::string extra = all ? first_missing(seen.shapes, expected.shapes) : std::string();
    const std::string lost = first_missing(expected.shapes, seen.shapes);
    if (!lost.empty() || !extra.empty())
        return fmt::format(
            "{} executions where the oracle has {}\n  one that it misses:\n{}\n"
            "  one that it should not have:\n{}",
            seen.shapes.size(), expected.shapes.size(), lost, extra);
    if (all && seen.outcomes != expected.outcomes)
        return "another outcome: " + first_missing(expected.outcomes, seen.outcomes) + " / " +
               first_missing(seen.outcomes, expected.outcomes);
    return {};
}

/// The explorer stops at the first race, so that only whether there is one can be compared.
bool is_race(const observed& seen) {
    return seen.said.found && seen.said.found->what == fault::race;
}

std::string judged(const behaviours& expected, const observed& seen, bool all) {
    if (expected.racy)
        return is_race(seen) ? std::string() : "the oracle has a race, the explorer none";
    if (seen.said.found) return "fault: " + seen.said.found->message;
    if (seen.said.said != verdict::passed) return "partial: " + seen.said.bound;
    if (!seen.wrong.empty()) return "no execution of the program: " + seen.wrong;
    if (seen.graphs != seen.shapes.size())
        return fmt::format("{} graphs, {} different", seen.graphs, seen.shapes.size());
    if (seen.said.complete != seen.graphs || seen.said.duplicates != 0 || seen.said.blocked != 0)
        return fmt::format("says {} complete, {} duplicates, {} blocked of {} graphs",
                           seen.said.complete, seen.said.duplicates, seen.said.blocked,
                           seen.graphs);
    return differing_sets(expected, seen, all);
}

flavour flavour_for(oracle by) {
    if (by == oracle::interleavings) return flavour::sc;
    return by == oracle::views ? flavour::weak : flavour::any;
}

bool applies(const program& p, oracle by) {
    if (by == oracle::views) return is_weak_fragment(p);
    if (by != oracle::interleavings) return true;
    const auto sc = [](const litmus::instruction& i) {
        constexpr auto k_sc = std::memory_order_seq_cst;
        return !litmus::is_plain(i.what) && i.order == k_sc &&
               (!litmus::compares(i.what) || i.failure == k_sc);
    };
    return std::all_of(p.threads.begin(), p.threads.end(),
                       [&](const auto& t) { return std::all_of(t.begin(), t.end(), sc); });
}

}  // namespace

std::string difference(const program& p, oracle by, int mutant, comparison& tally) {
    for (const auto sequences : {release_sequences::cxx20, release_sequences::cxx11}) {
        options how;
        how.sequences = sequences;
        how.mutant = mutant;
        how.both = by == oracle::naive;
        how.graphs_max = k_graphs_max;
        std::optional<behaviours> expected;
        if (by != oracle::naive) {
            expected = expected_of(p, by, sequences);
            if (!expected) {
                ++tally.too_large;
                return {};
            }
            tally.racy += expected->racy ? 1 : 0;
        }
        const observed seen = explore(p, how);
        tally.graphs += seen.graphs;
        tally.graphs_most = std::max(tally.graphs_most, seen.graphs);
        std::string wrong;
        if (expected)
            wrong = judged(*expected, seen, by != oracle::views || is_exact_for_views(p));
        else if (seen.said.found && seen.said.found->what == fault::inconsistent)
            wrong = seen.said.found->message;
        else if (seen.said.said == verdict::partial)
            wrong = "partial: " + seen.said.bound;
        if (!wrong.empty())
            return fmt::format("{} release sequences, {}: {}",
                               sequences == release_sequences::cxx20 ? "C++20" : "C++11",
                               name_of(by), wrong);
        // Without weaker release sequences there is nothing new in the second turn.
        if (by == oracle::interleavings) break;
    }
    ++tally.programs;
    return {};
}

comparison compare_random(oracle by, std::uint64_t programs, std::uint64_t seed, int mutant) {
    comparison tally;
    rng random(seed + static_cast<std::uint64_t>(by));
    // Programs that are too large for an oracle are drawn again; the bound says when to give up.
    for (std::uint64_t tries = 0; tries < 4 * programs && tally.programs < programs; ++tries) {
        const program drawn = draw(random, flavour_for(by));
        std::string wrong = difference(drawn, by, mutant, tally);
        if (wrong.empty()) continue;
        // A seeded bug needs no reduction, and one that makes the search endless has no time for
        // it.
        if (mutant != 0) {
            tally.failed = wrong;
            return tally;
        }
        const program small = cut_down(drawn, [&](const program& p) {
            comparison ignored;
            return !difference(p, by, mutant, ignored).empty();
        });
        comparison ignored;
        tally.failed = fmt::format("{}\n  CYCLONE_PROGRAM='{}'\n  drawn as '{}'",
                                   difference(small, by, mutant, ignored), litmus::text_of(small),
                                   litmus::text_of(drawn));
        return tally;
    }
    return tally;
}

namespace {

void compare(oracle by, std::uint64_t programs) {
    const comparison done = compare_random(by, programs, cyclone::test::seed());
    const bool all = done.failed.empty() && done.programs == programs;
    lab::evidence line;
    line.variant = "explorer";
    line.suite = "property";
    line.tool = name_of(by);
    line.passed = all;
    line.cases = done.programs;
    line.detail =
        fmt::format("{} programs, {} racy, {} too large, {} graphs, the largest {}", done.programs,
                    done.racy, done.too_large, done.graphs, done.graphs_most);
    WARN(name_of(by) << ": " << line.detail);
    cyclone::test::record(std::move(line));
    INFO(done.failed);
    CHECK(all);
    CHECK(done.too_large <= programs / 4);
}

}  // namespace

TEST_CASE("random programs: every rf and mo that the axioms allow", "[property]") {
    compare(oracle::axioms, cyclone::test::effort(600, 20'000));
}

TEST_CASE("random programs: the incremental check is the cubic one", "[property]") {
    compare(oracle::naive, cyclone::test::effort(300, 5000));
}

TEST_CASE("random seq_cst programs: every interleaving", "[property]") {
    compare(oracle::interleavings, cyclone::test::effort(600, 10'000));
}

TEST_CASE("random weak programs: every run of the view machine", "[property]") {
    compare(oracle::views, cyclone::test::effort(400, 10'000));
}

TEST_CASE("random walks meet nothing but what the axioms allow", "[property]") {
    rng random(cyclone::test::seed());
    std::uint64_t programs = 0, met = 0, there = 0;
    for (std::size_t n = 0; n < cyclone::test::effort(60, 1000); ++n) {
        const program p = draw(random, flavour::any);
        const auto expected = by_axioms(p, release_sequences::cxx20, k_candidates_max);
        if (!expected || expected->racy) continue;
        options how;
        how.how = mode::random;
        how.seed = random();
        how.runs = 100;
        const observed seen = explore(p, how);
        INFO("CYCLONE_PROGRAM='" << litmus::text_of(p) << "'");
        CHECK_FALSE(seen.said.found);
        CHECK(seen.wrong == "");
        CHECK(first_missing(seen.shapes, expected->shapes) == "");
        ++programs;
        met += seen.shapes.size();
        there += expected->shapes.size();
    }
    CHECK(met > there / 4);  // 100 walks a program are not all the same walk
    WARN(programs << " programs, " << met << " of " << there << " executions met");
}

TEST_CASE("a given program", "[.program]") {
    const program p = program_of(cyclone::test::environment("CYCLONE_PROGRAM"));
    for (const oracle by : {oracle::axioms, oracle::interleavings, oracle::views, oracle::naive}) {
        if (!applies(p, by)) continue;
        comparison tally;
        CHECK(difference(p, by, 0, tally) == "");
        CHECK(tally.too_large == 0);
        WARN(name_of(by) << ": " << tally.graphs << " graphs, " << tally.racy << " racy");
    }
}

}  // namespace cyclone::model::test
