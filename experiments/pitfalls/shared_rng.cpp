// Pitfall: all threads draw their keys from one generator behind a lock, as rand() has, and the
// lock is what is measured. Question: what does b cost over a? Known: b does twice a's rounds for
// every key, on threads that share nothing else.
#include <cstdlib>
#include <thread>

#include "base/rng.hpp"
#include "experiments/pitfalls/pitfall.hpp"
#include "experiments/pitfalls/start_line.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::uint64_t k_ops = 30'000;  // of each thread
constexpr unsigned k_threads = 2, k_rounds = 3;
constexpr int k_batches = 5;

double one_batch(const request& what, std::uint64_t batch) {
    start_line line;
    std::vector<double> ns(k_threads);
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < k_threads; ++t) {
        threads.emplace_back([&, t] {
            cyclone::rng own(what.seed * 1000 + batch * k_threads + t);
            const unsigned rounds = what.b ? 2 * k_rounds : k_rounds;
            std::uint64_t x = 1;
            settle(t);
            line.arrive(k_threads);
            ns[t] = timed(k_ops, [&] {
                for (std::uint64_t i = 0; i < k_ops; ++i) {
                    // The mistake: rand() takes a lock that every thread wants.
                    const std::uint64_t key =
                        what.as == face::wrong ? static_cast<std::uint64_t>(std::rand()) : own();
                    x = mix(x ^ key, rounds);
                }
            });
            keep(x);
        });
    }
    for (std::thread& thread : threads) thread.join();
    return mean(ns);
}

answer measure(const request& what) {
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        out.iter_ns.push_back(one_batch(what, static_cast<std::uint64_t>(batch)));
    }
    out.ns_per_op = median(out.iter_ns);
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("shared_rng", measure, argc, argv); }
