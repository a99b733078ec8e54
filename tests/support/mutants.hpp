#pragma once
// The suite `mutants` of a component whose one judge says which property is broken, if any: every
// seeded bug of the registry must be found, each in a process of its own, since what is broken may
// crash, wait for ever or trip an assertion; that too is being found. (The timers, which have many
// checkers, say in tests/timer/mutants.cpp which of them finds what.)

#include <functional>
#include <string>
#include <vector>

#include "support/suite.hpp"

namespace cyclone::test {

/// What a child may use before it counts as an endless loop.
struct child_limits {
    unsigned cpu_seconds = 10;
    unsigned wall_seconds = 60;  ///< threads asleep for ever use no processor time
};

/// The property that is broken, or nothing. May crash or never return.
using judgement = std::function<std::string()>;

/// Runs `judge` in a child and returns what was found, or nothing if all was well. A child that
/// cannot judge fails the test: it has shown nothing about anything.
[[nodiscard]] std::string fate(const judgement& judge, child_limits limits);

/// Tries every seeded bug of `rows` and records the evidence; `judge(factory)` is the judgement.
template <class Row, class Judge>
void find_every_mutant(const std::vector<const Row*>& rows, child_limits limits, Judge judge) {
    for (const Row* row : rows) {
        lab::evidence line;
        line.variant = std::string(row->name);
        line.suite = "mutants";
        line.tool = "fork";
        lab::mutation_score& score = line.mutants.emplace();
        for (const auto& m : row->mutants) {
            const std::string found = fate([&] { return judge(m.make); }, limits);
            INFO(row->name << " mutant " << m.number << ": " << m.breaks);
            CHECK(found != "");
            ++score.total;
            if (found.empty()) continue;
            ++score.killed;
            score.by[std::to_string(m.number)] = found;
        }
        if (row->mutants.empty()) continue;
        line.cases = score.total;
        line.passed = score.killed == score.total;
        record(std::move(line));
    }
}

/// Tries every checker on every seeded bug of `row` and records who found what; each bug must be
/// found. `tried(checker, mutant)` is the sign by which it was, or nothing. A checker has a `name`.
template <class Row, class Checkers, class Tried>
lab::mutation_score try_every_checker(const Row& row, const Checkers& checkers, Tried tried) {
    lab::evidence line;
    line.variant = std::string(row.name);
    line.suite = "mutants";
    line.tool = "fork";
    lab::mutation_score& score = line.mutants.emplace();
    for (const auto& with : checkers) score.checkers.emplace_back(with.name);
    for (const auto& m : row.mutants) {
        const std::string number = std::to_string(m.number);
        score.breaks[number] = std::string(m.breaks);
        auto& found = score.killers[number];
        for (const auto& with : checkers) {
            const std::string sign = tried(with, m);
            if (sign.empty()) continue;
            found[with.name] = sign;
            // The first that finds a bug is named in the summary.
            score.by.emplace(number, std::string(with.name) + ": " + sign);
        }
        INFO(row.name << " mutant " << m.number << ": " << m.breaks);
        CHECK_FALSE(found.empty());
        ++score.total;
        score.killed += found.empty() ? 0 : 1;
    }
    line.cases = score.total;
    line.passed = score.killed == score.total;
    lab::mutation_score said = score;
    record(std::move(line));
    return said;
}

/// What ships has seeded bugs beside it, peers apart, and is itself found to be well.
template <class Row, class Judge>
void find_nothing_in_what_ships(const std::vector<const Row*>& rows, child_limits limits,
                                Judge judge) {
    for (const Row* row : rows) {
        INFO(row->name);
        using role = decltype(row->part);
        CHECK((row->part == role::peer || !row->mutants.empty()));
        CHECK(fate([&] { return judge(row->make); }, limits) == "");
    }
}

}  // namespace cyclone::test
