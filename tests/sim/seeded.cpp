// Seeded bugs of the simulator: each must be found by one of the checks that the right one passes.
#include <catch2/catch.hpp>
#include <functional>

#include "subjects.hpp"

namespace cyclone::sim::test {
namespace {

bool counts_by_hand(int mutant) {
    const report r = simulate(scu_subject(2, 0, 1), {.processors = 2,
                                                     .how = schedule::round_robin,
                                                     .operations = 50,
                                                     .warmup = 10,
                                                     .mutant = mutant});
    const call_report all = r.total();
    return r.broken.empty() && r.steps == 400 && all.failed_compares == 100 &&
           all.transfers == 200 && r.each[1].steps_worst == 239 && r.each[0].gap_worst == 4;
}

bool draws_evenly(int mutant) {
    constexpr std::uint32_t k_processors = 8;
    std::vector<std::uint32_t> seen;
    const report r =
        simulate(footprint_subject(seen),
                 {.processors = k_processors, .operations = 1000, .warmup = 1, .mutant = mutant});
    if (!r.broken.empty()) return false;
    std::size_t again = 0;
    for (std::size_t i = 1; i < seen.size(); ++i) again += seen[i] == seen[i - 1] ? 1 : 0;
    const double share = static_cast<double>(again) / static_cast<double>(seen.size());
    return share > 0.8 / k_processors && share < 1.2 / k_processors;
}

bool starves(int mutant) {
    const report r =
        simulate(scu_subject(3, 0, 1),
                 {.processors = 3, .how = schedule::adversary, .operations = 50, .mutant = mutant});
    return r.broken.empty() && r.each[0].done == 0;
}

bool heeds_the_seed(int mutant) {
    const auto hash = [mutant](std::uint64_t seed) {
        return simulate(scu_subject(3, 0, 1),
                        {.processors = 3, .seed = seed, .operations = 50, .mutant = mutant})
            .hash;
    };
    return hash(2) == hash(2) && hash(2) != hash(3);
}

bool tells_refusals(int mutant) {
    const report r =
        simulate(refusing_subject(), {.processors = 2, .operations = 100, .mutant = mutant});
    return r.broken.empty() && r.calls[0].refused > 150 && r.calls[0].done == 200;
}

struct check {
    const char* name;
    std::function<bool(int)> passes;
};

const std::vector<check>& checks() {
    static const std::vector<check> all{{"counts by hand", counts_by_hand},
                                        {"draws evenly", draws_evenly},
                                        {"starves", starves},
                                        {"heeds the seed", heeds_the_seed},
                                        {"tells refusals", tells_refusals}};
    return all;
}

}  // namespace

TEST_CASE("what ships passes every check", "[seeded]") {
    for (const check& one : checks()) {
        INFO(one.name);
        CHECK(one.passes(0));
    }
}

TEST_CASE("every seeded bug of the simulator is found", "[seeded]") {
    for (int mutant = 1; mutant <= k_mutants; ++mutant) {
        INFO("mutant " << mutant);
        bool found = false;
        for (const check& one : checks()) found = found || !one.passes(mutant);
        CHECK(found);
    }
}

}  // namespace cyclone::sim::test
