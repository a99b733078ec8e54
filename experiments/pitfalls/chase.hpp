#pragma once
// A walk over cache lines in an order that no prefetcher guesses: each line names the next.

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "base/rng.hpp"

namespace cyclone::pitfalls {

struct alignas(64) line {
    std::size_t next = 0;
};

/// `count` >= 1 lines that form one cycle in random order (Sattolo 1986).
inline std::vector<line> make_cycle(std::size_t count, rng random) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = count - 1; i > 0; --i) std::swap(order[i], order[random.uniform(i)]);
    std::vector<line> lines(count);
    for (std::size_t i = 0; i < count; ++i) lines[i].next = order[i];
    return lines;
}

/// Counts the lines that are read, or nothing at all in a walk that is timed.
struct no_count {
    void operator()() const {}
};
struct counted {
    std::uint64_t* lines;
    void operator()() const { ++*lines; }
};

/// Walks `steps` lines from `at`; the line it ends on.
template <class Count = no_count>
std::size_t walk(const std::vector<line>& lines, std::size_t at, std::uint64_t steps,
                 Count count = {}) {
    for (std::uint64_t i = 0; i < steps; ++i) {
        at = lines[at].next;
        count();
    }
    return at;
}

}  // namespace cyclone::pitfalls
