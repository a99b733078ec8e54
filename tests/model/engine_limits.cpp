// Where the explorer is told how far to go, and must not stop short: failures of a weak
// compare-exchange for no reason, and threads that wait by read-modify-writes.

#include <array>
#include <optional>

#include "engine_support.hpp"

namespace cyclone::model::test {
namespace {

/// A lock taken by an exchange that leaves what it finds while the lock is held.
void test_and_set_lock(std::size_t threads) {
    atomic_int held(0);
    plain_int inside(0);
    std::array<std::optional<thread>, 3> all;
    for (std::size_t t = 0; t < threads; ++t) {
        all[t].emplace([&] {
            while (held.exchange(1, k_acq) != 0) sync::explored::pause();
            inside.set(inside.get() + 1);
            held.store(0, k_rel);
        });
    }
    for (auto& one : all) {
        if (one) one->join();
    }
    require(inside.get() == static_cast<int>(threads), "each was inside once");
}

/// A bit for each number of failures that some execution of a loop of three tries has.
unsigned failures_seen(std::uint32_t spurious_max) {
    unsigned seen = 0;
    options how;
    how.spurious_max = spurious_max;
    const result r = check(how, [&] {
        atomic_int word(0);
        int failed = 0;
        for (int i = 0; i < 3; ++i) {
            int expected = 0;
            if (word.compare_exchange_weak(expected, 1, k_rlx, k_rlx)) break;
            ++failed;
        }
        seen |= 1U << failed;
    });
    CHECK(r.said == verdict::passed);
    return seen;
}

}  // namespace

TEST_CASE("several threads wait by read-modify-writes that change nothing", "[limits]") {
    for (const std::size_t threads : {2, 3}) {
        const result r = check({}, [&] { test_and_set_lock(threads); });
        INFO(threads << " threads: " << r.bound << (r.found ? r.found->message : ""));
        CHECK(r.said == verdict::passed);
        CHECK(r.complete > 0);
    }
}

TEST_CASE("a lock by exchange that releases nothing is still a race", "[limits]") {
    const body broken = [] {
        atomic_int held(0);
        plain_int inside(0);
        const auto enter = [&] {
            while (held.exchange(1, k_acq) != 0) sync::explored::pause();
            inside.set(inside.get() + 1);
            held.store(0, k_rlx);
        };
        thread a(enter);
        thread b(enter);
        a.join();
        b.join();
    };
    expect_fault(broken, fault::race);
}

TEST_CASE("a weak compare-exchange fails for no reason as often as it is told to", "[limits]") {
    CHECK(failures_seen(0) == 0b1U);
    CHECK(failures_seen(1) == 0b11U);
    CHECK(failures_seen(2) == 0b111U);
    CHECK(failures_seen(3) == 0b1111U);
}

}  // namespace cyclone::model::test
