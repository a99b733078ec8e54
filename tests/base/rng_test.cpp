// Random numbers: published vectors, the jump against linear algebra, and each distribution
// against its law. The laws are tested at thresholds that a right generator misses less than once
// in ten million runs, so that a failure is a bug for any seed.

#include "base/rng.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <random>
#include <rapidcheck.h>
#include <rapidcheck/catch.h>
#include <set>
#include <vector>

#include "support/seed.hpp"

namespace {

using namespace cyclone;

static_assert(std::uniform_random_bit_generator<splitmix64>);
static_assert(std::uniform_random_bit_generator<rng>);
static_assert(splitmix64(1234567)() == 6457827717110365317U);
static_assert(rng(1).uniform(1) == 0);
static_assert(rng(7).stream(0) != rng(7));

// The step of the generator as a matrix over GF(2): row i is the state that basis vector i becomes.
using matrix = std::vector<rng::state_type>;

rng::state_type product(const matrix& m, const rng::state_type& v) {
    rng::state_type sum{};
    for (std::size_t bit = 0; bit < 256; ++bit) {
        if ((v[bit / 64] >> (bit % 64) & 1) == 0) continue;
        for (std::size_t w = 0; w < 4; ++w) sum[w] ^= m[bit][w];
    }
    return sum;
}

matrix step_matrix() {
    matrix m;
    for (std::size_t bit = 0; bit < 256; ++bit) {
        rng::state_type basis{};
        basis[bit / 64] = std::uint64_t{1} << (bit % 64);
        rng one(basis);
        one();
        m.push_back(one.state());
    }
    return m;
}

matrix squared(const matrix& m) {
    matrix twice;
    for (const auto& row : m) twice.push_back(product(m, row));
    return twice;
}

// Kolmogorov-Smirnov: the largest gap between the empirical and the true distribution function,
// times sqrt(n). Above 3 with probability 3e-8 when the law is the true one.
double misfit(const std::function<double()>& draw, const std::function<double(double)>& law) {
    constexpr std::size_t k_draws = 20000;
    std::vector<double> xs(k_draws);
    std::ranges::generate(xs, draw);
    std::ranges::sort(xs);
    double gap = 0;
    for (std::size_t i = 0; i < k_draws; ++i) {
        const double f = law(xs[i]);
        gap = std::max(
            {gap, f - static_cast<double>(i) / k_draws, static_cast<double>(i + 1) / k_draws - f});
    }
    return gap * std::sqrt(static_cast<double>(k_draws));
}

}  // namespace

TEST_CASE("splitmix64 gives the published words", "[base][rng]") {
    splitmix64 mix(1234567);
    for (const std::uint64_t expected :
         {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
          16408922859458223821U}) {
        REQUIRE(mix() == expected);
    }
}

TEST_CASE("xoshiro256++ gives the published words", "[base][rng]") {
    rng random(rng::state_type{1, 2, 3, 4});
    const std::initializer_list<std::uint64_t> words = {
        41943041U,
        58720359U,
        3588806011781223U,
        3591011842654386U,
        9228616714210784205U,
        9973669472204895162U,
        14011001112246962877U,
        12406186145184390807U,
        15849039046786891736U,
        10450023813501588000U,
    };
    for (const std::uint64_t expected : words) {
        REQUIRE(random() == expected);
    }
}

TEST_CASE("the state comes from splitmix64", "[base][rng]") {
    splitmix64 mix(0);
    const rng::state_type expected{mix(), mix(), mix(), mix()};
    REQUIRE(rng(0).state() == expected);
}

TEST_CASE("jump is 2^128 steps, by squaring the step matrix 128 times", "[base][rng]") {
    const matrix single = step_matrix();
    matrix m = single;
    rng walked(test::seed());
    const auto start = walked.state();
    walked();
    REQUIRE(product(single, start) == walked.state());  // the matrix is the step
    for (int i = 0; i < 128; ++i) m = squared(m);
    rng jumped(test::seed());
    jumped.jump();
    REQUIRE(jumped.state() == product(m, start));
}

TEST_CASE("streams are the jumps in order and never the generator itself", "[base][rng]") {
    const rng root(test::seed());
    rng ahead = root;
    std::set<rng::state_type> states{root.state()};
    for (unsigned k = 0; k < 8; ++k) {
        ahead.jump();
        REQUIRE(root.stream(k) == ahead);
        states.insert(ahead.state());
    }
    REQUIRE(states.size() == 9);
}

