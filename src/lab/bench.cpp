#include "lab/bench.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <exception>
#include <fmt/format.h>

#include "base/clock.hpp"
#include "lab/evidence.hpp"
#include "lab/json.hpp"
#include "lab/sample.hpp"
#include "lab/take.hpp"
#include "sys/errno.hpp"
#include "sys/process.hpp"

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

const char* name_of(meter by) noexcept {
    switch (by) {
        case meter::time: return "time";
        case meter::work: return "work";
        case meter::instructions: return "instructions";
        case meter::system: break;
    }
    return "system";
}

namespace {

constexpr int k_exit_failed = 1;
constexpr int k_exit_usage = 64;

/// Prints one line. A line that did not get out is a failure: nobody has the figure.
int say(const std::string& line) {
    if (std::puts(line.c_str()) >= 0 && std::fflush(stdout) == 0) return 0;
    std::fprintf(stderr, "%s\n", to_string(sys::fail_errno(errno, "cannot write").error()).c_str());
    return k_exit_failed;
}

int print_sample(const bench_subject& what, const request& asked, std::int64_t begun_ns) {
    auto taken = take_sample(what, asked);
    if (!taken) {
        std::fprintf(stderr, "%s\n", to_string(taken.error()).c_str());
        return k_exit_failed;
    }
    taken->main_ns = clock::monotonic_ns() - begun_ns;
    return say(to_json(*taken));
}

int print_description(const bench_subject& what) {
    json meters = json::array();
    for (const meter by : what.meters()) meters.push_back(name_of(by));
    json out = {{"schema", 1},
                {"frame", 3},
                {"component", what.component()},
                {"variant", what.name()},
                {"kind", what.kind()},
                {"note", what.note()},
                {"source", what.source()},
                {"traits", what.declared()},
                {"workloads", what.workloads()},
                {"meters", std::move(meters)},
                {"build",
                 {{"compiler", compiler_text()},
                  {"flags", CYCLONE_FLAGS},
                  {"type", CYCLONE_BUILD_TYPE},
                  {"check", CYCLONE_CHECK}}}};
    for (const auto& [name, count] : what.bytes()) out[name] = count;
    return say(one_line(out));
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
    const int said = say(one_line(out));
    if (outcome.passed) return said;
    std::fprintf(
        stderr, "%s: check failed: %s\nrepro: bench/%s/%s --check --seed %llu --ops %llu\n",
        what.name().c_str(), outcome.detail.c_str(), what.component().c_str(), what.name().c_str(),
        static_cast<unsigned long long>(seed), static_cast<unsigned long long>(cases));
    return k_exit_failed;
}

/// What the command line asks for.
struct command {
    request asked;
    bool describe = false;
    bool check = false;
    std::uint64_t cases = 20000;
    std::optional<int> parent;
    std::vector<std::string> params;
};

void add_options(CLI::App& app, command& line) {
    std::map<std::string, meter> meters;
    for (const meter by : k_meters) meters.emplace(name_of(by), by);
    request& asked = line.asked;
    app.add_flag("--describe", line.describe, "print what this variant is, as JSON");
    app.add_flag("--check", line.check,
                 "replay random operations against the model before measuring");
    app.add_option("--ops", line.cases, "operations that --check replays")
        ->check(CLI::PositiveNumber);
    app.add_option("--workload", asked.workload, "what to measure");
    app.add_option("--n", asked.n, "size of the workload")->check(CLI::PositiveNumber);
    app.add_option("--meter", asked.by, "time, work, instructions or system")
        ->transform(CLI::CheckedTransformer(meters).description("METER"));
    app.add_option("--seed", asked.seed, "seed of every random draw");
    app.add_option("--min-time", asked.min_time_s, "seconds to measure for")
        ->check(CLI::Range(0.0, 600.0));
    app.add_option("--param", line.params, "key=value of the workload")->take_all();
    app.add_option("--cpus", asked.cpus, "CPUs to run on, as 0,2: the main thread on the first")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--plant", asked.plant, "stretch every timed batch by this share (a control)")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--heap-noise", asked.heap_noise,
                   "seed of random allocations before the workload; 0: none");
    app.add_option("--die-with-parent", line.parent,
                   "be killed when the parent ends; its process number, if it may be 1")
        ->expected(0, 1)
        ->default_str("0")
        ->check(CLI::NonNegativeNumber);
}

void split_params(command& line) {
    for (const std::string& text : line.params) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) throw usage_error{"--param takes key=value, not " + text};
        const std::string key = text.substr(0, equals);
        if (!line.asked.params.emplace(key, text.substr(equals + 1)).second) {
            throw usage_error{"--param " + key + " is given twice"};
        }
    }
}

int obey(const bench_subject& what, const command& line, std::int64_t begun_ns) {
    if (line.parent) {
        if (auto bound = sys::die_with_parent(*line.parent); !bound) {
            throw usage_error{"--die-with-parent: " + bound.error().message};
        }
    }
    if (line.describe) return print_description(what);
    if (line.check) return run_check(what, line.asked.seed, line.cases);
    if (line.asked.workload.empty() || line.asked.n == 0)
        throw usage_error{"--workload and --n are needed"};
    return print_sample(what, line.asked, begun_ns);
}

}  // namespace

int bench_main(const bench_subject& what, int argc, char** argv) {
    const std::int64_t begun_ns = clock::monotonic_ns();
    CLI::App app{fmt::format("{}/{}: {}", what.component(), what.name(), what.note())};
    command line;
    add_options(app, line);
    try {
        app.parse(argc, argv);
        split_params(line);
        return obey(what, line, begun_ns);
    } catch (const CLI::CallForHelp& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& wrong) {
        app.exit(wrong);
        return k_exit_usage;
    } catch (const usage_error& wrong) {
        std::fprintf(stderr, "%s: %s\n", what.name().c_str(), wrong.message.c_str());
        return k_exit_usage;
    } catch (const std::exception& failed) {  // no memory for so large an n, say
        std::fprintf(stderr, "%s: %s\n", what.name().c_str(), failed.what());
        return k_exit_failed;
    }
}

}  // namespace cyclone::lab
