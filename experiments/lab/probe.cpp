// The gap probe as a program: how much of the processor a process would get at this moment.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/topology.hpp"
#include "lab/gap_probe.hpp"
#include "sys/process.hpp"

namespace {

constexpr int k_exit_usage = 64;

/// Pins to the first CPU of a list such as "0,1": one probe, one CPU. False after saying why not.
bool pinned(const std::string& list) {
    if (list.empty()) return true;
    const auto cpus = cyclone::parse_cpu_list(list);
    if (!cpus || cpus->empty()) {
        std::fprintf(stderr, "probe: --cpus %s: not a list of CPUs such as 0,1\n", list.c_str());
        return false;
    }
    const auto done = cyclone::sys::pin_to_cpu(cpus->front());
    if (!done) std::fprintf(stderr, "probe: %s\n", to_string(done.error()).c_str());
    return done.has_value();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Spins on the clock and reports the gaps: time taken by others.\n"
        "Example: probe --seconds 0.05 --threshold-us 20 --cpus 0"};
    double seconds = 0.05;
    double threshold_us = 20;
    std::string cpus;
    app.add_option("--seconds", seconds, "how long to look")->check(CLI::Range(1e-6, 60.0));
    app.add_option("--threshold-us", threshold_us, "a longer interval between readings is a gap")
        ->check(CLI::Range(0.1, 1e6));
    app.add_option("--cpus", cpus, "where to look; of a list, the first");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& wrong) {
        app.exit(wrong);
        return k_exit_usage;
    }
    if (!pinned(cpus)) return k_exit_usage;
    const auto report = cyclone::lab::probe_gaps(static_cast<std::int64_t>(seconds * 1e9),
                                                 static_cast<std::int64_t>(threshold_us * 1e3));
    const bool said = std::puts(cyclone::lab::to_json(report).c_str()) >= 0;
    return said && std::fflush(stdout) == 0 ? 0 : 1;
}
