// The frame of a benchmark binary, driven in this process by a subject made here.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "base/clock.hpp"
#include "lab/allocations.hpp"
#include "lab/heap_noise.hpp"
#include "lab/plant.hpp"
#include "lab/take.hpp"

namespace {

using namespace cyclone;

constexpr std::uint64_t k_mallocs = 7;
constexpr std::uint64_t k_bytes = 24;
constexpr std::uint64_t k_calls = 10;
constexpr std::int64_t k_part_ns = 20'000;  // that count of the spin's 100'000

// Does as its workload says: spins a known time, allocates, or calls the kernel.
class known_batches final : public lab::batches {
 public:
    explicit known_batches(const lab::request& what) : what_(what) {}

    void forget() override {
        ++forgotten_;
        runs_ = 0;
    }
    std::uint64_t run() override {
        ++runs_;
        if (what_.workload == "spin" || what_.workload == "part") {
            const std::int64_t until = clock::monotonic_ns() + 100'000;
            while (clock::monotonic_ns() < until) {
            }
        } else if (what_.workload == "allocate") {
            for (std::uint64_t i = 0; i < k_mallocs; ++i) {
                void* volatile memory = std::malloc(k_bytes);  // volatile: not to be left out
                std::free(memory);
            }
        } else {
            for (std::uint64_t i = 0; i < k_calls; ++i) ::syscall(SYS_getppid);
        }
        return 1;
    }
    [[nodiscard]] std::optional<std::int64_t> counted_ns() const override {
        if (what_.workload != "part") return std::nullopt;
        return k_part_ns;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 4; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        return {{"forgotten", static_cast<double>(forgotten_)},
                {"runs", static_cast<double>(runs_)}};
    }
    [[nodiscard]] std::optional<lab::latency_record> latency() const override {
        lab::latency_record found;
        found.count = runs_;
        return found;
    }
    [[nodiscard]] std::vector<lab::thread_record> threads() const override {
        return {{0, runs_, 0, 1}};
    }
    [[nodiscard]] std::uint64_t digest() const override { return 42; }

 private:
    lab::request what_;
    std::uint64_t runs_ = 0;
    std::uint64_t forgotten_ = 0;
};

class known_subject final : public lab::bench_subject {
 public:
    std::string component() const override { return "none"; }
    std::string name() const override { return "known"; }
    std::string kind() const override { return "seq"; }
    std::string note() const override { return "does what it is told"; }
    std::string source() const override { return ""; }
    std::map<std::string, std::string> declared() const override { return {}; }
    std::map<std::string, std::uint64_t> bytes() const override { return {}; }
    std::vector<std::string> workloads() const override {
        return {"spin", "part", "allocate", "call"};
    }
    std::vector<std::string> params(const std::string&) const override { return {}; }
    std::vector<lab::meter> meters() const override {
        return {lab::meter::time, lab::meter::system};
    }
    std::unique_ptr<lab::batches> make(const lab::request& what) const override {
        return std::make_unique<known_batches>(what);
    }
    lab::check_outcome check(std::uint64_t, std::uint64_t) const override { return {}; }
};

lab::request ask(const char* workload, lab::meter by) {
    lab::request asked;
    asked.workload = workload;
    asked.n = 1;
    asked.by = by;
    asked.min_time_s = 0.02;
    return asked;
}

double median(std::vector<double> all) {
    std::sort(all.begin(), all.end());
    return all.at(all.size() / 2);
}

std::string refusal(const lab::request& asked) {
    try {
        static_cast<void>(lab::take_sample(known_subject{}, asked));
    } catch (const lab::usage_error& wrong) {
        return wrong.message;
    }
    return "";
}

}  // namespace

TEST_CASE("the planted share is exact over a series of short intervals", "[base][lab]") {
    std::int64_t now = 0;
    const auto tick = [&now] { return now += 37; };  // a coarse clock
    for (const double share : {0.05, 0.3, 1.0}) {
        lab::planter plant(share, tick);
        std::int64_t plain = 0;
        std::int64_t stretched = 0;
        for (int i = 0; i < 10'000; ++i) {
            const std::int64_t begin = now;
            const std::int64_t end = tick();
            plain += end - begin;
            const std::int64_t later = plant.stretch(begin, end);
            REQUIRE(later >= end);
            stretched += later - begin;
        }
        const double wanted = (1 + share) * static_cast<double>(plain);
        REQUIRE(std::abs(static_cast<double>(stretched) - wanted) <= 37);
    }
}

