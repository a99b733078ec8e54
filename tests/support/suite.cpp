#include "support/suite.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "support/seed.hpp"

namespace cyclone::test {

namespace {

struct tally {
    std::uint64_t cases = 0;
    std::uint64_t sections = 0;
    std::uint64_t failed = 0;
    std::vector<lab::explored_scenario> scenarios;
    std::map<std::string, std::string> facts;
};

std::uint64_t cases_in_section = 0;
std::vector<lab::explored_scenario> scenarios_in_section;
std::map<std::string, std::string> facts_in_section;

/// Watches sections named "<variant>: ..." and writes one line of evidence a variant and suite.
class evidence_listener : public Catch::TestEventListenerBase {
 public:
    using TestEventListenerBase::TestEventListenerBase;

    void testCaseStarting(const Catch::TestCaseInfo& test) override {
        TestEventListenerBase::testCaseStarting(test);
        suite_ = test.tags.empty() ? std::string{} : test.tags.front();
    }

    void sectionStarting(const Catch::SectionInfo& section) override {
        TestEventListenerBase::sectionStarting(section);
        forget_section();
    }

    void sectionEnded(const Catch::SectionStats& stats) override {
        TestEventListenerBase::sectionEnded(stats);
        const std::size_t colon = stats.sectionInfo.name.find(": ");
        if (colon == std::string::npos || suite_ == "mutants") return;
        tally& t = tallies_[{suite_, stats.sectionInfo.name.substr(0, colon)}];
        t.cases += cases_in_section;
        ++t.sections;
        t.failed += stats.assertions.failed > 0 ? 1 : 0;
        for (auto& found : scenarios_in_section) t.scenarios.push_back(std::move(found));
        t.facts.merge(facts_in_section);
        forget_section();
    }

    void testRunEnded(const Catch::TestRunStats& run) override {
        TestEventListenerBase::testRunEnded(run);
        for (const std::string& variant : identity().variants) {
            for (const auto& [key, t] : tallies_) {
                if (key.second != variant) continue;
                lab::evidence line;
                line.variant = key.second;
                line.suite = key.first;
                line.tool = key.first == "property" ? "rapidcheck" : "catch2";
                line.passed = t.failed == 0;
                line.cases = t.cases;
                line.detail = fmt::format("{} scenarios, {} failed", t.sections, t.failed);
                line.scenarios = t.scenarios;
                line.facts = t.facts;
                if (!t.scenarios.empty()) line.tool = "explorer";
                record(std::move(line));
            }
        }
    }

 private:
    static void forget_section() {
        cases_in_section = 0;
        scenarios_in_section.clear();
        facts_in_section.clear();
    }

    std::string suite_;
    std::map<std::pair<std::string, std::string>, tally> tallies_;
};

CATCH_REGISTER_LISTENER(evidence_listener)

}  // namespace

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

std::size_t effort(std::size_t small, std::size_t large) {
    return environment("CYCLONE_FULL") == "1" ? large : small;
}

void note_scenario(lab::explored_scenario found) {
    scenarios_in_section.push_back(std::move(found));
}

void note_fact(const std::string& of, const std::string& what) { facts_in_section[of] = what; }

void count_cases(std::uint64_t cases) { cases_in_section += cases; }

void record(lab::evidence line) {
    line.component = identity().component;
    line.seed = seed();
    const auto written = lab::append_evidence(line);
    if (!written) std::fprintf(stderr, "evidence lost: %s\n", to_string(written.error()).c_str());
}

}  // namespace cyclone::test
