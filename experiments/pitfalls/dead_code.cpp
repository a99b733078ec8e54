// Pitfall: nobody reads the result, so the compiler removes the work and the clock times itself.
// Question: what does b cost over a? Known: b does eight dependent rounds where a does one.
#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::uint64_t k_ops = 40'000;
constexpr int k_batches = 9;

/// Two programs, not a branch in one: a use on any path would save the loop on all of them.
template <bool Used>
double one_batch(std::uint64_t x, unsigned rounds) {
    return timed(k_ops, [&] {
        for (std::uint64_t i = 0; i < k_ops; ++i) x = mix(x, rounds);
        // The mistake is the missing use of x: without it the loop has no effect and is gone.
        if constexpr (Used) keep(x);
    });
}

answer measure(const request& what) {
    const unsigned rounds = what.b ? 8 : 1;
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        const std::uint64_t x = what.seed + static_cast<std::uint64_t>(batch);
        out.iter_ns.push_back(what.as == face::wrong ? one_batch<false>(x, rounds)
                                                     : one_batch<true>(x, rounds));
    }
    out.ns_per_op = median(out.iter_ns);
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("dead_code", measure, argc, argv); }
