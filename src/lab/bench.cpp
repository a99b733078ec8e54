#include "lab/bench.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <benchmark/benchmark.h>
#include <charconv>
#include <cstdio>
#include <fmt/format.h>

#include "base/clock.hpp"
#include "lab/evidence.hpp"
#include "lab/json.hpp"
#include "lab/meter.hpp"
#include "lab/region.hpp"
#include "lab/sample.hpp"

#ifndef CYCLONE_FLAGS
#define CYCLONE_FLAGS "unknown"
#endif
#ifndef CYCLONE_BUILD_TYPE
#define CYCLONE_BUILD_TYPE "unknown"
#endif

namespace cyclone::lab {

std::string request::param(const std::string& key, const std::string& otherwise) const {
    const auto found = params.find(key);
    return found == params.end() ? otherwise : found->second;
}

std::uint64_t request::param(const std::string& key, std::uint64_t otherwise) const {
    const auto found = params.find(key);
    if (found == params.end()) return otherwise;
    const std::string& text = found->second;
    std::uint64_t value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (wrong != std::errc{} || end != text.data() + text.size()) {
        throw usage_error{fmt::format("--param {}={}: not a whole number", key, text)};
    }
    return value;
}

namespace {

constexpr int k_exit_usage = 64;

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
};

/// Runs batches until `min_time_s` of them has been measured. Google Benchmark finds the count by
/// trying smaller ones first; those runs are the warm-up and their figures are not kept.
timing run_timed(batches& work, double min_time_s) {
    timing kept;
    const auto body = [&](benchmark::State& state) {
        kept = {};
        for (auto _ : state) {
            work.prepare();
            const std::int64_t begin = clock::monotonic_ns();
            const std::uint64_t ops = work.run();
            const auto spent = static_cast<double>(clock::monotonic_ns() - begin);
            work.restore();
            state.SetIterationTime(spent * 1e-9);
            kept.total_ns += spent;
            kept.ops += ops;
            if (ops > 0) kept.batch_ns.push_back(spent / static_cast<double>(ops));
        }
    };
    int argc = 1;
    char name[] = "bench";
    char* argv[] = {name, nullptr};
    benchmark::Initialize(&argc, argv);
    benchmark::RegisterBenchmark("batches", body)->UseManualTime()->MinTime(min_time_s);
    silent_reporter quiet;
    benchmark::RunSpecifiedBenchmarks(&quiet);
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

const char* meter_name(meter by) {
    switch (by) {
        case meter::time: return "time";
        case meter::work: return "work";
        case meter::instructions: break;
    }
    return "instructions";
}

void fill_counted(sample& out, batches& work, meter by) {
    if (work.fixed_batches() > 1) {  // arrays grow and caches fill in a batch that does not count
        work.prepare();
        work.run();
        work.restore();
    }
    const work_totals before = work.work().value_or(work_totals{});
    for (std::uint64_t batch = 0; batch < work.fixed_batches(); ++batch) {
        work.prepare();
        if (by == meter::instructions) {
            measured_region([&] { out.ops += work.run(); });
        } else {
            out.ops += work.run();
        }
        work.restore();
    }
    if (by != meter::work) return;
    if (const auto after = work.work()) out.work = *after - before;
}

int print_sample(const bench_subject& what, const request& asked) {
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
    const std::unique_ptr<batches> work = what.make(asked);
    sample out;
    out.component = what.component();
    out.variant = what.name();
    out.workload = asked.workload;
    out.n = asked.n;
    out.params = asked.params;
    out.seed = asked.seed;
    out.meter = meter_name(asked.by);
    const auto measured = measure([&] {
        if (asked.by != meter::time) return fill_counted(out, *work, asked.by);
        const timing kept = run_timed(*work, asked.min_time_s);
        out.ops = kept.ops;
        out.iter_ns = thinned(kept.batch_ns);
        if (kept.ops > 0) out.ns_per_op = kept.total_ns / static_cast<double>(kept.ops);
    });
    if (!measured) {
        std::fprintf(stderr, "%s\n", to_string(measured.error()).c_str());
        return 1;
    }
    out.sw = measured->sw;
    out.values = work->values();
    out.result_hash = work->digest();
    std::puts(to_json(out).c_str());
    return 0;
}

int print_description(const bench_subject& what) {
    json out = {{"schema", 1},
                {"component", what.component()},
                {"variant", what.name()},
                {"kind", what.kind()},
                {"note", what.note()},
                {"source", what.source()},
                {"traits", what.declared()},
                {"workloads", what.workloads()},
                {"build",
                 {{"compiler", compiler_text()},
                  {"flags", CYCLONE_FLAGS},
                  {"type", CYCLONE_BUILD_TYPE},
                  {"check", CYCLONE_CHECK}}}};
    for (const auto& [name, count] : what.bytes()) out[name] = count;
    std::puts(one_line(out).c_str());
    return 0;
}

int run_check(const bench_subject& what, std::uint64_t seed, std::uint64_t cases) {
    const check_outcome outcome = what.check(seed, cases);
    const json out = {{"schema", 1},
                      {"component", what.component()},
                      {"variant", what.name()},
                      {"check", outcome.passed ? "ok" : "failed"},
                      {"cases", outcome.cases},
                      {"seed", seed},
                      {"detail", outcome.detail}};
    std::puts(one_line(out).c_str());
    if (outcome.passed) return 0;
    std::fprintf(
        stderr, "%s: check failed: %s\nrepro: bench/%s/%s --check --seed %llu --ops %llu\n",
        what.name().c_str(), outcome.detail.c_str(), what.component().c_str(), what.name().c_str(),
        static_cast<unsigned long long>(seed), static_cast<unsigned long long>(cases));
    return 1;
}

}  // namespace

int bench_main(const bench_subject& what, int argc, char** argv) {
    CLI::App app{fmt::format("{}/{}: {}", what.component(), what.name(), what.note())};
    request asked;
    bool describe = false;
    bool check = false;
    std::uint64_t cases = 20000;
    std::vector<std::string> params;
    const std::map<std::string, meter> meters{
        {"time", meter::time}, {"work", meter::work}, {"instructions", meter::instructions}};
    app.add_flag("--describe", describe, "print what this variant is, as JSON");
    app.add_flag("--check", check, "replay random operations against the model before measuring");
    app.add_option("--ops", cases, "operations that --check replays")->check(CLI::PositiveNumber);
    app.add_option("--workload", asked.workload, "what to measure");
    app.add_option("--n", asked.n, "size of the workload")->check(CLI::PositiveNumber);
    app.add_option("--meter", asked.by, "time, work or instructions")
        ->transform(CLI::CheckedTransformer(meters));
    app.add_option("--seed", asked.seed, "seed of every random draw");
    app.add_option("--min-time", asked.min_time_s, "seconds to measure for")
        ->check(CLI::Range(0.0, 600.0));
    app.add_option("--param", params, "key=value of the workload")->take_all();
    try {
        app.parse(argc, argv);
        for (const std::string& text : params) {
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos)
                throw usage_error{"--param takes key=value, not " + text};
            asked.params[text.substr(0, equals)] = text.substr(equals + 1);
        }
        if (describe) return print_description(what);
        if (check) return run_check(what, asked.seed, cases);
        if (asked.workload.empty() || asked.n == 0)
            throw usage_error{"--workload and --n are needed"};
        return print_sample(what, asked);
    } catch (const CLI::CallForHelp& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& wrong) {
        app.exit(wrong);
        return k_exit_usage;
    } catch (const usage_error& wrong) {
        std::fprintf(stderr, "%s: %s\n", what.name().c_str(), wrong.message.c_str());
        return k_exit_usage;
    }
}

}  // namespace cyclone::lab
