// Mutants: every seeded bug is tried by every check, each in a process of its own, since what is
// broken may crash or never return; the evidence says who found what. Every check passes on what
// ships: otherwise its finds would mean nothing.
//
// Bugs that such code is known for, and the seeded ones that stand for them (variant and number):
//   published without looking at the source again   hazard_pointers 1, locked_table 1
//   a fence left out                                hazard_pointers 2, 3; epochs 1, 2, 3;
//                                                   quiescent 1, 3
//   a store or load of too weak an order            hazard_pointers 4, 6, 9; epochs 6, 7;
//                                                   quiescent 2
//   the scan is one short                           hazard_pointers 5
//   a slot that nobody clears                       hazard_pointers 7
//   what a thread leaves behind is lost, or twice   hazard_pointers 8, 10; epochs 8
//   guards of one thread in each other's way        hazard_pointers 11, epochs 10, locked_table 2
//   the epoch goes on although a thread lags        epochs 4, quiescent 5
//   disposed of one epoch early, or stamped early   epochs 5, 9; quiescent 4
#include "support/mutants.hpp"

#include <array>
#include <fmt/format.h>
#include <stdexcept>

#include "scenes.hpp"
#include "support.hpp"
#include "support/explored.hpp"

namespace cyclone::reclamation::test {
namespace {

constexpr cyclone::test::child_limits k_limits{.cpu_seconds = 60, .wall_seconds = 120};
constexpr std::uint64_t k_seed = 0x5eed;

/// One subject of a check: what is registered, and its number among the seeded bugs (0: it ships).
struct subject {
    const registration* row;
    int number;
    factory make;
};

struct checker {
    const char* name;
    std::string (*judge)(const subject& what);
};

/// What the explorer calls it.
std::string_view name_of(model::fault what) {
    constexpr std::array<std::string_view, 11> k_names{
        "none",        "requirement", "race",     "uninitialised",    "use_after_free",
        "double_free", "leak",        "deadlock", "not_linearizable", "too_long",
        "inconsistent"};
    return k_names.at(static_cast<std::size_t>(what));
}

std::string by_scenarios(const subject& what) {
    for (const scenario& one : scenarios()) {
        const finding found = one.run(what.make);
        if (!found.empty()) return found;
    }
    return {};
}

std::string by_programs(const subject& what) { return run_programs(what.make, k_seed, 150); }

std::string by_crowds(const subject& what) {
    return run_crowds(what.make, {.threads = 4, .steps = 10000, .seed = k_seed});
}

std::string by_exploring(const subject& what) {
    for (const scene_line& one : scenes_of(what.row->name, what.number)) {
        const model::result said = model::check(cyclone::test::every_build(), one.body);
        if (said.found) return fmt::format("{}: in {}", name_of(said.found->what), one.name);
        // A search that was cut short has shown nothing: it must not look like a pass.
        if (said.said != model::verdict::passed)
            throw std::runtime_error(fmt::format("{}: {}", one.name, said.bound));
    }
    return {};
}

/// In the order of the report's columns.
constexpr std::array<checker, 4> k_checkers{{
    {"conformance", &by_scenarios},
    {"property", &by_programs},
    {"stress", &by_crowds},
    {"explored", &by_exploring},
}};

/// What a broken subject has been caught with: the number of the semantic, or the explorer's word.
std::string sign_of(const std::string& found) { return found.substr(0, found.find(':')); }

}  // namespace

TEST_CASE("every seeded bug is found", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        if (row->mutants.empty()) continue;
        const auto score = cyclone::test::try_every_checker(
            *row, k_checkers, [&](const checker& with, const mutant& m) {
                const subject broken{row, m.number, m.make};
                return sign_of(cyclone::test::fate([&] { return with.judge(broken); }, k_limits));
            });
        for (const auto& [number, killers] : score.killers) {
            std::string who;
            for (const auto& [name, sign] : killers) who += fmt::format(" {} ({})", name, sign);
            WARN(row->name << " " << number << ":" << who);
        }
    }
}

TEST_CASE("the checks find nothing in what ships, and every variant has a bug", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        CHECK((row->part == role::peer || !row->mutants.empty()));
        for (const checker& with : k_checkers) {
            INFO(row->name << ", " << with.name);
            const subject ships{row, 0, row->make};
            CHECK(cyclone::test::fate([&] { return with.judge(ships); }, k_limits) == "");
        }
    }
}

/// What only a weaker memory than this machine's shows must be found by exploring, whoever else
/// was lucky.
TEST_CASE("the explorer finds what is wrong in orders and fences", "[mutants]") {
    struct weak {
        std::string_view variant;
        std::span<const int> numbers;
    };
    static constexpr std::array k_hazard{1, 2, 3, 4, 6, 9};
    static constexpr std::array k_epochs{1, 2, 3, 4, 5, 6, 7};
    static constexpr std::array k_quiescent{1, 2, 3, 4};
    const std::array<weak, 3> all{
        {{"hazard_pointers", k_hazard}, {"epochs", k_epochs}, {"quiescent", k_quiescent}}};
    for (const registration* row : chosen_rows()) {
        for (const weak& one : all) {
            if (one.variant != row->name) continue;
            for (const int number : one.numbers) {
                const subject broken{row, number, nullptr};
                const std::string found =
                    cyclone::test::fate([&] { return by_exploring(broken); }, k_limits);
                INFO(row->name << " mutant " << number);
                CHECK((found.starts_with("race") || found.starts_with("use_after_free")));
            }
        }
    }
}

}  // namespace cyclone::reclamation::test