TEST_CASE("uniform stays below its bound", "[base][rng]") {
    rc::prop("uniform(bound) < bound", [](std::uint64_t seed, std::uint64_t raw, bool narrow) {
        const std::uint64_t bound = std::max<std::uint64_t>(narrow ? raw % 100 : raw, 1);
        rng random(seed);
        for (int i = 0; i < 50; ++i) RC_ASSERT(random.uniform(bound) < bound);
    });
}

TEST_CASE("uniform reaches every value of a small range evenly", "[base][rng]") {
    rng random(test::seed());
    std::array<int, 10> hits{};
    constexpr int k_draws = 100000;
    for (int i = 0; i < k_draws; ++i) ++hits[random.uniform(hits.size())];
    double chi_square = 0;
    const double expected = k_draws / static_cast<double>(hits.size());
    for (const int h : hits) chi_square += (h - expected) * (h - expected) / expected;
    REQUIRE(chi_square < 51);  // 9 degrees of freedom: above with probability 7e-8
}

TEST_CASE("uniform has no bias where a plain reduction has a gross one", "[base][rng]") {
    // With 2^64 inputs for 3 * 2^62 values, every third value (product) or every value below 2^62
    // (remainder) would come twice as often: a share of 1/2 in place of 1/3.
    rng random(test::seed());
    constexpr std::uint64_t k_bound = std::uint64_t{3} << 62;
    constexpr int k_draws = 30000;
    int thirds = 0;
    int low = 0;
    for (int i = 0; i < k_draws; ++i) {
        const std::uint64_t x = random.uniform(k_bound);
        thirds += x % 3 == 0 ? 1 : 0;
        low += x < std::uint64_t{1} << 62 ? 1 : 0;
    }
    // 10000 expected, standard deviation 82.
    REQUIRE(std::abs(thirds - 10000) < 500);
    REQUIRE(std::abs(low - 10000) < 500);
}

TEST_CASE("unit is uniform in [0, 1)", "[base][rng]") {
    rng random(test::seed());
    REQUIRE(misfit([&] { return random.unit(); }, [](double x) { return x; }) < 3);
    for (int i = 0; i < 10000; ++i) {
        const double x = random.unit();
        REQUIRE((x >= 0 && x < 1));
    }
    // The ends: the largest word must not round up to 1.
    static_assert(static_cast<double>(~std::uint64_t{0} >> 11) * 0x1p-53 < 1.0);
}

TEST_CASE("exponential, lognormal and pareto follow their laws", "[base][rng]") {
    rng random(test::seed());
    SECTION("exponential") {
        REQUIRE(misfit([&] { return random.exponential(50); },
                       [](double x) { return -std::expm1(-x / 50); }) < 3);
    }
    SECTION("lognormal") {
        REQUIRE(misfit([&] { return random.lognormal(3, 0.5); },
                       [](double x) {
                           return 0.5 * std::erfc(-(std::log(x) - 3) / (0.5 * std::sqrt(2.0)));
                       }) < 3);
    }
    SECTION("pareto") {
        REQUIRE(misfit([&] { return random.pareto(2, 1.5); },
                       [](double x) { return x < 2 ? 0.0 : 1 - std::pow(2 / x, 1.5); }) < 3);
    }
}

TEST_CASE("a distribution takes a fixed number of draws", "[base][rng]") {
    const rng start(test::seed());
    const auto draws = [&](const std::function<void(rng&)>& use) {
        rng used = start;
        use(used);
        rng plain = start;
        for (int n = 0; n < 8; ++n, plain()) {
            if (plain == used) return n;
        }
        return -1;
    };
    REQUIRE(draws([](rng& r) { r.unit(); }) == 1);
    REQUIRE(draws([](rng& r) { r.exponential(1); }) == 1);
    REQUIRE(draws([](rng& r) { r.lognormal(0, 1); }) == 2);
    REQUIRE(draws([](rng& r) { r.pareto(1, 1); }) == 1);
}

TEST_CASE("a seed has one spelling and reads back", "[base][rng]") {
    REQUIRE(seed_text(0) == "0x0000000000000000");
    REQUIRE(seed_text(0x1234abcd) == "0x000000001234abcd");
    REQUIRE(seed_text(~std::uint64_t{0}) == "0xffffffffffffffff");
    REQUIRE(parse_seed("42") == 42U);
    REQUIRE(parse_seed("0x2A") == 42U);
    REQUIRE(parse_seed("18446744073709551615") == ~std::uint64_t{0});
    for (const char* wrong : {"", "0x", "-1", "12 ", "0xg", "18446744073709551616", "seed"}) {
        CAPTURE(wrong);
        REQUIRE_FALSE(parse_seed(wrong));
    }
    rc::prop("round trip",
             [](std::uint64_t seed) { RC_ASSERT(parse_seed(seed_text(seed)) == seed); });
}
