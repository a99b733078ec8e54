// Conformance: one scenario a semantic of sleep.hpp, on every row of the registry, in milliseconds
// of real time, and the judge shown to bite.
#include <algorithm>
#include <sys/resource.h>
#include <thread>

#include "support.hpp"
#include "sys/syscalls.hpp"

namespace cyclone::sleep::test {
namespace {

/// A sleeper that is whatever a test wants it to be: for the judge.
class scripted final : public any {
 public:
    using answer = result<woke> (*)(scripted&, ns deadline);

    explicit scripted(answer sleeps) : sleeps_(sleeps) {}
    result<woke> sleep_until(ns deadline) override { return sleeps_(*this, deadline); }
    void wake() noexcept override { woken_.store(true, std::memory_order_release); }
    [[nodiscard]] std::uint64_t calls() const override { return calls_; }
    [[nodiscard]] bool counts() const override { return true; }
    [[nodiscard]] const traits& declared() const override {
        static constexpr traits k_declared{.at_deadline = 0, .at_wake = 0};
        return k_declared;
    }
    bool take() { return woken_.exchange(false, std::memory_order_acquire); }

    answer sleeps_;
    sync::native::atomic<bool> woken_{false};
    std::uint64_t calls_ = 0;
};

/// What is right: watches the clock.
result<woke> watches(scripted& one, ns deadline) {
    for (;;) {
        if (one.take()) return woke::wake;
        if (clock::monotonic_ns() >= deadline) return woke::deadline;
        std::this_thread::yield();
    }
}

template <auto Sleeps>
result<std::unique_ptr<any>> made() {
    return std::make_unique<scripted>(Sleeps);
}

std::string verdict(maker make) {
    const auto found = find_violation(make, {.handovers = 30});
    return found ? found->property : std::string{};
}

}  // namespace

TEST_CASE("P6: a deadline that has passed returns at once", "[conformance]") {
    on_each("past", [](const registration& row) { CHECK(text(check_past(row.make)) == ""); });
}

TEST_CASE("P3, P4: a wake before the sleep is remembered, once", "[conformance]") {
    on_each("pending", [](const registration& row) { CHECK(text(check_pending(row.make)) == ""); });
}

TEST_CASE("P3: a wake ends a sleep", "[conformance]") {
    on_each("interrupted",
            [](const registration& row) { CHECK(text(check_interrupted(row.make)) == ""); });
}

TEST_CASE("P2: a signal does not end a sleep", "[conformance]") {
    on_each("signals", [](const registration& row) { CHECK(text(check_signals(row.make)) == ""); });
}

TEST_CASE("P8: not late by what an earlier sleep knew", "[conformance]") {
    on_each("punctual",
            [](const registration& row) { CHECK(text(check_punctual(row.make)) == ""); });
}

TEST_CASE("P7: system calls as declared", "[conformance]") {
    on_each("calls", [](const registration& row) { CHECK(text(check_calls(row.make)) == ""); });
}

TEST_CASE("P7: the kernel counts the same system calls", "[conformance]") {
    auto kernel = sys::syscall_counter::open();
    if (!kernel) {
        WARN("the kernel does not count system calls here: " << kernel.error());
        return;
    }
    on_each("calls, counted by the kernel", [&](const registration& row) {
        auto one = row.make();
        REQUIRE(one);
        // The first sleeps may make calls of their own, such as to map memory; the last may not.
        bool agreed = false;
        for (int attempt = 0; attempt < 5 && !agreed; ++attempt) {
            auto counter = sys::syscall_counter::open();
            REQUIRE(counter);
            const std::uint64_t before = (*one)->calls();
            const ns deadline = clock::monotonic_ns() + 300 * k_us;
            counter->start();
            const auto got = (*one)->sleep_until(deadline);
            counter->stop();
            REQUIRE(got);
            const auto total = counter->total();
            REQUIRE(total);
            INFO("the kernel counted " << *total << ", the sleeper " << (*one)->calls() - before);
            agreed = *total == (*one)->calls() - before;
        }
        CHECK(agreed);
    });
}

TEST_CASE("P9: without descriptors open() fails with an error", "[conformance]") {
    on_each("no descriptors", [](const registration& row) {
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
        const rlimit none{3, before.rlim_max};
        REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
        const auto made_without = row.make();
        REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
        if (!made_without) CHECK(made_without.error().code == error_code::resource_exhausted);
        CHECK(row.make());
    });
}

TEST_CASE("the judge finds what is planted", "[judge]") {
    constexpr auto k_early = [](scripted& one, ns deadline) {
        return watches(one, deadline - 20 * k_us);
    };
    constexpr auto k_deaf = [](scripted& one, ns deadline) {
        one.take();
        return watches(one, std::min(deadline, clock::monotonic_ns() + 5 * k_second));
    };
    constexpr auto k_echo = [](scripted& one, ns deadline) {
        const auto why = watches(one, deadline);
        if (why == woke::wake) one.wake();
        return why;
    };
    constexpr auto k_idle = [](scripted& one, ns deadline) {
        const ns now = clock::monotonic_ns();
        return watches(one, deadline > now ? std::max(deadline, now + 30 * k_ms) : deadline);
    };
    constexpr auto k_chatty = [](scripted& one, ns deadline) {
        ++one.calls_;
        return watches(one, deadline);
    };
    constexpr auto k_fails = [](scripted&, ns) -> result<woke> { return fail_call("x", EIO); };
    CHECK(verdict(&made<watches>) == "");
    CHECK(verdict(&made<k_early>) == "P2 early");
    CHECK(verdict(&made<k_deaf>) == "P6 past, with a wake");
    CHECK(verdict(&made<k_echo>) == "P4 made up");
    CHECK(verdict(&made<k_idle>) == "P8 late");
    CHECK(verdict(&made<k_chatty>) == "P7 calls");
    CHECK(verdict(&made<k_fails>) == "P9 error");
    const maker closed = [] {
        return result<std::unique_ptr<any>>(fail(error_code::unavailable, "no such call"));
    };
    CHECK(verdict(closed) == "P9 open");
}

TEST_CASE("time left and its units", "[judge]") {
    CHECK(left_until(k_never, 5) == k_never);
    CHECK(left_until(10, 4) == 6);
    CHECK(left_until(4, 10) == 0);
    CHECK(timespec_of(k_second + 7).tv_sec == 1);
    CHECK(timespec_of(k_second + 7).tv_nsec == 7);
    CHECK(fail_call("x", EMFILE).error().code == error_code::resource_exhausted);
    CHECK(fail_call("x", ENOSYS).error().code == error_code::unavailable);
}

}  // namespace cyclone::sleep::test
