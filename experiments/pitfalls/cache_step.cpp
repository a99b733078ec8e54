// Pitfall: a growth class is read off the clock. Question: how does the cost of one step grow with
// the number n of lines? Known: a step reads one line, whatever n: O(1). Time grows all the same,
// where the lines no longer fit a cache, and a curve fit calls that a logarithm.
#include "experiments/pitfalls/chase.hpp"
#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::uint64_t k_ops = 20'000;
constexpr int k_batches = 5;

answer measure(const request& what) {
    const auto lines = make_cycle(what.n != 0 ? what.n : 1024, cyclone::rng(what.seed));
    std::size_t at = walk(lines, 0, k_ops);  // warm-up
    std::uint64_t read = 0;
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        out.iter_ns.push_back(timed(k_ops, [&] { at = walk(lines, at, k_ops); }));
    }
    keep(at);
    // The right face counts the lines that the very same walk reads: time never decides.
    at = walk(lines, at, k_ops, counted{&read});
    keep(at);
    out.ns_per_op = median(out.iter_ns);
    out.values["lines_per_op"] = static_cast<double>(read) / static_cast<double>(k_ops);
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("cache_step", measure, argc, argv); }
