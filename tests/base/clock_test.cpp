// Clocks: which of them runs when.

#include "base/clock.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

using namespace cyclone;

// Work that takes at least the given processor time of this thread.
void burn(std::int64_t cpu_ns) {
    const std::int64_t until = clock::thread_cpu_ns() + cpu_ns;
    while (clock::thread_cpu_ns() < until) {
    }
}

constexpr std::int64_t k_burned_ns = 30'000'000;

}  // namespace

TEST_CASE("the monotonic clock never goes back and does move", "[base][clock]") {
    const std::int64_t first = clock::monotonic_ns();
    std::int64_t before = first;
    bool went_back = false;
    for (int i = 0; i < 100000; ++i) {
        const std::int64_t now = clock::monotonic_ns();
        went_back |= now < before;
        before = now;
    }
    REQUIRE_FALSE(went_back);
    REQUIRE(before > first);
}

TEST_CASE("monotonic time agrees with the library's steady clock", "[base][clock]") {
    const auto steady = [] {
        return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch());
    };
    const std::int64_t low = steady().count();
    const std::int64_t ours = clock::monotonic_ns();
    const std::int64_t high = steady().count();
    REQUIRE(low <= ours);
    REQUIRE(ours <= high);
}

TEST_CASE("real time agrees with the library's system clock", "[base][clock]") {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t theirs = std::chrono::nanoseconds(since_1970).count();
    REQUIRE(std::abs(clock::realtime_ns() - theirs) < 10'000'000'000);
}

TEST_CASE("thread time is the thread's, process time is everyone's", "[base][clock]") {
    const std::int64_t wall = clock::monotonic_ns();
    const std::int64_t mine = clock::thread_cpu_ns();
    const std::int64_t all = clock::process_cpu_ns();
    std::thread([] { burn(k_burned_ns); }).join();
    // This thread waited: its own clock stood still, the process's did not.
    REQUIRE(clock::thread_cpu_ns() - mine < k_burned_ns / 2);
    REQUIRE(clock::process_cpu_ns() - all >= k_burned_ns);
    REQUIRE(clock::monotonic_ns() - wall >= k_burned_ns);
}
