// Properties: random programs in lock step with the model, on every row of the registry. RapidCheck
// draws the bytes of a program and shrinks them, so a counterexample is a few operations long and
// is at the same time a file that the fuzzer can replay.
#include <rapidcheck.h>

#include "support.hpp"
#include "support/seed.hpp"

namespace cyclone::timer::test {
namespace {

using bytes = std::vector<std::uint8_t>;

/// Checks `holds(row, bytes)` for random programs and fails the section with the shrunk one.
template <class Holds>
void for_random_programs(const char* name, Holds holds) {
    on_each(name, [&](const registration& row) {
        const bool all = rc::check(std::string(row.name) + " " + name, [&](const bytes& drawn) {
            count_cases(1);
            const program operations = decode_program(drawn);
            if (const std::optional<violation> broken = holds(row, operations)) {
                RC_FAIL(describe(row.name, *broken, operations));
            }
        });
        CHECK(all);
    });
}

}  // namespace

TEST_CASE("lock step with the model", "[property]") {
    for_random_programs("lock step", [](const registration& row, const program& operations) {
        return run_lockstep(row.make, operations).broken;
    });
}

TEST_CASE("lock step with the model late in time", "[property]") {
    for_random_programs("late in time", [](const registration& row, const program& operations) {
        // A program of 300 operations moves time by less than 2^49.
        const tick horizon = row.make(0)->declared().horizon;
        const tick origin = horizon - std::min(horizon / 2, tick{1} << 50);
        return run_lockstep(row.make, operations, {.origin = origin}).broken;
    });
}

TEST_CASE("split and time-shift invariance", "[property]") {
    for_random_programs("invariances", [](const registration& row, const program& operations) {
        return check_invariances(row.make, operations, cyclone::test::seed());
    });
}

TEST_CASE("rows of one order fire alike", "[property]") {
    on_each("differential", [](const registration& row) {
        const registration& oracle = registry().front();
        const order declared = row.make(0)->declared().fire_order;
        if (declared != order::fifo) return;
        rng random(cyclone::test::seed());
        for (std::size_t i = 0; i < effort(300, 10000); ++i) {
            count_cases(1);
            const program operations = decode_program(random_bytes(random, 150));
            const auto expected = run_lockstep(oracle.make, operations, {.sleep_by_model = true});
            const auto found = run_lockstep(row.make, operations, {.sleep_by_model = true});
            REQUIRE_FALSE(expected.broken);
            REQUIRE_FALSE(found.broken);
            const bool alike = found.trace == expected.trace;
            INFO(to_string(operations));
            REQUIRE(alike);
        }
    });
}

TEST_CASE("a crowd of timers", "[property]") {
    // Programs in bytes keep to 32 timers so that they meet; a heap of 256 has other corners.
    on_each("crowd", [](const registration& row) {
        rng random(cyclone::test::seed());
        for (std::size_t i = 0; i < effort(20, 1000); ++i) {
            const std::uint64_t spread = std::uint64_t{1} << (4 + random.uniform(20));
            program operations;
            for (unsigned timer = 0; timer < 256; ++timer) {
                operations.push_back({.kind = op_kind::start,
                                      .timer = static_cast<std::uint8_t>(timer),
                                      .delta = random.uniform(spread)});
            }
            for (unsigned more = 0; more < 500; ++more) {
                const auto timer = static_cast<std::uint8_t>(random());
                const std::uint64_t kind = random.uniform(8);
                op next{.kind = op_kind::start, .timer = timer, .delta = random.uniform(spread)};
                if (kind == 0)
                    next = {.kind = op_kind::advance, .delta = random.uniform(spread / 16)};
                if (kind >= 6) next = {.kind = op_kind::stop, .timer = timer};
                operations.push_back(next);
            }
            operations.push_back({.kind = op_kind::advance, .delta = 2 * spread});
            count_cases(1);
            const auto broken =
                run_lockstep(row.make, operations, {.timers = 256, .audit = i % 8 == 0}).broken;
            if (broken) FAIL(row.name << ": " << broken->property << ": " << broken->detail);
        }
    });
}

TEST_CASE("every short program", "[property]") {
    // All sequences of a few operations on two timers, with the distances at which the first
    // level of a wheel ends: 16 operations, 16^3 programs, 16^5 when asked for.
    on_each("exhaustive", [](const registration& row) {
        std::vector<op> alphabet{{.kind = op_kind::advance_to_next}};
        for (const tick delta : {1, 63, 64}) {
            alphabet.push_back({.kind = op_kind::advance, .delta = delta});
        }
        for (const std::uint8_t timer : {0, 1}) {
            alphabet.push_back({.kind = op_kind::stop, .timer = timer});
            for (const tick delta : {0, 1, 64, 65}) {
                alphabet.push_back({.kind = op_kind::start, .timer = timer, .delta = delta});
            }
        }
        alphabet.push_back({.kind = op_kind::script,
                            .timer = 0,
                            .other = 1,
                            .on_fire = reaction::restart_other,
                            .delta = 64});
        alphabet.push_back(
            {.kind = op_kind::script, .timer = 1, .other = 0, .on_fire = reaction::stop_other});
        std::size_t programs = 1;
        const std::size_t length = effort(3, 5);
        for (std::size_t i = 0; i < length; ++i) programs *= alphabet.size();
        for (std::size_t code = 0; code < programs; ++code) {
            program operations;
            for (std::size_t i = 0, rest = code; i < length; ++i, rest /= alphabet.size()) {
                operations.push_back(alphabet[rest % alphabet.size()]);
            }
            const auto broken = run_lockstep(row.make, operations).broken;
            if (broken) FAIL(describe(row.name, *broken, operations));
        }
        count_cases(programs);
    });
}

/// Mean counted work of one START, one STOP and one idle tick with n timers pending.
struct costs {
    double start = 0;
    double stop = 0;
    double per_tick = 0;
};

static costs costs_at(const registration& row, std::size_t n) {
    constexpr int k_rounds = 200;
    const auto timers = row.make(0);
    const auto nodes = timers->make_nodes(n + 1);
    rng random(cyclone::test::seed());
    const bool up = timers->declared().load == load_order::ascending;
    for (std::size_t i = 0; i < n; ++i) {
        (*nodes)[i].bind([](void*, entry&) {}, nullptr);
        timers->start((*nodes)[i], 100000 + (up ? i : n - i) * 16);
    }
    std::uint64_t start = 0;
    std::uint64_t stop = 0;
    std::uint64_t per_tick = 0;
    const auto spent = [&](auto&& run) {
        const work_totals before = timers->work();
        run();
        return (timers->work() - before).sum();
    };
    for (int round = 0; round < k_rounds; ++round) {
        const tick deadline = 100000 + random.uniform(n * 16);
        start += spent([&] { timers->start((*nodes)[n], deadline); });
        stop += spent([&] { timers->stop((*nodes)[n]); });
        per_tick += spent([&] { timers->advance(timers->now() + 1); });
    }
    for (std::size_t i = 0; i < n; ++i) timers->stop((*nodes)[i]);
    const auto mean = [](std::uint64_t total) { return static_cast<double>(total) / k_rounds; };
    return {mean(start), mean(stop), mean(per_tick)};
}

/// What is declared O(1) may grow by a constant, O(log n) by its logarithm; O(n) must be real.
static void check_growth(const char* what, growth declared, double small, double large) {
    INFO(what << ": " << small << " at n = 64, " << large << " at n = 4096");
    if (declared == growth::o1) CHECK(large <= small + 3);
    if (declared == growth::log_n) CHECK(large <= 2.5 * small + 3);
    if (declared == growth::n) CHECK(large >= 16 * small);
}

TEST_CASE("counted work stays within what is declared", "[counted_work]") {
    on_each("bounds", [](const registration& row) {
        const auto probe = row.make(0);
        if (!probe->counts_work()) return;
        count_cases(3);
        const costs small = costs_at(row, 64);
        const costs large = costs_at(row, 4096);
        check_growth("START", probe->declared().start, small.start, large.start);
        check_growth("STOP", probe->declared().stop, small.stop, large.stop);
        check_growth("tick", probe->declared().per_tick, small.per_tick, large.per_tick);
    });
}

}  // namespace cyclone::timer::test
