// Pitfall: of n processes the fastest is kept, "to remove the noise", and what a process draws when
// it starts - a hash seed, an address - is removed with it. Both faces are the driver's, on the
// same processes. Question: what does b cost over a? Known: for four seeds in five b's keys collide
// and it does twice a's rounds; for the fifth it does as many.
#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::uint64_t k_ops = 30'000;
constexpr unsigned k_rounds = 8;
constexpr int k_batches = 9;

answer measure(const request& what) {
    const bool unlucky = what.b && what.seed % 5 != 0;
    const unsigned rounds = unlucky ? 2 * k_rounds : k_rounds;
    std::uint64_t x = what.seed;
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        out.iter_ns.push_back(timed(k_ops, [&] {
            for (std::uint64_t i = 0; i < k_ops; ++i) x = mix(x, rounds);
        }));
    }
    keep(x);
    out.ns_per_op = median(out.iter_ns);
    out.values["unlucky"] = unlucky ? 1 : 0;
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("best_of_n", measure, argc, argv); }
