// What the allocator has seen before the workload, drawn at random.
//
// An option more on the command line leaves other free chunks behind, and that alone moved the time
// of a node-based map by 3 to 12 %, the same in every process: an A/A control, whose command lines
// are alike, cannot see it. Random blocks, a random half of them freed in random order, make it
// noise between processes, where the intervals see it (Curtsinger and Berger, ASPLOS 2013,
// randomise the heap for the same reason).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/rng.hpp"

namespace cyclone::lab {

/// Allocates on construction, frees what is left at the end of its life. Seed 0: does nothing.
class heap_noise {
 public:
    explicit heap_noise(std::uint64_t seed) {
        if (seed == 0) return;
        rng random(seed);
        std::vector<void*> drawn(k_blocks_min + random.uniform(k_blocks_min));
        for (void*& block : drawn) block = std::malloc(1 + random.uniform(k_bytes_max));
        for (std::size_t i = drawn.size(); i > 1; --i) {
            std::swap(drawn[i - 1], drawn[random.uniform(i)]);
        }
        const std::size_t kept = drawn.size() / 2;
        for (std::size_t i = kept; i < drawn.size(); ++i) std::free(drawn[i]);
        drawn.resize(kept);
        kept_ = std::move(drawn);
    }
    heap_noise(const heap_noise&) = delete;
    heap_noise& operator=(const heap_noise&) = delete;
    ~heap_noise() {
        for (void* block : kept_) std::free(block);
    }

    [[nodiscard]] std::size_t kept() const noexcept { return kept_.size(); }

 private:
    static constexpr std::uint64_t k_blocks_min = 512;
    static constexpr std::uint64_t k_bytes_max = 512;

    std::vector<void*> kept_;
};

}  // namespace cyclone::lab
