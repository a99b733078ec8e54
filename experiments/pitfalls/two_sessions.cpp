// Pitfall: a was measured this morning, b this afternoon, and the machine was not the same. The
// mistake is the driver's: it measures all of a on a quiet machine and then all of b beside a
// neighbour (--busy); the right driver takes both in turns, through the quiet half and the busy
// one. Question: is there a difference between a and b? Known: none, both are the same code.
#include <optional>

#include "experiments/pitfalls/neighbour.hpp"
#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::uint64_t k_ops = 100'000;
constexpr unsigned k_rounds = 8;
constexpr int k_batches = 20;

answer measure(const request& what) {
    std::optional<neighbour> other;
    if (what.busy) other.emplace(what.seed, 0.2e6, 5e6);
    std::uint64_t x = what.seed;
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        out.iter_ns.push_back(timed(k_ops, [&] {
            for (std::uint64_t i = 0; i < k_ops; ++i) x = mix(x, k_rounds);
        }));
    }
    keep(x);
    out.ns_per_op = mean(out.iter_ns);
    out.values["busy"] = what.busy ? 1 : 0;
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("two_sessions", measure, argc, argv); }
