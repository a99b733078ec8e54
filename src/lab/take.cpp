// The meters. Google Benchmark finds how many batches fill the time asked for; everything counted
// runs a fixed number of batches, so that its figures repeat.

#include "lab/take.hpp"

#include <algorithm>
#include <array>
#include <benchmark/benchmark.h>
#include <cstddef>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.hpp"
#include "lab/allocations.hpp"
#include "lab/heap_noise.hpp"
#include "lab/meter.hpp"
#include "lab/plant.hpp"
#include "lab/region.hpp"
#include "sys/syscalls.hpp"

namespace cyclone::lab {

namespace {

/// Keeps Google Benchmark quiet: the sample is printed by us.
class silent_reporter final : public benchmark::BenchmarkReporter {
 public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>&) override {}
};

struct timing {
    std::vector<double> batch_ns;  ///< ns an operation, one figure a batch
    double total_ns = 0;
    std::uint64_t ops = 0;
    std::int64_t begun_ns = 0;  ///< on the monotonic clock; what lies before was warm-up
};

/// One trial of Google Benchmark's. The kernel's counters run all through it, since switching them
/// for every batch would disturb short batches more than what lies between batches does.
timing run_trial(benchmark::State& state, batches& work, const request& asked,
                 sys::event_ladder& counters) {
    timing kept;
    std::optional<planter<>> plant;
    if (asked.plant) plant.emplace(*asked.plant);
    work.forget();
    counters.forget();
    kept.begun_ns = clock::monotonic_ns();
    counters.start();
    for (auto _ : state) {
        work.prepare();
        std::int64_t begin = clock::monotonic_ns();
        const std::uint64_t ops = work.run();
        std::int64_t end = clock::monotonic_ns();
        if (const auto counted = work.counted_ns()) begin = end - *counted;
        if (plant) end = plant->stretch(begin, end);
        work.restore();
        const auto spent = static_cast<double>(end - begin);
        state.SetIterationTime(spent * 1e-9);
        kept.total_ns += spent;
        kept.ops += ops;
        if (ops > 0) kept.batch_ns.push_back(spent / static_cast<double>(ops));
    }
    counters.stop();
    return kept;
}

/// Google Benchmark takes its options from BENCHMARK_* in the environment too: a filter there would
/// leave nothing to run, repetitions or a warm-up would change what is kept. All that matter are
/// therefore given; the command line is stronger.
void ignore_library_environment() {
    std::array<std::string, 7> words{"bench",
                                     "--benchmark_filter=.",
                                     "--benchmark_list_tests=false",
                                     "--benchmark_repetitions=1",
                                     "--benchmark_enable_random_interleaving=false",
                                     "--benchmark_min_warmup_time=0",
                                     "--benchmark_out="};
    std::array<char*, words.size() + 1> argv{};
    std::ranges::transform(words, argv.begin(), [](std::string& word) { return word.data(); });
    int argc = static_cast<int>(words.size());
    benchmark::Initialize(&argc, argv.data());
}

/// Runs batches until `min_time_s` of them has been measured. Google Benchmark finds the count by
/// trying smaller ones first; those trials are the warm-up and their figures are not kept.
timing run_timed(batches& work, const request& asked, sys::event_ladder& counters) {
    timing kept;
    const auto body = [&](benchmark::State& state) {
        kept = run_trial(state, work, asked, counters);
    };
    ignore_library_environment();
    benchmark::RegisterBenchmark("batches", body)->UseManualTime()->MinTime(asked.min_time_s);
    silent_reporter quiet;
    benchmark::RunSpecifiedBenchmarks(&quiet);
    benchmark::ClearRegisteredBenchmarks();
    return kept;
}

/// A long series is thinned to `k_kept` medians of equal runs, in order: enough to see warm-up.
std::vector<double> thinned(const std::vector<double>& series) {
    constexpr std::size_t k_kept = 64;
    if (series.size() <= k_kept) return series;
    std::vector<double> kept;
    for (std::size_t i = 0; i < k_kept; ++i) {
        const auto begin = static_cast<std::ptrdiff_t>(series.size() * i / k_kept);
        const auto end = static_cast<std::ptrdiff_t>(series.size() * (i + 1) / k_kept);
        std::vector<double> run(series.begin() + begin, series.begin() + end);
        const auto middle = run.begin() + static_cast<std::ptrdiff_t>(run.size() / 2);
        std::nth_element(run.begin(), middle, run.end());
        kept.push_back(*middle);
    }
    return kept;
}

result<void> fill_timed(sample& out, batches& work, const request& asked,
                        sys::event_ladder& counters) {
    const std::int64_t begin = clock::monotonic_ns();
    const timing kept = run_timed(work, asked, counters);
    out.warmup_ns = kept.begun_ns - begin;
    out.ops = kept.ops;
    out.iter_ns = thinned(kept.batch_ns);
    if (kept.ops == 0) {
        return fail(error_code::unavailable, "no operation was timed: there is no figure to print");
    }
    out.ns_per_op = kept.total_ns / static_cast<double>(kept.ops);
    return {};
}

/// What counts requests to the system, where it can be had: open before the workload is made.
struct system_meters {
    std::expected<allocation_counter, std::string> allocations = allocation_counter::find();
    std::expected<sys::syscall_counter, std::string> syscalls = sys::syscall_counter::open();
    allocation_totals asked_for;

