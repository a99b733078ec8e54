// Simulated processors against counts made by hand, what goes wrong in an object, and the law that
// is proven of algorithms of the shape SCU(q, s).
#include "sim/processors.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>

#include "subjects.hpp"

namespace cyclone::sim::test {
namespace {

bool same(const call_report& a, const call_report& b) {
    return a.name == b.name && a.calls == b.calls && a.done == b.done && a.refused == b.refused &&
           a.blocked == b.blocked && a.steps == b.steps && a.steps_worst == b.steps_worst &&
           a.rmws == b.rmws && a.failed_compares == b.failed_compares && a.locked == b.locked &&
           a.transfers == b.transfers;
}

constexpr schedule k_all[] = {schedule::round_robin, schedule::random, schedule::bursts,
                              schedule::adversary, schedule::alone};

}  // namespace

TEST_CASE("schedules have names, and names schedules", "[machine]") {
    std::set<std::string_view> names;
    for (const schedule s : k_all) {
        CHECK(schedule_of(name_of(s)) == s);
        names.insert(name_of(s));
    }
    CHECK(names.size() == std::size(k_all));
    CHECK_FALSE(schedule_of("fair"));
}

TEST_CASE("equal machines give equal reports, other seeds other ones", "[machine]") {
    for (const schedule how : k_all) {
        INFO(name_of(how));
        const machine asked{.processors = 5, .how = how, .seed = 7, .operations = 100};
        const report a = simulate(scu_subject(5, 1, 2), asked);
        const report b = simulate(scu_subject(5, 1, 2), asked);
        REQUIRE(a.broken == "");
        CHECK(a.hash == b.hash);
        CHECK(a.steps == b.steps);
        CHECK(same(a.total(), b.total()));
        CHECK(a.done == 500);
        machine other = asked;
        other.seed = 8;
        const bool drawn = how == schedule::random || how == schedule::bursts;
        CHECK((simulate(scu_subject(5, 1, 2), other).hash != a.hash) == drawn);
    }
}

TEST_CASE("an infinite victim: what round robin does to two compare-and-swaps", "[machine]") {
    // P0 load, P1 load, P0 cas, P1 cas in vain: P1 never gets through.
    const report r =
        simulate(scu_subject(2, 0, 1),
                 {.processors = 2, .how = schedule::round_robin, .operations = 50, .warmup = 10});
    REQUIRE(r.broken == "");
    REQUIRE(r.calls.size() == 1);
    const call_report& c = r.calls[0];
    CHECK(r.done == 100);
    CHECK(r.steps == 400);
    CHECK(r.system_latency() == 4);
    CHECK(c.failed_compares == 100);
    CHECK(c.rmws == 200);
    CHECK(c.locked == 200);
    CHECK(c.transfers == 200);
    CHECK(r.each[0].done == 100);
    CHECK(r.each[0].steps_worst == 2);
    CHECK(r.each[0].gap_worst == 4);
    CHECK(r.each[1].done == 0);
    CHECK(r.each[1].gap_worst == 400);
    CHECK(r.each[1].steps_worst == 239);  // two a period from the beginning, the last one short
    CHECK(c.steps_worst == 239);
}

TEST_CASE("alone, calls never meet and everybody comes to his turn", "[machine]") {
    const report r =
        simulate(scu_subject(4, 3, 2),
                 {.processors = 4, .how = schedule::alone, .operations = 25, .warmup = 5});
    REQUIRE(r.broken == "");
    CHECK(r.calls[0].failed_compares == 0);
    CHECK(r.calls[0].steps_worst == 6);
    CHECK(r.steps == 100 * 6);
    for (const processor_report& p : r.each) CHECK(p.done == 25);
}

TEST_CASE("the adversary starves whoever compares and swaps", "[machine]") {
    for (std::uint32_t victim = 0; victim < 3; ++victim) {
        const report r = simulate(
            scu_subject(3, 0, 1),
            {.processors = 3, .how = schedule::adversary, .operations = 100, .victim = victim});
        REQUIRE(r.broken == "");
        CHECK(r.done == 300);
        for (std::uint32_t p = 0; p < 3; ++p) CHECK((r.each[p].done == 0) == (p == victim));
        CHECK(r.each[victim].steps_worst > 100);
    }
}

TEST_CASE("who is refused pauses, and is no result", "[machine]") {
    const report r = simulate(refusing_subject(), {.processors = 3, .operations = 100});
    REQUIRE(r.broken == "");
    CHECK(r.done == 300);
    CHECK(r.calls[0].refused + 10 > r.calls[0].done);
    CHECK(r.calls[0].refused < r.calls[0].done + 10);
    CHECK(r.waits > 250);
}

TEST_CASE("what goes wrong in an object is said", "[machine]") {
    struct cell {
        stepped::atomic<std::uint64_t> word;
        stepped::mutex lock;
    };
    const auto of = [](auto call) {
        return [call] { return subject_of(model::steps::placed<cell>(), call); };
    };
    const auto fails = of([](cell& c, std::uint32_t, std::uint64_t number) {
        c.word.store(number + 1, std::memory_order_relaxed);
        if (number == 20) throw std::runtime_error("fewer than 20");
        return outcome::done;
    });
    CHECK(simulate(fails, {}).broken.find("fewer than 20") != std::string::npos);
    const auto sleeps = of([](cell& c, std::uint32_t, std::uint64_t) {
        c.word.wait(0, std::memory_order_relaxed);
        return outcome::done;
    });
    CHECK(simulate(sleeps, {}).broken.find("deadlock") == 0);
    const auto spins = of([](cell& c, std::uint32_t, std::uint64_t) {
        while (c.word.exchange(1, std::memory_order_relaxed) != 2) {
        }
        return outcome::done;
    });
    CHECK(simulate(spins, {.steps_max = 10'000}).broken.find("raise steps_max") !=
          std::string::npos);
    const auto refuses = of([](cell&, std::uint32_t, std::uint64_t) { return outcome::refused; });
    CHECK(simulate(refuses, {}).broken.find("deadlock") == 0);
}

TEST_CASE("the largest machine works", "[machine]") {
    const report r = simulate(scu_subject(k_processors_max, 0, 1),
                              {.processors = k_processors_max, .operations = 20, .warmup = 2});
    REQUIRE(r.broken == "");
    CHECK(r.done == 20 * k_processors_max);
}

TEST_CASE("a power law is found again, a wrong one does not fit", "[law]") {
    const std::vector<double> x{2, 4, 8, 16, 32, 64};
    for (const double exponent : {0.25, 0.5, 1.0, 1.5}) {
        std::vector<double> y;
        for (const double at : x) y.push_back(3 + 2 * std::pow(at, exponent));
        const power_law found = fit_power(x, y);
        CHECK(found.exponent == Approx(exponent).margin(0.005));
        CHECK(found.base == Approx(3).margin(0.2));
        CHECK(found.slope == Approx(2).margin(0.2));
        CHECK(found.misfit < 1e-6);
        CHECK(line_at(x, y, exponent + 0.3).misfit > 1e-3);
    }
}

TEST_CASE("SCU(0, 1): the latency of the system grows with the root of the processors", "[law]") {
    std::vector<double> x;
    std::vector<double> y;
    for (std::uint32_t p = 2; p <= 64; p *= 2) {
        const report r =
            simulate(scu_subject(p, 0, 1),
                     {.processors = p, .seed = 11, .operations = 20'000 / p, .warmup = 20});
        REQUIRE(r.broken == "");
        x.push_back(p);
        y.push_back(r.system_latency());
        // Nobody is preferred: n times as long for each one.
        CHECK(r.individual_latency() / r.system_latency() == Approx(p).epsilon(0.1));
    }
    const power_law found = fit_power(x, y);
    INFO(found.base << " + " << found.slope << " n^" << found.exponent);
    CHECK(found.exponent == Approx(0.5).margin(0.06));
    CHECK(line_at(x, y, 0.5).misfit < 0.02);
}

TEST_CASE("SCU(q, s): preamble is added, a scan multiplies", "[law]") {
    const auto latency = [](std::uint32_t q, std::uint32_t s) {
        const report r =
            simulate(scu_subject(16, q, s), {.processors = 16, .operations = 1500, .warmup = 50});
        REQUIRE(r.broken == "");
        return r.system_latency();
    };
    const double bare = latency(0, 1);
    const double scanned = latency(0, 4);
    CHECK(scanned > 1.5 * bare);
    CHECK(scanned < 8 * bare);
    const double prepared = latency(50, 1);
    CHECK(prepared > 50);
    CHECK(prepared < 50 + 2 * bare);
}

}  // namespace cyclone::sim::test
