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
        const tick horizon = row.make(0)->declared().horizon;
        return run_lockstep(row.make, operations, {.origin = horizon / 2 + 12345}).broken;
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

TEST_CASE("counted work stays within what is declared", "[counted_work]") {
    // START and STOP with n timers pending, n growing 64-fold: what is declared O(1) must not grow
    // by more than a constant, what is declared O(log n) by no more than its logarithm.
    on_each("bounds", [](const registration& row) {
        const auto cost = [&](std::size_t n) {
            const auto timers = row.make(0);
            const auto nodes = timers->make_nodes(n + 1);
            rng random(cyclone::test::seed());
            const bool up = timers->declared().load == load_order::ascending;
            for (std::size_t i = 0; i < n; ++i) {
                (*nodes)[i].bind([](void*, entry&) {}, nullptr);
                timers->start((*nodes)[i], 100000 + (up ? i : n - i) * 16);
            }
            const work_totals before = timers->work();
            constexpr int k_pairs = 200;
            for (int pair = 0; pair < k_pairs; ++pair) {
                timers->start((*nodes)[n], 100000 + random.uniform(n * 16));
                timers->stop((*nodes)[n]);
            }
            const work_totals after = timers->work();
            for (std::size_t i = 0; i < n; ++i) timers->stop((*nodes)[i]);
            return static_cast<double>((after - before).sum()) / k_pairs;
        };
        const auto probe = row.make(0);
        if (!probe->counts_work()) return;
        count_cases(2);
        const double small = cost(64);
        const double large = cost(4096);
        const traits& declared = probe->declared();
        const growth worst = std::max(declared.start, declared.stop);
        if (worst == growth::o1) CHECK(large <= small + 2);
        if (worst == growth::log_n) CHECK(large <= 2.5 * small + 2);
        if (worst == growth::n) CHECK(large >= 16 * small);
    });
}

}  // namespace cyclone::timer::test
