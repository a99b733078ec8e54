// The delays of the workloads: the grammar of `ttl`, its errors, and that each shape has the mean
// and the bounds it is named for.
#include "experiments/timer/workloads/draws.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/rng.hpp"
#include "support/seed.hpp"

namespace cyclone::timer {
namespace {

constexpr std::size_t k_many = 200'000;

std::vector<tick> drawn(const std::string& text) {
    const auto found = ttl::parse(text);
    INFO(text);
    REQUIRE(found);
    rng random(test::seed());
    std::vector<tick> out(k_many);
    for (tick& delta : out) delta = found->draw(random);
    std::sort(out.begin(), out.end());
    return out;
}

std::string complaint(const std::string& text) {
    const auto found = ttl::parse(text);
    return found ? "" : found.error().message;
}

double share_below(const std::vector<tick>& sorted, double limit) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), static_cast<tick>(limit));
    return static_cast<double>(at - sorted.begin()) / static_cast<double>(sorted.size());
}

}  // namespace

TEST_CASE("a duration has a unit or counts ticks", "[ttl]") {
    const std::pair<const char*, tick> cases[] = {
        {"const:30s", 30'000},        {"const:1500us", 2},
        {"const:2m", 120'000},        {"const:1h", 3'600'000},
        {"const:30d", 2'592'000'000}, {"const:7", 7},
        {"const:0.5s", 500},          {"const:1us", 1}};
    for (const auto& [text, ticks] : cases) CHECK(drawn(text).front() == ticks);
    rng random(1);
    CHECK(ttl::parse("const:1s", 1000)->draw(random) == 1'000'000);
}

TEST_CASE("every shape has the bounds and the mean it is named for", "[ttl]") {
    auto got = drawn("uniform:1s..5s");
    CHECK(got.front() >= 1000);
    CHECK(got.back() <= 5000);
    CHECK(mean_of(got) == Approx(3000).epsilon(0.01));
    CHECK(mean_of(drawn("exp:30s")) == Approx(30'000).epsilon(0.02));
    got = drawn("lognormal:0.2s..30s");
    CHECK(share_below(got, 200) == Approx(0.005).margin(0.001));
    CHECK(share_below(got, 30'000) == Approx(0.995).margin(0.001));
    CHECK(static_cast<double>(drawn("lognormal:30s")[k_many / 2]) == Approx(30'000).epsilon(0.02));
    CHECK(share_below(drawn("lognormal:30s,0.1"), 20'000) < 0.001);
    got = drawn("loguniform:1ms..1000s");
    CHECK(share_below(got, 1000) == Approx(0.5).margin(0.01));
    got = drawn("mix:0.2s,1s,30s");
    CHECK(share_below(got, 500) == Approx(1.0 / 3).margin(0.01));
    CHECK(share_below(got, 20'000) == Approx(2.0 / 3).margin(0.01));
    CHECK(share_below(drawn("bimodal:10ms,30s,0.1"), 1000) == Approx(0.9).margin(0.005));
    got = drawn("pareto:1.5,10ms");
    CHECK(got.front() >= 10);
    CHECK(1 - share_below(got, 100) == Approx(std::pow(0.1, 1.5)).margin(0.005));
}

TEST_CASE("a bad ttl is refused with its place and a remedy", "[ttl]") {
    using Catch::Contains;
    const std::pair<const char*, const char*> cases[] = {
        {"", "character 1: no ':'"},
        {"30s", "no ':'"},
        {"foo:30s", "character 1: no shape is called 'foo'"},
        {"const:", "character 7: a duration is missing"},
        {"const:30q", "character 9: no unit is called 'q'"},
        {"const:30s!", "no unit is called 's!'"},
        {"const:0s", "character 7: a duration must be above 0"},
        {"const:-1s", "character 7: a duration is missing"},
        {"const:99999999999999999d", "at most 2^50 ticks"},
        {"const:1s,2s", "character 9: this is too much"},
        {"uniform:1s", "character 11: '..' and the upper end are missing"},
        {"uniform:5s..1s", "character 13: the upper end lies below"},
        {"uniform:1s..", "character 13: a duration is missing"},
        {"mix:1s,", "character 8: a duration is missing"},
        {"bimodal:1s", "the second value"},
        {"bimodal:1s,2s,1.5", "character 15: a share lies between 0 and 1"},
        {"pareto:0,1s", "character 8: a shape lies between"},
        {"pareto:1.5", "the smallest value"},
        {"lognormal:1s,99", "a sigma lies between"}};
    for (const auto& [text, words] : cases) {
        CHECK_THAT(complaint(text), Contains(words));
        CHECK_THAT(complaint(text), Contains("write const:30s"));
    }
    CHECK_FALSE(ttl::parse("const:1s", 0));
}

TEST_CASE("no text makes the parser stumble", "[ttl]") {
    rng random(test::seed());
    const std::string letters = "constexpuniformlgbdareto:,.0123456789smhd ";
    for (int i = 0; i < 50'000; ++i) {
        std::string text = random.uniform(2) == 0 ? "uniform:1s..5s" : "mix:1s,2.5m,7";
        for (std::uint64_t k = 0; k < 1 + random.uniform(3); ++k)
            text[random.uniform(text.size())] = letters[random.uniform(letters.size())];
        if (const auto found = ttl::parse(text)) {
            const tick delta = found->draw(random);
            REQUIRE(delta >= 1);
            REQUIRE(delta <= ttl::k_longest);
        }
    }
}

TEST_CASE("draws follow from the seed", "[ttl]") {
    rng one(5);
    rng two(5);
    CHECK(ttl_draws({}, one, 100) == ttl_draws({}, two, 100));
}

TEST_CASE("the shapes of the hold model have one mean", "[draws]") {
    rng random(test::seed());
    for (const std::string dist : k_dists) {
        INFO(dist);
        auto got = interval_draws(random, k_many, dist, 10'000);
        std::sort(got.begin(), got.end());
        if (dist == "pareto") {  // it has no variance, so no sample tells its mean: the median
            CHECK(share_below(got, 10'000.0 / 3 * std::pow(2, 1 / 1.5)) ==
                  Approx(0.5).margin(0.01));
            continue;
        }
        // Six standard errors or more; skewed has the largest, 2.2 %.
        CHECK(mean_of(got) == Approx(10'000).epsilon(dist == "skewed" ? 0.14 : 0.02));
    }
}

TEST_CASE("what remains of exponential intervals is exponential", "[draws]") {
    rng random(test::seed());
    const auto whole = interval_draws(random, k_many, "exp", 10'000);
    auto left = remains_of(whole, random, k_many);
    CHECK(mean_of(left) == Approx(10'000).epsilon(0.03));
    const std::vector<tick> same(1000, 500);
    left = remains_of(same, random, k_many);  // uniform on 1 to 500
    CHECK(*std::min_element(left.begin(), left.end()) == 1);
    CHECK(*std::max_element(left.begin(), left.end()) == 500);
    CHECK(mean_of(left) == Approx(250.5).epsilon(0.02));
}

}  // namespace cyclone::timer
