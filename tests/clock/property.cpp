// Properties: timelines out of bytes, which RapidCheck draws and shrinks to a few legs. Each leg
// has any gap, rate, delays and faults that the contract allows; the judge knows the true time.
#include <fmt/format.h>
#include <rapidcheck.h>

#include "support.hpp"
#include "support/seed.hpp"

namespace cyclone::clock::test {
namespace {

std::string shown(const std::vector<leg>& legs) {
    std::string out;
    for (const leg& l : legs) {
        out += fmt::format("gap {} ppb {} step {} out {} back {}{}\n", l.gap, l.ppb, l.step, l.out,
                           l.back, l.heard ? "" : " lost");
    }
    return out;
}

/// Timelines of up to some hundred legs; fails the section with the shrunk one.
void for_random_legs(const registration& row, int count) {
    rc::detail::TestParams params = rc::detail::configuration().testParams;
    params.maxSuccess = count;
    params.maxSize = 1000;
    const auto result = rc::detail::checkTestable(
        [&](const std::vector<std::uint8_t>& bytes) {
            const std::vector<leg> legs = decode_legs(bytes);
            findings seen;
            const auto found = check_legs(row.make, legs, &seen);
            count_cases(seen.probes);
            if (found) RC_FAIL(text(found) + "\n" + shown(legs));
        },
        rc::detail::TestMetadata{std::string(row.name) + " legs", ""}, params);
    INFO(row.name);
    CHECK(result.template is<rc::detail::SuccessResult>());
}

}  // namespace

TEST_CASE("any timeline", "[property]") {
    on_each("any timeline", [](const registration& row) {
        for_random_legs(row, static_cast<int>(cyclone::test::effort(1000, 20000)));
    });
}

TEST_CASE("any seed of any scenario", "[property]") {
    on_each("any seed", [](const registration& row) {
        rng random(cyclone::test::seed());
        for (std::size_t i = 0; i < cyclone::test::effort(40, 1000); ++i) {
            const scenario& what = scenarios()[random.uniform(scenarios().size())];
            findings seen;
            const auto found = check_scenario(row.make, what, random(), 3000, &seen);
            count_cases(seen.probes);
            INFO("seed " << seed_text(cyclone::test::seed()));
            REQUIRE(text(found) == "");
        }
    });
}

TEST_CASE("any settings", "[property]") {
    // The limits are arguments too: drawn, with a timeline that runs at the very edge of them.
    on_each("any settings", [](const registration& row) {
        rng random(cyclone::test::seed());
        for (std::size_t i = 0; i < cyclone::test::effort(200, 5000); ++i) {
            settings how;
            how.slew_max_ppm = 2 + static_cast<std::int64_t>(random.uniform(100'000 - 1));
            how.max_ppm = 1 + static_cast<std::int64_t>(
                                  random.uniform(static_cast<std::uint64_t>(how.slew_max_ppm - 1)));
            judge court(row.make, how, {});
            for (int n = 0; n < 200; ++n) {
                leg l;
                l.gap = static_cast<ns>(random.uniform(1ULL << (1 + random.uniform(36))));
                const bool slow = random.uniform(2) == 0;
                l.ppb = slow ? -1000 * how.max_ppm : 1000 * how.max_ppm;
                l.out = static_cast<ns>(random.uniform(1ULL << (1 + random.uniform(26))));
                l.back = static_cast<ns>(random.uniform(1ULL << (1 + random.uniform(26))));
                l.heard = random.uniform(8) != 0;
                INFO("seed " << seed_text(cyclone::test::seed()) << ", case " << i << ", leg " << n
                             << ", slew " << how.slew_max_ppm << " ppm, rate " << how.max_ppm);
                REQUIRE(text(court.feed(l)) == "");
            }
            count_cases(court.seen().probes);
        }
    });
}

}  // namespace cyclone::clock::test
