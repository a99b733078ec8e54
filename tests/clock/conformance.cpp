// Conformance: one scenario a semantic of clock.hpp, on every row of the registry, in virtual time,
// and the judge shown to bite.
#include <cstdlib>

#include "support.hpp"
#include "support/seed.hpp"

namespace cyclone::clock::test {
namespace {

constexpr leg k_plain{.gap = 16 * k_second};

/// A clock that is whatever a test wants it to be: for the judge.
class scripted final : public any {
 public:
    using answer = ns (*)(const scripted&, ns local);

    scripted(const sample& first, answer tells, answer bounds)
        : first_(first), last_(first), tells_(tells), bounds_(bounds) {}
    void observe(const sample& s) override { last_ = s; }
    [[nodiscard]] ns now(ns local) const override {
        ++asked_;
        return tells_(*this, local);
    }
    [[nodiscard]] ns error_bound(ns local) const override { return bounds_(*this, local); }
    [[nodiscard]] std::string check() const override { return {}; }
    [[nodiscard]] work_totals work() const override { return {}; }
    [[nodiscard]] const traits& declared() const override {
        static constexpr traits k_declared{};
        return k_declared;
    }

    sample first_;
    sample last_;
    answer tells_;
    answer bounds_;
    mutable ns asked_ = 0;
};

ns runs(const scripted& c, ns local) { return c.first_.reference + (local - c.first_.local); }
ns second(const scripted&, ns) { return k_second; }

template <auto Tells, auto Bounds>
std::unique_ptr<any> made(const settings&, const sample& first) {
    return std::make_unique<scripted>(first, Tells, Bounds);
}

std::string verdict(maker make) {
    judge court(make, {}, k_plain);
    for (int i = 0; i < 10; ++i) {
        if (const auto found = court.feed({.gap = k_second, .ppb = 100'000})) {
            return found->property;
        }
    }
    return {};
}

}  // namespace

TEST_CASE("C2, C8: born from a sample, with its error for a bound", "[conformance]") {
    on_each("birth", [](const registration& row) { CHECK(text(check_birth(row.make)) == ""); });
}

TEST_CASE("C6: a step of the reference is followed, at the rate declared", "[conformance]") {
    on_each("steps", [](const registration& row) {
        for (const ns by : {k_second, -k_second, k_second / 40, -k_second / 40}) {
            INFO("a step of " << by << " ns");
            CHECK(text(check_step(row.make, by)) == "");
        }
    });
}

TEST_CASE("a rate is learnt exactly where that is declared", "[conformance]") {
    on_each("rate", [](const registration& row) { CHECK(text(check_rate(row.make)) == ""); });
}

TEST_CASE("long delays are filtered exactly where that is declared", "[conformance]") {
    on_each("delays", [](const registration& row) { CHECK(text(check_delays(row.make)) == ""); });
}

TEST_CASE("observe() looks at no more than is declared", "[conformance]") {
    on_each("memory", [](const registration& row) { CHECK(text(check_memory(row.make)) == ""); });
}

TEST_CASE("C1: the ends of time", "[conformance]") {
    on_each("ends of time", [](const registration& row) {
        const auto early = row.make({}, {0, 0, 0});
        CHECK(early->now(0) == 0);
        CHECK(early->now(k_time_max) >= k_time_max / 1000 * 999);
        CHECK(early->now(k_time_max) <= k_time_max);
        CHECK(early->error_bound(k_time_max) <= k_time_max);
        CHECK(early->error_bound(k_time_max) >= k_time_max / 1'000'000 * 249);
        early->observe({k_time_max, k_time_max, k_trip_max});
        CHECK(early->now(k_time_max) <= k_time_max);
        const auto apart = row.make({}, {k_time_max - 100, 0, 0});
        CHECK(apart->now(k_time_max) == 100);
        const auto ahead = row.make({}, {0, k_time_max, 0});
        ahead->observe({1000, 0, 0});
        CHECK(ahead->now(1000) >= k_time_max);
        CHECK(ahead->error_bound(1000) >= k_time_max);
    });
}

TEST_CASE("C3: two samples at one local time, and trips of any length", "[conformance]") {
    on_each("odd samples", [](const registration& row) {
        const auto clock = row.make({}, {1000, 5000, 10});
        clock->observe({1000, 5001, 8});
        clock->observe({1000, 5000, 0});
        CHECK(clock->error_bound(1000) <= 6);
        clock->observe({2000, 6000, k_trip_max});
        CHECK(clock->check() == "");
        CHECK(std::abs(clock->now(2000) - 6000) <= clock->error_bound(2000));
    });
}

TEST_CASE("C7: every scenario, a million probes and not one beyond the bound", "[conformance]") {
    on_each("scenarios", [](const registration& row) {
        std::uint64_t probes = 0;
        double tightest = 0;
        for (const scenario& what : scenarios()) {
            findings seen;
            const std::uint64_t legs = cyclone::test::effort(32'000, 640'000);
            const std::uint64_t seed = cyclone::test::seed();
            CHECK(text(check_scenario(row.make, what, seed, legs, &seen)) == "");
            probes += seen.probes;
            tightest = std::max(tightest, seen.tightness);
            count_cases(seen.probes);
        }
        CHECK(probes >= 1'000'000);
        CHECK(tightest >= 0.1);  // a bound that nothing comes near bounds nothing
    });
}

TEST_CASE("after an hour every clock keeps time", "[conformance]") {
    on_each("kept", [](const registration& row) { CHECK(text(check_kept(row.make)) == ""); });
}

TEST_CASE("the judge finds what is planted", "[judge]") {
    constexpr auto k_back = [](const scripted& c, ns at) {
        return runs(c, at) - 2 * (at - c.first_.local);
    };
    constexpr auto k_fast = [](const scripted& c, ns at) {
        return runs(c, at) + (at - c.first_.local) / 1999;
    };
    constexpr auto k_asked = [](const scripted& c, ns at) { return runs(c, at) + c.asked_ / 8; };
    constexpr auto k_epoch = [](const scripted& c, ns at) {
        return runs(c, at) + (c.first_.local >> 60);
    };
    constexpr auto k_short = [](const scripted&, ns) { return ns{100'000}; };
    constexpr auto k_wide = [](const scripted&, ns) { return 2 * k_second; };
    CHECK(verdict(&made<runs, second>) == "");
    CHECK(verdict(&made<k_back, second>) == "C5 monotone");
    CHECK(verdict(&made<k_fast, second>) == "C6 slew");
    CHECK(verdict(&made<runs, k_short>) == "C7 bound");
    CHECK(verdict(&made<k_asked, second>) == "C4 asking changes answers");
    CHECK(verdict(&made<k_epoch, second>) == "C9 only differences matter");
    CHECK(check_birth(&made<runs, second>)->property == "C8 bound at birth");
    CHECK(check_step(&made<runs, k_wide>, k_second)->property == "a step is followed");
}

TEST_CASE("the reference is what it says", "[judge]") {
    course path(100, 1000);
    path.run(2 * k_second, 250'000);
    CHECK(path.local() == 100 + 2 * k_second);
    CHECK(path.truth() == 1000 + 2 * k_second + 500'000);
    const auto heard = path.exchange({.ppb = 0, .out = 30, .back = 10});
    REQUIRE(heard);
    CHECK(heard->round_trip == 40);
    CHECK(heard->local == path.local());
    CHECK(heard->reference - path.truth() == 10);  // it came back faster than half of the trip
    CHECK_FALSE(path.exchange({.heard = false}));
    CHECK(find_scenario("steps") != nullptr);
    CHECK(find_scenario("nothing") == nullptr);
    // The same seed gives the same legs, another seed others.
    const auto digest = [](std::uint64_t seed) {
        timeline line(*find_scenario("edge"), seed);
        std::uint64_t sum = 0;
        for (int i = 0; i < 1000; ++i) {
            const leg l = line.next();
            CHECK(std::abs(l.ppb) <= 249'000);
            sum = sum * 31 + static_cast<std::uint64_t>(l.ppb + l.out + l.back + l.gap);
        }
        return sum;
    };
    CHECK(digest(1) == digest(1));
    CHECK(digest(1) != digest(2));
}

}  // namespace cyclone::clock::test
