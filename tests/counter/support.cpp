// Evidence of the counter suites: a listener counts sections and writes a line a variant and suite.
#include "support.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <map>

#include "support/seed.hpp"

namespace cyclone::counter::test {

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

class evidence_listener : public Catch::TestEventListenerBase {
 public:
    using TestEventListenerBase::TestEventListenerBase;

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
        for (const auto& [key, t] : tallies_) {
            const auto named = [&](const registration& row) { return row.name == key.second; };
            if (std::ranges::none_of(registry(), named)) continue;
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

std::uint64_t amount(std::uint64_t small, std::uint64_t large) {
    return environment("CYCLONE_FULL") == "1" ? large : small;
}

std::string text(const std::optional<violation>& found) {
    return found ? found->property + ": " + found->detail : std::string{};
}

void count_cases(std::uint64_t cases) { cases_in_section += cases; }

void record(lab::evidence line) {
    line.component = "counter";
    line.seed = cyclone::test::seed();
    const auto written = lab::append_evidence(line);
    if (!written) std::fprintf(stderr, "evidence lost: %s\n", to_string(written.error()).c_str());
}

}  // namespace cyclone::counter::test
