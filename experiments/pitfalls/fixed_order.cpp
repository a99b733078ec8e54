// Pitfall: a is always measured before b, in one process, and b finds the memory that a had to ask
// for. Question: is there a difference between a and b? Known: none, both are the same function.
#include <memory>

#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::size_t k_words = (8U << 20) / sizeof(std::uint64_t);
constexpr int k_passes = 5;

/// Nanoseconds a word: the mean of a few passes over the memory. This is a, and this is b.
double measured(std::uint64_t* words, std::uint64_t seed, std::vector<double>& passes) {
    passes.clear();
    for (int pass = 0; pass < k_passes; ++pass) {
        passes.push_back(timed(k_words, [&] {
            for (std::size_t i = 0; i < k_words; ++i) words[i] = seed + i;
            keep(*words);
        }));
    }
    return mean(passes);
}

answer measure(const request& what) {
    // Not initialised on purpose: the kernel gives a page when it is first written.
    const std::unique_ptr<std::uint64_t[]> words(new std::uint64_t[k_words]);
    answer out;
    out.ns_per_op = measured(words.get(), what.seed, out.iter_ns);  // a, or the only one
    // The mistake: b has its turn when a has had it, always.
    if (what.as == face::wrong && what.b) {
        out.ns_per_op = measured(words.get(), what.seed + 1, out.iter_ns);
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("fixed_order", measure, argc, argv); }
