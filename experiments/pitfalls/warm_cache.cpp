// Pitfall: the benchmark's working set fits the first cache, the program's does not. Question: is b
// slower than a where the table is 64 MiB? Known: a waits for one line of the table and computes
// eight rounds; b waits for two lines. Where a line is far, two waits are more than one.
#include "experiments/pitfalls/chase.hpp"
#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::size_t k_real_bytes = 64U << 20;
constexpr std::size_t k_handy_bytes = 16U << 10;  // the mistake: sixteen kilobytes are always warm
constexpr std::uint64_t k_ops = 20'000;
constexpr int k_batches = 5;

std::size_t lookup(const std::vector<line>& table, std::size_t at, bool b) {
    if (b) return walk(table, at, 2);
    // The rounds stand between two lines: the next address depends on them, if only formally.
    const std::size_t next = walk(table, at, 1);
    return next + (mix(next | 1, 8) == 0 ? 1 : 0);
}

answer measure(const request& what) {
    const std::size_t bytes = what.as == face::wrong ? k_handy_bytes : k_real_bytes;
    const auto table = make_cycle(bytes / sizeof(line), cyclone::rng(what.seed));
    std::size_t at = 0;
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        out.iter_ns.push_back(timed(k_ops, [&] {
            for (std::uint64_t i = 0; i < k_ops; ++i) at = lookup(table, at, what.b);
        }));
    }
    keep(at);
    out.ns_per_op = median(out.iter_ns);
    out.values["bytes"] = static_cast<double>(bytes);
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("warm_cache", measure, argc, argv); }
