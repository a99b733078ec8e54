// The explorer's own seeded bugs (model/mutants.hpp): every one must be found, and the evidence
// says by whom. Each check is tried on each bug in a process of its own, since a search that has
// lost its way may never end; that too is being found.
#include "support/mutants.hpp"

#include <array>
#include <fmt/format.h>

#include "litmus_support.hpp"
#include "model/mutants.hpp"

namespace cyclone::model::test {
namespace {

constexpr cyclone::test::child_limits k_limits{.cpu_seconds = 10, .wall_seconds = 60};
constexpr std::uint64_t k_seed = 20170618;  ///< the same programs in every run: a bug stays found
constexpr std::uint64_t k_programs = 150;   ///< by oracle and bug

struct checker {
    const char* name;
    std::string (*judge)(int mutant);
};

template <oracle By>
std::string by_random(int mutant) {
    return compare_random(By, k_programs, k_seed, mutant).failed;
}

constexpr std::array<checker, 6> k_checkers{{
    {"litmus counts", first_wrong_litmus},
    {"publication", wrong_publication},
    {"brute force", by_random<oracle::axioms>},
    {"interleavings", by_random<oracle::interleavings>},
    {"view machine", by_random<oracle::views>},
    {"cubic check", by_random<oracle::naive>},
}};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

TEST_CASE("every seeded bug of the explorer is found", "[mutants]") {
    lab::evidence line;
    line.variant = "explorer";
    line.suite = "mutants";
    line.tool = "fork";
    lab::mutation_score& score = line.mutants.emplace();
    for (const checker& with : k_checkers) score.checkers.emplace_back(with.name);
    for (const explorer_mutant& b : k_explorer_mutants) {
        const std::string number = std::to_string(b.number);
        score.breaks[number] = b.breaks;
        score.killers[number];
        std::string first;
        for (const checker& with : k_checkers) {
            const std::string found =
                cyclone::test::fate([&] { return first_line(with.judge(b.number)); }, k_limits);
            if (found.empty()) continue;
            score.killers[number][with.name] = found;
            if (first.empty()) first = fmt::format("{}: {}", with.name, found);
        }
        INFO("mutant " << b.number << ": " << b.breaks);
        CHECK(first != "");
        ++score.total;
        if (first.empty()) continue;
        ++score.killed;
        score.by[number] = first;
        std::string who;
        for (const auto& [name, sign] : score.killers[number]) who += "\n    " + name + ": " + sign;
        WARN("mutant " << b.number << " (" << b.breaks << ") found by" << who);
    }
    line.cases = score.total;
    line.passed = score.killed == score.total;
    cyclone::test::record(std::move(line));
}

TEST_CASE("the checkers find nothing in the explorer itself", "[mutants]") {
    for (const checker& with : k_checkers) {
        INFO(with.name);
        CHECK(cyclone::test::fate([&] { return with.judge(0); }, k_limits) == "");
    }
}

}  // namespace cyclone::model::test