TEST_CASE("losing the core while planting costs the next interval nothing", "[base][lab]") {
    std::int64_t now = 0;
    std::int64_t jump = 4'000'000;  // a time slice, once
    const auto tick = [&] { return now += 50 + std::exchange(jump, 0); };
    lab::planter plant(0.5, tick);
    REQUIRE(plant.stretch(0, 100'000) > 4'000'000);
    const std::int64_t begin = now;
    const std::int64_t later = plant.stretch(begin, begin + 100'000);
    REQUIRE(later - begin >= 149'000);
    REQUIRE(later - begin <= 151'000);
}

TEST_CASE("a planted share arrives in the sample", "[base][lab]") {
    lab::request asked = ask("spin", lab::meter::time);
    const auto plain = lab::take_sample(known_subject{}, asked);
    asked.plant = 0.5;
    const auto planted = lab::take_sample(known_subject{}, asked);
    REQUIRE(plain);
    REQUIRE(planted);
    REQUIRE_FALSE(plain->planted);
    REQUIRE(planted->planted == 0.5);
    const double ratio = median(*planted->iter_ns) / median(*plain->iter_ns);
    REQUIRE(ratio > 1.35);
    REQUIRE(ratio < 1.75);
}

TEST_CASE("of a batch that says so only a part is timed, and the plant is a share of that",
          "[base][lab]") {
    lab::request asked = ask("part", lab::meter::time);
    asked.min_time_s = 0.002;
    const auto plain = lab::take_sample(known_subject{}, asked);
    REQUIRE(plain);
    REQUIRE(median(*plain->iter_ns) == static_cast<double>(k_part_ns));
    asked.plant = 0.5;
    const auto planted = lab::take_sample(known_subject{}, asked);
    REQUIRE(planted);
    REQUIRE(median(*planted->iter_ns) > 1.4 * static_cast<double>(k_part_ns));
    REQUIRE(median(*planted->iter_ns) < 1.7 * static_cast<double>(k_part_ns));
}

TEST_CASE("warm-up is forgotten and accounted for", "[base][lab]") {
    const auto timed = lab::take_sample(known_subject{}, ask("spin", lab::meter::time));
    REQUIRE(timed);
    REQUIRE(timed->values.at("runs") == static_cast<double>(timed->ops));  // of the last trial only
    REQUIRE(timed->values.at("forgotten") >= 2);
    REQUIRE(timed->warmup_ns >= 100'000);
    REQUIRE(timed->latency->count == timed->ops);
    REQUIRE(timed->threads.size() == 1);
    REQUIRE(timed->counters.read.figures.size() == 5);
    const auto& [event, running] = timed->counters.read.figures.back();
    REQUIRE(event == sys::event::task_clock_ns);
    const double kept_ns = *timed->ns_per_op * static_cast<double>(timed->ops);
    if (running) REQUIRE(static_cast<double>(*running) <= kept_ns + 4e6);  // trials: a third of it
    REQUIRE(timed->iter_ns->size() == std::min<std::size_t>(64, timed->ops));
    REQUIRE(median(*timed->iter_ns) >= 100'000);
    const auto fixed = lab::take_sample(known_subject{}, ask("spin", lab::meter::system));
    REQUIRE(fixed);
    REQUIRE(fixed->ops == 4);
    REQUIRE(fixed->values.at("runs") == 4);
    REQUIRE(fixed->warmup_ns >= 100'000);  // one batch
}

TEST_CASE("the system meter counts calls exactly, or says why not", "[base][lab]") {
    const auto taken = lab::take_sample(known_subject{}, ask("call", lab::meter::system));
    REQUIRE(taken);
    REQUIRE(taken->system);
    const sys::figure& calls = taken->system->syscalls;
    if (calls) REQUIRE(*calls == k_calls * taken->ops);
    if (!calls) REQUIRE_FALSE(calls.error().empty());
}

TEST_CASE("without the preloaded library allocations are unavailable", "[base][lab]") {
    const auto taken = lab::take_sample(known_subject{}, ask("allocate", lab::meter::system));
    REQUIRE(taken);
    if (lab::allocation_counter::find()) return;  // the next case is run with it
    REQUIRE_FALSE(taken->system->allocations);
    REQUIRE(taken->system->allocations.error().find("LD_PRELOAD") != std::string::npos);
}

// Hidden: CTest runs it with the library preloaded.
TEST_CASE("seven allocations count seven", "[.][preloaded]") {
    const auto taken = lab::take_sample(known_subject{}, ask("allocate", lab::meter::system));
    REQUIRE(taken);
    REQUIRE(taken->system->allocations.value() == k_mallocs * taken->ops);
    REQUIRE(taken->system->allocated_bytes.value() == k_mallocs * k_bytes * taken->ops);
    const auto none = lab::take_sample(known_subject{}, ask("spin", lab::meter::system));
    REQUIRE(none->system->allocations.value() == 0);

    const auto counter = lab::allocation_counter::find();
    REQUIRE(counter);
    const auto before = counter->now();
    lab::request noisy = ask("allocate", lab::meter::system);
    noisy.heap_noise = 5;
    const auto scattered = lab::take_sample(known_subject{}, noisy);
    REQUIRE((counter->now() - before).allocations >= 512);  // the noise really was made,
    REQUIRE(scattered->system->allocations.value() == k_mallocs * scattered->ops);  // and not seen
    REQUIRE(scattered->system->allocated_bytes.value() == k_mallocs * k_bytes * scattered->ops);

    const auto begun = counter->now();
    void* volatile zeroed = std::calloc(3, 5);
    void* volatile grown = std::realloc(zeroed, 40);
    std::free(grown);
    void* volatile aligned = std::aligned_alloc(64, 128);
    std::free(aligned);
    void* other = nullptr;
    const int status = ::posix_memalign(&other, 64, 64);
    std::free(other);
    const auto spent = counter->now() - begun;
    REQUIRE(status == 0);
    REQUIRE(spent.allocations == 4);
    REQUIRE(spent.bytes == 15 + 40 + 128 + 64);
}

TEST_CASE("a request beyond the subject is refused with what there is", "[base][lab]") {
    REQUIRE(refusal(ask("sing", lab::meter::time)).find("spin, part, allocate, call") !=
            std::string::npos);
    REQUIRE(refusal(ask("spin", lab::meter::work)).find("no meter 'work'") != std::string::npos);
    auto asked = ask("spin", lab::meter::system);
    asked.plant = 0.1;
    REQUIRE(refusal(asked).find("--plant") != std::string::npos);
    asked = ask("spin", lab::meter::time);
    asked.params["key"] = "value";
    REQUIRE(refusal(asked).find("no parameter 'key'") != std::string::npos);
}

TEST_CASE("the main thread is pinned to the first CPU of the list", "[base][lab]") {
    cpu_set_t allowed;
    REQUIRE(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    auto asked = ask("call", lab::meter::system);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && asked.cpus.size() < 2; ++cpu) {
        if (CPU_ISSET(cpu, &allowed)) asked.cpus.push_back(cpu);
    }
    const unsigned first = asked.cpus.front();
    REQUIRE(lab::take_sample(known_subject{}, asked));
    cpu_set_t mine;
    REQUIRE(::sched_getaffinity(0, sizeof mine, &mine) == 0);
    REQUIRE(CPU_COUNT(&mine) == 1);
    REQUIRE(CPU_ISSET(first, &mine));
    REQUIRE(::sched_setaffinity(0, sizeof allowed, &allowed) == 0);
    asked.cpus = {first, CPU_SETSIZE - 1U};
    REQUIRE(refusal(asked).find("--cpus") != std::string::npos);
    REQUIRE(::sched_setaffinity(0, sizeof allowed, &allowed) == 0);
}

TEST_CASE("heap noise gives small blocks other addresses, as its seed says", "[lab]") {
    const auto distances = [](std::uint64_t seed) {
        const lab::heap_noise scattered(seed);
        std::vector<char*> blocks(64);
        for (char*& block : blocks) block = static_cast<char*>(std::malloc(48));
        std::vector<std::ptrdiff_t> steps;
        for (std::size_t i = 1; i < blocks.size(); ++i) steps.push_back(blocks[i] - blocks[i - 1]);
        for (char* block : blocks) std::free(block);
        return steps;
    };
    CHECK(lab::heap_noise(0).kept() == 0);
    CHECK(lab::heap_noise(5).kept() == lab::heap_noise(5).kept());
    CHECK(lab::heap_noise(5).kept() >= 256);
    CHECK(distances(5) != distances(6));
}
