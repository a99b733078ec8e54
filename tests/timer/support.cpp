#include "support.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <map>

#include "support/seed.hpp"

namespace cyclone::timer::test {

namespace {

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

struct tally {
    std::uint64_t cases = 0;
    std::uint64_t sections = 0;
    std::uint64_t failed = 0;
};

std::uint64_t cases_in_section = 0;

/// Watches sections named "<variant>: ..." and writes one line of evidence a variant and suite.
class evidence_listener : public Catch::TestEventListenerBase {
 public:
    using TestEventListenerBase::TestEventListenerBase;

    void testRunStarting(const Catch::TestRunInfo& run) override {
        TestEventListenerBase::testRunStarting(run);
        // RapidCheck reads this once, at its first check; what the user or main() gave stays.
        std::string params = environment("RC_PARAMS");
        if (params.find("max_success=") != std::string::npos) return;
        params += fmt::format(" max_success={} max_size=300", effort(500, 5000));
        setenv("RC_PARAMS", params.c_str(), 1);
    }

    void testCaseStarting(const Catch::TestCaseInfo& test) override {
        TestEventListenerBase::testCaseStarting(test);
        suite_ = test.tags.empty() ? std::string{} : test.tags.front();
    }

    void sectionStarting(const Catch::SectionInfo& section) override {
        TestEventListenerBase::sectionStarting(section);
        cases_in_section = 0;
    }

    void sectionEnded(const Catch::SectionStats& stats) override {
        TestEventListenerBase::sectionEnded(stats);
        const std::size_t colon = stats.sectionInfo.name.find(": ");
        if (colon == std::string::npos || suite_ == "mutants") return;
        tally& t = tallies_[{suite_, stats.sectionInfo.name.substr(0, colon)}];
        t.cases += cases_in_section;
        ++t.sections;
        t.failed += stats.assertions.failed > 0 ? 1 : 0;
        cases_in_section = 0;
    }

    void testRunEnded(const Catch::TestRunStats& run) override {
        TestEventListenerBase::testRunEnded(run);
        for (const registration& row : registry()) {
            for (const auto& [key, t] : tallies_) {
                if (key.second != row.name) continue;
                lab::evidence line;
                line.variant = key.second;
                line.suite = key.first;
                line.tool = key.first == "property" ? "rapidcheck" : "catch2";
                line.passed = t.failed == 0;
                line.cases = t.cases;
                line.detail = fmt::format("{} scenarios, {} failed", t.sections, t.failed);
                record(std::move(line));
            }
        }
    }

 private:
    std::string suite_;
    std::map<std::pair<std::string, std::string>, tally> tallies_;
};

CATCH_REGISTER_LISTENER(evidence_listener)

}  // namespace

std::vector<const registration*> chosen_rows() {
    const std::string wanted = environment("CYCLONE_VARIANT");
    std::vector<const registration*> rows;
    std::ptrdiff_t known = 0;
    for (const registration& row : registry()) {
        const std::string name{row.name};
        const bool named = ("," + wanted + ",").find("," + name + ",") != std::string::npos;
        known += named ? 1 : 0;
        if (wanted.empty() || named) rows.push_back(&row);
    }
    const auto asked = wanted.empty() ? 0 : 1 + std::count(wanted.begin(), wanted.end(), ',');
    if (known != asked) FAIL("CYCLONE_VARIANT=" << wanted << " names an unknown variant");
    return rows;
}

std::size_t effort(std::size_t small, std::size_t large) {
    return environment("CYCLONE_FULL") == "1" ? large : small;
}

std::vector<std::uint8_t> random_bytes(rng& random, std::size_t ops_max) {
    // Swarm testing: a program that uses few timers and few distances makes them meet.
    const std::uint64_t timers = 2 + random.uniform(k_program_timers - 1);
    std::vector<std::uint8_t> palette(1 + random.uniform(12));
    for (std::uint8_t& delta : palette) delta = static_cast<std::uint8_t>(random());
    std::vector<std::uint8_t> bytes;
    for (std::size_t op = 1 + random.uniform(ops_max); op > 0; --op) {
        bytes.push_back(static_cast<std::uint8_t>(random()));
        bytes.push_back(static_cast<std::uint8_t>(random.uniform(timers)));
        bytes.push_back(palette[random.uniform(palette.size())]);
    }
    return bytes;
}

std::string describe(std::string_view name, const violation& found, const program& operations) {
    return fmt::format(
        "{}: {} at operation {}: {}\n{}repro: CYCLONE_VARIANT={} CYCLONE_SEED={} timer_tests", name,
        found.property, found.step, found.detail, to_string(operations), name,
        seed_text(cyclone::test::seed()));
}

void count_cases(std::uint64_t cases) { cases_in_section += cases; }

void record(lab::evidence line) {
    line.component = "timer";
    line.seed = cyclone::test::seed();
    const auto written = lab::append_evidence(line);
    if (!written) std::fprintf(stderr, "evidence lost: %s\n", to_string(written.error()).c_str());
}

}  // namespace cyclone::timer::test