    std::uint64_t run(batches& work) {
        const allocation_totals before = allocations ? allocations->now() : allocation_totals{};
        if (syscalls) syscalls->start();
        const std::uint64_t ops = work.run();
        if (syscalls) syscalls->stop();
        if (allocations) asked_for = asked_for + (allocations->now() - before);
        return ops;
    }
    [[nodiscard]] system_record totals() const {
        system_record out;
        out.syscalls = syscalls ? syscalls->total() : std::unexpected(syscalls.error());
        if (allocations) {
            out.allocations = asked_for.allocations;
            out.allocated_bytes = asked_for.bytes;
        } else {
            out.allocations = out.allocated_bytes = std::unexpected(allocations.error());
        }
        return out;
    }
};

void fill_counted(sample& out, batches& work, const request& asked, sys::event_ladder& counters,
                  std::optional<system_meters>& system) {
    const std::int64_t begin = clock::monotonic_ns();
    if (work.fixed_batches() > 1) {  // arrays grow and caches fill in a batch that does not count
        work.prepare();
        work.run();
        work.restore();
    }
    out.warmup_ns = clock::monotonic_ns() - begin;
    work.forget();
    counters.forget();
    const work_totals before = work.work().value_or(work_totals{});
    for (std::uint64_t batch = 0; batch < work.fixed_batches(); ++batch) {
        work.prepare();
        counters.start();
        if (asked.by == meter::instructions) {
            measured_region([&] { out.ops += work.run(); });
        } else {
            out.ops += system ? system->run(work) : work.run();
        }
        counters.stop();
        work.restore();
    }
    if (system) out.system = system->totals();
    if (asked.by != meter::work) return;
    if (const auto after = work.work()) out.work = *after - before;
}

/// Which counters, and what they will cover. A simulator's process would count the simulator.
std::vector<sys::event> wanted_events(meter by) {
    if (by == meter::instructions) return {};
    using enum sys::event;
    return {instructions, cycles, branch_misses, cache_misses, task_clock_ns};
}

counter_record read_counters(const sys::event_ladder& counters, meter by) {
    counter_record out{counters.read(), "the measured batches"};
    if (by == meter::time) out.covers = "the kept batches and what lies between them";
    if (by == meter::instructions) {
        out.read.why = "this meter runs under a simulator, which is what would be counted";
        for (const sys::event what : wanted_events(meter::time)) {
            out.read.figures.emplace_back(what, std::unexpected(out.read.why));
        }
    }
    return out;
}

void check_request(const bench_subject& what, const request& asked) {
    const std::vector<std::string> known = what.workloads();
    if (std::find(known.begin(), known.end(), asked.workload) == known.end()) {
        throw usage_error{fmt::format("{} has no workload '{}'; it has: {}", what.name(),
                                      asked.workload, fmt::join(known, ", "))};
    }
    const std::vector<std::string> params = what.params(asked.workload);
    for (const auto& [key, value] : asked.params) {
        if (std::find(params.begin(), params.end(), key) != params.end()) continue;
        throw usage_error{fmt::format("workload '{}' has no parameter '{}'; it has: {}",
                                      asked.workload, key, fmt::join(params, ", "))};
    }
    const std::vector<meter> meters = what.meters();
    if (std::find(meters.begin(), meters.end(), asked.by) == meters.end()) {
        throw usage_error{fmt::format("{} has no meter '{}'", what.name(), name_of(asked.by))};
    }
    if (asked.plant && asked.by != meter::time) {
        throw usage_error{"--plant stretches time: it goes with --meter time only"};
    }
}

/// Every CPU of the list is tried, the first one last: there the main thread stays.
void pin(const std::vector<unsigned>& cpus) {
    for (auto cpu = cpus.rbegin(); cpu != cpus.rend(); ++cpu) {
        if (auto pinned = sys::pin_to_cpu(*cpu); !pinned) {
            throw usage_error{"--cpus: " + pinned.error().message};
        }
    }
}

sample identity(const bench_subject& what, const request& asked) {
    sample out;
    out.component = what.component();
    out.variant = what.name();
    out.workload = asked.workload;
    out.n = asked.n;
    out.params = asked.params;
    out.seed = asked.seed;
    out.meter = name_of(asked.by);
    out.planted = asked.plant;
    return out;
}

}  // namespace

result<sample> take_sample(const bench_subject& what, const request& asked) {
    check_request(what, asked);
    pin(asked.cpus);
    // Threads inherit only what was open before they started, and a workload may start some.
    sys::event_ladder counters(wanted_events(asked.by));
    const bool real = asked.by != meter::instructions;
    sys::event_ladder moves(real ? std::vector{sys::event::migrations} : std::vector<sys::event>{});
    std::optional<system_meters> system;
    if (asked.by == meter::system) system.emplace();
    const heap_noise scattered(asked.heap_noise);
    const std::unique_ptr<batches> work = what.make(asked);
    sample out = identity(what, asked);
    result<void> timed;
    const auto measured = measure([&] {
        moves.start();
        if (asked.by == meter::time) {
            timed = fill_timed(out, *work, asked, counters);
        } else {
            fill_counted(out, *work, asked, counters, system);
        }
        moves.stop();
    });
    if (!measured) return std::unexpected(measured.error());
    if (!timed) return std::unexpected(timed.error());
    out.sw = measured->sw;
    if (real) out.migrations = moves.read().figures.front().second;
    out.counters = read_counters(counters, asked.by);
    out.values = work->values();
    out.result_hash = work->digest();
    out.latency = work->latency();
    out.threads = work->threads();
    return out;
}

}  // namespace cyclone::lab
