// The open loop and the gap probe on a clock that only moves when it is told to.
#include "lab/open_loop.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <memory>

#include "lab/gap_probe.hpp"

namespace cyclone::lab {
namespace {

constexpr std::int64_t k_us = 1000;
constexpr std::int64_t k_ms = 1000 * k_us;

/// Time passes while the pacer relaxes and while an operation works, and nowhere else.
struct fake_clock {
    std::int64_t* now;
    [[nodiscard]] std::int64_t now_ns() const { return *now; }
    void relax() const { *now += 1 * k_us; }
};

/// A thousand operations, 100 us apart, of 2 us each, but for what `disturb` does to the time.
template <class Disturb>
std::unique_ptr<latencies> thousand(Disturb disturb) {
    rng random(1);
    const schedule when = make_schedule(arrivals::fixed, 10'000, 1000, random);
    auto out = std::make_unique<latencies>();
    std::int64_t now = 12345;
    int index = 0;
    run_open_loop(
        when, *out,
        [&] {
            now += 2 * k_us;
            disturb(index++, now);
        },
        fake_clock{&now});
    return out;
}

}  // namespace

TEST_CASE("a calm service: all three clocks agree", "[open_loop]") {
    const auto out = thousand([](int, std::int64_t&) {});
    CHECK(out->raw.count() == 1000);
    CHECK(out->raw.max() == 2 * k_us);
    CHECK(out->intended.max() == 2 * k_us);
    CHECK(out->lateness.max() == 0);
    CHECK(out->missed == 0);
}

TEST_CASE("one stall of 10 ms is in intended and not in raw", "[open_loop]") {
    const auto out = thousand([](int index, std::int64_t& now) {
        if (index == 500) now += 10 * k_ms;
    });
    // Raw is what a closed loop shows: one slow operation of a thousand, out of sight at the 99.8th
    // percentile.
    CHECK(out->raw.count_above(3 * k_us) == 1);
    CHECK(out->raw.quantile(0.998) == Approx(2 * k_us).epsilon(0.008));
    // Operation 500 ends 10 002 us after it was due. Operation 500 + k begins 2k - 2 us after that
    // and is due 100k us after 500: it has waited 10 002 + 2k - 100k until its end, which is above
    // its own 2 us as long as k <= 102.
    CHECK(out->intended.count_above(3 * k_us) == 103);
    CHECK(out->intended.count_above(1 * k_ms) == 92);  // 10 002 - 98k > 1000: k = 0 to 91
    CHECK(out->intended.max() == 10 * k_ms + 2 * k_us);
    CHECK(out->intended.quantile(0.99) == Approx(10'002 * k_us - 10 * 98 * k_us).epsilon(0.01));
    // The backlog is the service's, not the pacer's.
    CHECK(out->lateness.max() == 0);
    CHECK(out->missed == 0);
}

TEST_CASE("a pacer that loses the processor is late, and is blamed for what queues",
          "[open_loop]") {
    rng random(1);
    const schedule when = make_schedule(arrivals::fixed, 10'000, 1000, random);
    CHECK(when.late_ns() == 100 * k_us);
    struct jumping_clock : fake_clock {
        void relax() const {
            fake_clock::relax();
            if (*now == 50 * k_ms) *now += 1 * k_ms;  // gone for 1 ms as operation 500 falls due
        }
    };
    std::int64_t now = 0;
    const auto out = std::make_unique<latencies>();
    run_open_loop(
        when, *out, [] {}, jumping_clock{{&now}});
    CHECK(out->raw.max() == 0);
    CHECK(out->lateness.max() == 1 * k_ms);
    CHECK(out->missed == 9);  // 1000 us, 900 us, ... 200 us; the tenth, with 100, is not
    CHECK(out->lateness.count_above(0) == 10);
    CHECK(out->intended.written().buckets == out->lateness.written().buckets);
}

TEST_CASE("a pacer that cannot keep the rate says so", "[open_loop]") {
    // 60 us pass between two readings, outside the operation: two of them fill a gap of 100 us.
    struct slow_clock {
        std::int64_t* now;
        [[nodiscard]] std::int64_t now_ns() const { return *now += 60 * k_us; }
        void relax() const {}
    };
    rng random(1);
    const schedule when = make_schedule(arrivals::fixed, 10'000, 1000, random);
    std::int64_t now = 0;
    const auto out = std::make_unique<latencies>();
    run_open_loop(
        when, *out, [] {}, slow_clock{&now});
    CHECK(out->missed > 900);
}

TEST_CASE("a service slower than the rate has a backlog and no late pacer", "[open_loop]") {
    const auto out = thousand([](int, std::int64_t& now) { now += 100 * k_us; });
    CHECK(out->raw.max() == 102 * k_us);
    CHECK(out->intended.max() == 102 * k_us + 999 * 2 * k_us);
    CHECK(out->missed == 0);
}

TEST_CASE("late is 100 us or a gap, whichever is less", "[open_loop]") {
    rng random(1);
    CHECK(make_schedule(arrivals::fixed, 1'000'000, 1, random).late_ns() == 1000);
    CHECK(make_schedule(arrivals::fixed, 10, 1, random).late_ns() == 100'000);
}

TEST_CASE("schedules", "[open_loop]") {
    rng random(7);
    const schedule third = make_schedule(arrivals::fixed, 3e6, 3'000'001, random);
    CHECK(third.due_ns.front() == 0);
    CHECK(std::abs(third.due_ns.back() - 1'000'000'000) <= 1);  // gaps of 333.3 ns do not drift
    rng same(7);
    rng again(7);
    const schedule a = make_schedule(arrivals::poisson, 1e5, 100'000, same);
    const schedule b = make_schedule(arrivals::poisson, 1e5, 100'000, again);
    CHECK(a.due_ns == b.due_ns);
    CHECK(std::ranges::is_sorted(a.due_ns));
    // Mean gap 10 us, its standard error a 316th of that; a share e^-1 of the gaps is longer.
    CHECK(static_cast<double>(a.due_ns.back()) / 1e5 == Approx(10'000).epsilon(0.016));
    std::size_t longer = 0;
    for (std::size_t i = 1; i < a.due_ns.size(); ++i) {
        longer += a.due_ns[i] - a.due_ns[i - 1] > 10'000 ? 1 : 0;
    }
    CHECK(static_cast<double>(longer) / 1e5 == Approx(std::exp(-1.0)).epsilon(0.02));
}

TEST_CASE("latencies written out", "[open_loop]") {
    const auto out = thousand([](int, std::int64_t&) {});
    const latency_record record = out->written(10'000);
    CHECK(record.count == 1000);
    CHECK(record.rate_per_s == 10'000);
    CHECK(record.intended.max_ns == 2 * k_us);
    CHECK(record.raw.mean_ns == 2 * k_us);
    CHECK(record.missed == 0);
}

TEST_CASE("the real pacer is never early", "[open_loop]") {
    rng random(3);
    const schedule when = make_schedule(arrivals::poisson, 20'000, 200, random);
    const auto out = std::make_unique<latencies>();
    std::vector<std::int64_t> begun;
    const std::int64_t before = clock::monotonic_ns();
    run_open_loop(when, *out, [&] { begun.push_back(clock::monotonic_ns()); });
    REQUIRE(begun.size() == 200);
    for (std::size_t i = 0; i < begun.size(); ++i) CHECK(begun[i] - before >= when.due_ns[i]);
    CHECK(out->intended.count() == 200);
    CHECK(out->intended.max() >= out->raw.max());
}

TEST_CASE("the gap probe counts what exceeds the threshold", "[gap_probe]") {
    // Readings 1 us apart; two jumps of 50 us and one of 21 us, one of exactly the threshold.
    std::int64_t now = 0;
    int reading = 0;
    const gap_report report = probe_gaps(1000 * k_us, 20 * k_us, [&] {
        ++reading;
        now += reading == 10 || reading == 20 ? 50 * k_us
               : reading == 30                ? 21 * k_us
               : reading == 40                ? 20 * k_us
                                              : k_us;
        return now;
    });
    CHECK(report.gaps == 3);
    CHECK(report.lost_ns == 121 * k_us);
    CHECK(report.max_ns == 50 * k_us);
    CHECK(report.elapsed_ns == 1000 * k_us);
    CHECK(report.lost_share() == Approx(0.121));
    CHECK(to_json(report) ==
          R"({"schema":1,"seconds":0.001,"gaps":3,"lost_share":0.121,"max_us":50.0,)"
          R"("threshold_us":20.0})");
}

TEST_CASE("the gap probe on the real clock", "[gap_probe]") {
    const gap_report report = probe_gaps(2 * k_ms, 20 * k_us);
    CHECK(report.elapsed_ns >= 2 * k_ms);
    CHECK(report.max_ns > 0);
    CHECK(report.lost_share() <= 1);
}

}  // namespace cyclone::lab
