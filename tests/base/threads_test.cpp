// The team of threads: nobody begins before all are there, everybody is counted, and errors are
// values.
#include <catch2/catch.hpp>
#include <sched.h>

#include "base/sync.hpp"
#include "lab/thread_driver.hpp"

namespace cyclone::lab {
namespace {

std::unique_ptr<thread_team> team_of(unsigned count, std::vector<unsigned> cpus = {}) {
    auto team = thread_team::start(count, std::move(cpus));
    REQUIRE(team);
    return std::move(*team);
}

/// A CPU this process may use, so that the test runs under any affinity.
unsigned some_cpu() {
    cpu_set_t mine;
    REQUIRE(::sched_getaffinity(0, sizeof mine, &mine) == 0);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &mine)) return cpu;
    }
    return 0;
}

/// Puts the test's own thread back where it was.
struct affinity_kept {
    affinity_kept() { ::sched_getaffinity(0, sizeof before, &before); }
    ~affinity_kept() { ::sched_setaffinity(0, sizeof before, &before); }
    cpu_set_t before{};
};

}  // namespace

TEST_CASE("a fixed amount, with failures told apart", "[threads]") {
    for (const unsigned count : {1U, 2U, 5U}) {
        const auto team = team_of(count);
        for (int round = 0; round < 20; ++round) {
            const round_report done = team->run([](unsigned index, stop_flag&) {
                std::uint64_t i = 0;
                return repeat_count(10 * (index + 1), [&] { return ++i % 5 != 0; });
            });
            REQUIRE(done.threads.size() == count);
            for (unsigned i = 0; i < count; ++i) {
                CHECK(done.threads[i].ops == 8 * (i + 1));
                CHECK(done.threads[i].failed == 2 * (i + 1));
                CHECK(done.threads[i].wall_ns >= 0);
                CHECK(done.threads[i].wall_ns <= done.wall_ns);
            }
            CHECK(done.total().ops == 4 * count * (count + 1));
            CHECK(done.skew_ns >= 0);
            CHECK(done.skew_ns <= done.wall_ns);
        }
    }
}

TEST_CASE("nobody begins before all are at the line", "[threads]") {
    // Each thread announces itself in its body. A line that let a thread through early would be
    // caught by the two halves: muster() must start nothing, go() must run all.
    const auto team = team_of(4);
    sync::native::atomic<int> inside{0};
    for (int round = 1; round <= 50; ++round) {
        team->muster([&](unsigned, stop_flag&) {
            inside.fetch_add(1, std::memory_order_relaxed);
            return tally{};
        });
        std::this_thread::yield();
        CHECK(inside.load(std::memory_order_relaxed) == 4 * (round - 1));
        team->go();
        CHECK(inside.load(std::memory_order_relaxed) == 4 * round);
    }
}

TEST_CASE("all are in the round together", "[threads]") {
    // Each waits inside until all four are: ends only if nobody is kept out until another is done.
    const auto team = team_of(4);
    sync::native::atomic<unsigned> inside{0};
    const round_report done = team->run([&](unsigned, stop_flag&) {
        inside.fetch_add(1, std::memory_order_relaxed);
        while (inside.load(std::memory_order_relaxed) < 4) std::this_thread::yield();
        return tally{1, 0};
    });
    CHECK(done.total().ops == 4);
}

TEST_CASE("what a round wrote is seen by the caller and by the next round", "[threads]") {
    const auto team = team_of(3);
    std::vector<std::uint64_t> plain(3);  // no atomics: the line must order them (thread sanitizer)
    for (int round = 0; round < 100; ++round) {
        team->run([&](unsigned index, stop_flag&) {
            ++plain[index];
            return tally{};
        });
        std::ranges::rotate(plain, plain.begin() + 1);
    }
    CHECK(plain[0] + plain[1] + plain[2] == 300);
}

TEST_CASE("a fixed time ends for all, though threads outnumber CPUs", "[threads]") {
    const auto team = team_of(6);
    for (int round = 0; round < 2; ++round) {  // the flag is lowered for the second
        const round_report done = team->run([](unsigned, stop_flag& stop) {
            return repeat_for(3'000'000, stop, [] { return true; });
        });
        CHECK(done.wall_ns >= 3'000'000);
        CHECK(done.wall_ns < 3'000'000'000);
        CHECK(done.total().ops > 0);
        CHECK(done.total().ops % 32 == 0);
        std::int64_t longest = 0;  // of who stopped the others; nobody began before the round
        for (const thread_record& one : done.threads) longest = std::max(longest, one.wall_ns);
        CHECK(longest >= 3'000'000);
        CHECK(done.skew_ns > 0);  // six threads on any machine do not begin in one nanosecond
    }
}

TEST_CASE("a round that was mustered and never begun holds nobody", "[threads]") {
    sync::native::atomic<int> ran{0};
    {
        const auto team = team_of(4);
        team->muster([&](unsigned, stop_flag&) {
            ran.fetch_add(1, std::memory_order_relaxed);
            return tally{};
        });
    }  // must end: an exception between the two calls would come here
    CHECK(ran.load(std::memory_order_relaxed) == 0);
}

TEST_CASE("threads are pinned in turn", "[threads]") {
    const affinity_kept restored;
    const unsigned cpu = some_cpu();
    const auto team = team_of(3, {cpu});
    std::vector<int> seen(3);
    const round_report done = team->run([&](unsigned index, stop_flag&) {
        seen[index] = ::sched_getcpu();
        return tally{};
    });
    for (unsigned i = 0; i < 3; ++i) {
        CHECK(seen[i] == static_cast<int>(cpu));
        CHECK(done.threads[i].cpu == cpu);
    }
}

TEST_CASE("two CPUs are taken in turn by three threads", "[threads]") {
    const affinity_kept restored;
    std::vector<unsigned> cpus;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && cpus.size() < 2; ++cpu) {
        if (CPU_ISSET(cpu, &restored.before)) cpus.push_back(cpu);
    }
    if (cpus.size() < 2) return;
    const auto team = team_of(3, cpus);
    std::vector<int> seen(3);
    const round_report done = team->run([&](unsigned index, stop_flag&) {
        seen[index] = ::sched_getcpu();
        return tally{};
    });
    for (unsigned i = 0; i < 3; ++i) {
        CHECK(seen[i] == static_cast<int>(cpus[i % 2]));
        CHECK(done.threads[i].cpu == cpus[i % 2]);
    }
}

TEST_CASE("a team that cannot be had is an error", "[threads]") {
    const affinity_kept restored;
    for (const unsigned count : {0U, thread_team::k_threads_max + 1}) {
        const auto team = thread_team::start(count, {});
        REQUIRE_FALSE(team);
        CHECK(team.error().code == error_code::invalid_argument);
    }
    const auto nowhere = thread_team::start(2, {some_cpu(), 1'000'000});
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == error_code::invalid_argument);
    CHECK(to_string(nowhere.error()).find("1000000") != std::string::npos);
}

}  // namespace cyclone::lab
