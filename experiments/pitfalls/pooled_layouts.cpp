// Pitfall: one link of a, one link of b, many processes of each, taken as so many independent
// samples. They share one layout: where the linker put the functions is measured again and again
// (Mytkowicz 2009; Stabilizer 2013). Both faces are the driver's, on processes of many links of
// this one object file. Question: is there a difference between a and b? Known: none.
#include <utility>

#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::size_t k_functions = 6, k_rounds = 400;
constexpr unsigned k_trips = 24;
constexpr int k_batches = 15;

/// A short loop that the front end of the processor must feed: how fast it can depends on where
/// the loop lies in its cache lines. A template gives each function a section of its own, which
/// the linker may put anywhere.
template <std::size_t I>
[[gnu::noinline]] std::uint64_t step(std::uint64_t x) {
    std::uint64_t a = x, b = x + I, c = x ^ I, d = ~x;
    for (unsigned i = 0; i < k_trips; ++i) {
        a += i;
        b ^= i;
        c -= i;
        d += a & 1;
        if constexpr (I % 2 == 0) b += 3;
        if constexpr (I % 3 == 0) c ^= 5;
        asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
    }
    return a + b + c + d;
}

template <std::size_t... I>
std::uint64_t all_steps(std::uint64_t x, std::index_sequence<I...>) {
    ((x = step<I>(x)), ...);
    return x;
}

answer measure(const request& what) {
    std::uint64_t x = 1;
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        out.iter_ns.push_back(timed(k_rounds, [&] {
            for (std::size_t i = 0; i < k_rounds; ++i) {
                x = all_steps(x, std::make_index_sequence<k_functions>{});
            }
        }));
    }
    keep(x);
    out.ns_per_op = median(out.iter_ns);
    out.values["link"] = static_cast<double>(what.n);
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("pooled_layouts", measure, argc, argv); }
