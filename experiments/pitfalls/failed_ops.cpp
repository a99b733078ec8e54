// Pitfall: an operation that failed is counted like one that did something. Question: does b, a
// ring of 8 places, carry items faster than a, the same ring with 64? Known: it cannot: to carry an
// item both execute the same instructions, and b is refused 56 times in every burst of 64.
#include <array>

#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;

constexpr std::uint64_t k_burst = 64, k_bursts = 1'000;
constexpr int k_batches = 9;

class ring {
 public:
    explicit ring(std::uint64_t places) : places_(places) {}
    bool push(std::uint64_t x) {
        if (tail_ - head_ == places_) return false;
        for (std::uint64_t& word : slots_[tail_ % k_burst]) word = x = mix(x, 1);
        ++tail_;
        return true;
    }
    bool pop(std::uint64_t& sum) {
        if (tail_ == head_) return false;
        for (const std::uint64_t word : slots_[head_ % k_burst]) sum += word;
        ++head_;
        return true;
    }

 private:
    std::uint64_t places_, head_ = 0, tail_ = 0;
    std::array<std::array<std::uint64_t, 8>, k_burst> slots_{};
};

/// Fills and empties the ring; the number of items that came through.
std::uint64_t carry(ring& queue, std::uint64_t seed) {
    std::uint64_t carried = 0, sum = 0;
    for (std::uint64_t burst = 0; burst < k_bursts; ++burst) {
        for (std::uint64_t i = 0; i < k_burst; ++i) queue.push(seed + i);
        for (std::uint64_t i = 0; i < k_burst; ++i) carried += queue.pop(sum) ? 1U : 0U;
    }
    keep(sum);
    return carried;
}

answer measure(const request& what) {
    ring queue(what.b ? 8 : k_burst);
    constexpr std::uint64_t k_attempts = k_burst * k_bursts;
    std::uint64_t carried = 0;
    answer out;
    for (int batch = 0; batch < k_batches; ++batch) {
        const double ns = timed(1, [&] { carried = carry(queue, what.seed); });
        // The mistake: to divide by what was attempted.
        const std::uint64_t ops = what.as == face::wrong ? k_attempts : carried;
        out.iter_ns.push_back(ns / static_cast<double>(ops));
    }
    out.ns_per_op = median(out.iter_ns);
    out.values["failed_share"] = 1 - static_cast<double>(carried) / static_cast<double>(k_attempts);
    return out;
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("failed_ops", measure, argc, argv); }
