// Pitfall: threads that begin as soon as they are made, with so little to do that the first has
// ended before the second begins. Question: what does one lock for two threads cost over a lock
// for each? Known: one lock lets one thread work at a time, so both together take twice as long.
#include <algorithm>
#include <mutex>
#include <thread>

#include "experiments/pitfalls/pitfall.hpp"
#include "experiments/pitfalls/start_line.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr unsigned k_threads = 2, k_rounds = 100;
constexpr std::uint64_t k_few = 20, k_many = 20'000;

struct alignas(128) locked {
    std::mutex lock;
    std::uint64_t x = 1;
};

struct interval {
    std::int64_t began = 0, ended = 0;
    [[nodiscard]] double length() const { return static_cast<double>(ended - began); }
};

struct race {
    double ns_per_op = 0, overlap = 0;
};

race one_race(const request& what, std::uint64_t ops) {
    const bool wrong = what.as == face::wrong;
    start_line line;
    locked subjects[k_threads];
    interval ran[k_threads];
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < k_threads; ++t) {
        threads.emplace_back([&, t] {
            locked& mine = subjects[what.b ? 0 : t];
            if (!wrong) {  // the mistake is to leave this out
                settle(t);
                line.arrive(k_threads);
            }
            ran[t].began = cyclone::clock::monotonic_ns();
            for (std::uint64_t i = 0; i < ops; ++i) {
                const std::lock_guard<std::mutex> guard(mine.lock);
                mine.x = mix(mine.x, k_rounds);
            }
            ran[t].ended = cyclone::clock::monotonic_ns();
        });
    }
    for (std::thread& thread : threads) thread.join();
    const interval all{std::min(ran[0].began, ran[1].began), std::max(ran[0].ended, ran[1].ended)};
    const interval both{std::max(ran[0].began, ran[1].began), std::min(ran[0].ended, ran[1].ended)};
    const double mean_length = (ran[0].length() + ran[1].length()) / 2;
    // The wrong face adds up what each thread saw of itself; the right one takes the wall.
    const double length = wrong ? mean_length : all.length();
    return {length / static_cast<double>(ops), std::max(0.0, both.length()) / all.length()};
}

answer measure(const request& what) {
    const std::uint64_t ops = what.as == face::wrong ? k_few : k_many;
    const int races = what.as == face::wrong ? 100 : 3;
    answer out;
    std::vector<double> overlaps;
    for (int i = 0; i < races; ++i) {
        const race r = one_race(what, ops);
        out.iter_ns.push_back(r.ns_per_op);
        overlaps.push_back(r.overlap);
    }
    out.ns_per_op = median(out.iter_ns);
    out.values["overlap"] = median(overlaps);
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("no_overlap", measure, argc, argv); }
