// Pitfall: the mean of a few batches, in a process that a neighbour interrupts now and then: it
// tells whom the neighbour hit. Both faces are the driver's, on the same processes: the wrong one
// compares means, the right one medians in pairs. Question: is there a difference between a and b?
// Known: none, both are the same code.
#include "experiments/pitfalls/neighbour.hpp"
#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::uint64_t k_ops = 20'000;
constexpr unsigned k_rounds = 4;
constexpr int k_batches = 21;

answer measure(const request& what) {
    const neighbour rare(what.seed, 6e6, 4e6);
    std::uint64_t x = what.seed;
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        out.iter_ns.push_back(timed(k_ops, [&] {
            for (std::uint64_t i = 0; i < k_ops; ++i) x = mix(x, k_rounds);
        }));
    }
    keep(x);
    out.ns_per_op = what.as == face::wrong ? mean(out.iter_ns) : median(out.iter_ns);
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("mean_outliers", measure, argc, argv); }
