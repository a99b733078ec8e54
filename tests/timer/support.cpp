#include "support.hpp"

#include <cstdlib>
#include <fmt/format.h>

#include "support/seed.hpp"

namespace cyclone::timer::test {

namespace {

/// RapidCheck reads this once, at its first check; what the user or main() gave stays.
class effort_listener : public Catch::TestEventListenerBase {
 public:
    using TestEventListenerBase::TestEventListenerBase;

    void testRunStarting(const Catch::TestRunInfo& run) override {
        TestEventListenerBase::testRunStarting(run);
        std::string params = cyclone::test::environment("RC_PARAMS");
        if (params.find("max_success=") != std::string::npos) return;
        params += fmt::format(" max_success={} max_size=300", effort(500, 5000));
        setenv("RC_PARAMS", params.c_str(), 1);
    }
};

CATCH_REGISTER_LISTENER(effort_listener)

}  // namespace

std::vector<const registration*> chosen_rows() {
    std::vector<const registration*> rows = cyclone::test::chosen_of(registry());
    const std::string wanted = cyclone::test::environment("CYCLONE_MUTANT");
    if (wanted.empty() || wanted == "0") return rows;
    if (rows.size() != 1) FAIL("CYCLONE_MUTANT needs CYCLONE_VARIANT to name one variant");
    static registration broken = *rows.front();  // of the one row, for all of the process
    for (const mutant& m : rows.front()->mutants) {
        if (std::to_string(m.number) != wanted) continue;
        broken.make = m.make;
        broken.mutants = {};
        return {&broken};
    }
    FAIL("CYCLONE_MUTANT=" << wanted << " is no seeded bug of " << broken.name);
    return {};
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

}  // namespace cyclone::timer::test

namespace cyclone::test {

suite_identity identity() {
    suite_identity mine{"timer", {}};
    for (const timer::registration& row : timer::registry()) mine.variants.emplace_back(row.name);
    return mine;
}

}  // namespace cyclone::test
