// Pitfall: two command lines differ by an option that changes nothing, and what parsing it left in
// the allocator moves every later node of a map, here across the border of a cache line. Each
// process of one command line gets the same heap, so repeating does not show it, and neither does
// a control whose command lines are alike. Question: is there a difference between a and b? Known:
// none, both are the same map and the same operations; b's command line has one option more.
#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "experiments/pitfalls/pitfall.hpp"
#include "lab/heap_noise.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::uint64_t k_nodes = 4096, k_ops = 32'768;
constexpr double k_mean_gap = 1e6;
constexpr int k_batches = 9;

/// A command line as most programs have one; nobody reads what is in it.
struct command_line {
    std::string workload, label;
    std::uint64_t nodes = 0, seed = 1;
    double min_time_s = 0.05;
    std::vector<std::string> params;
    CLI::App app{"a benchmark of a map"};

    explicit command_line(bool one_more) {
        std::string words = "--workload hold --nodes 4096 --seed 1 --param order=random";
        app.add_option("--workload", workload, "what to measure");
        app.add_option("--nodes", nodes, "size of the workload")->check(CLI::PositiveNumber);
        app.add_option("--seed", seed, "seed of every random draw");
        app.add_option("--min-time", min_time_s, "seconds to measure for")
            ->check(CLI::Range(0.0, 600.0));
        app.add_option("--param", params, "key=value of the workload")->take_all();
        if (one_more) {
            app.add_option("--label", label,
                           "a word that is printed with the figures, to find them by later");
            words += " --label second";
        }
        app.parse(words);
    }
};

/// Takes the first out and puts one in behind it, over and over: the hold model.
void hold(std::multimap<std::uint64_t, std::uint64_t>& held,
          const std::vector<std::uint64_t>& gaps) {
    for (const std::uint64_t gap : gaps) {
        const std::uint64_t now = held.begin()->first;
        held.erase(held.begin());
        held.emplace(now + gap, gap);
    }
}

answer measure(const request& what) {
    const command_line line(what.b);
    // The remedy: what the allocator has seen is drawn for each process, for a and b apart.
    const std::uint64_t drawn = 2 * what.seed + (what.b ? 2 : 1);
    const cyclone::lab::heap_noise scattered(what.as == face::right ? drawn : 0);
    cyclone::rng random(1);  // not the seed of the process: all do the same operations
    std::vector<std::uint64_t> gaps(k_ops);
    for (auto& gap : gaps) gap = static_cast<std::uint64_t>(random.exponential(k_mean_gap));
    std::multimap<std::uint64_t, std::uint64_t> held;
    for (std::uint64_t i = 0; i < k_nodes; ++i) held.emplace(gaps[i], i);
    hold(held, gaps);  // warm-up
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        out.iter_ns.push_back(timed(k_ops, [&] { hold(held, gaps); }));
    }
    keep(held.begin()->first);
    out.ns_per_op = median(out.iter_ns);
    // Where in its cache line a node lies; the value is its last word.
    const auto at = reinterpret_cast<std::uintptr_t>(&held.begin()->second);
    out.values["value_in_line"] = static_cast<double>(at % 64);
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("heap_state", measure, argc, argv); }
