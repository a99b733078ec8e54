// What clocks do to timers, in true time: the control first, whose error is known beforehand, and
// then that every discipline does better where it claims to.
#include <cstdlib>

#include "experiments/clock/floor.hpp"
#include "experiments/clock/timer_drill.hpp"
#include "support.hpp"
#include "support/seed.hpp"

namespace cyclone::clock::test {
namespace {

std::map<std::string, double> drill(maker make, const scenario& what, due when,
                                    std::uint64_t seed) {
    timer_drill run(make, what, seed, {.when = when, .timers = 20});
    run.run(3600 * k_second);
    std::map<std::string, double> found;
    put_quantiles(found, "", run.lateness());
    found["fired"] = static_cast<double>(run.lateness().size());
    return found;
}

/// 100 ppm and nothing else: local time lags, so a timeout that trusts it is late by 3 ms in 30 s.
constexpr scenario k_steady{"steady", {.skew_ppb = 100'000}, {}, {}};

}  // namespace

TEST_CASE("an undisciplined counter fires timeouts as late as it is slow", "[judge]") {
    const auto got = drill(&make_any<floor<>>, k_steady, due::after, 1);
    CHECK(got.at("fired") >= 2380);
    CHECK(got.at("fired") <= 2400);
    CHECK(got.at("early_share") == 0);
    CHECK(std::abs(got.at("off_p50_ns") - 3'000'000) <= 1500);
    CHECK(std::abs(got.at("off_max_ns") - 3'000'000) <= 1500);
    scenario fast = k_steady;
    fast.local.skew_ppb = -100'000;
    const auto other = drill(&make_any<floor<>>, fast, due::after, 1);
    CHECK(other.at("early_share") == 1);
    CHECK(std::abs(other.at("early_max_ns") - 3'000'000) <= 1500);
    // An appointment is missed by all that has gathered: two hours' worth at the end.
    const auto far = drill(&make_any<floor<>>, k_steady, due::at, 1);
    CHECK(std::abs(far.at("off_max_ns") - 720'000'000) <= 5'000'000);
}

TEST_CASE("a clock that learns the rate mends timeouts", "[conformance]") {
    on_each("timers", [](const registration& row) {
        const std::uint64_t seed = cyclone::test::seed();
        const auto raw = drill(&make_any<floor<>>, k_steady, due::after, seed);
        const auto got = drill(row.make, k_steady, due::after, seed);
        count_cases(static_cast<std::uint64_t>(got.at("fired")));
        INFO("off by p99 " << got.at("off_p99_ns") << " ns, undisciplined "
                           << raw.at("off_p99_ns"));
        if (row.make({}, {})->declared().learns_rate) {
            CHECK(got.at("off_p99_ns") <= raw.at("off_p99_ns") / 10);
        }
        // Appointments: no discipline misses one by more than its samples explain.
        const auto kept = drill(row.make, k_steady, due::at, seed);
        CHECK(kept.at("off_max_ns") <= 5'000'000);
    });
}

}  // namespace cyclone::clock::test
