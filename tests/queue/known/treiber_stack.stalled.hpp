// The free list of treiber_stack by itself: a top that comes back is not the top that was.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "stopped.hpp"
#include "variants/queue/tagged_list.hpp"

namespace cyclone::queue::test {

/// Three nodes of a list of numbers.
class shelf {
 public:
    [[nodiscard]] auto& next(std::uint32_t of) { return next_[of - 1]; }

 private:
    std::array<sync::failing::atomic<std::uint32_t>, 3> next_;
};

/// A take is stopped; meanwhile the top goes, comes back over what was below it no more, and
/// comes and goes another `turns` times. Afterwards every node is somewhere, once.
template <int Mutant>
void bring_the_top_back(std::uint64_t step, unsigned turns, bool& stands) {
    shelf nodes;
    nodes.next(1).store(2, std::memory_order_relaxed);
    nodes.next(2).store(3, std::memory_order_relaxed);
    using list_type = tagged_list<sync::failing, Mutant>;
    list_type list(1, 0);
    std::vector<std::uint32_t> found;
    std::uint32_t got = list_type::k_none;
    stands = stopped_at(
        step, [&] { got = list.take(nodes); },
        [&] {
            const std::uint32_t top = list.take(nodes);
            found.push_back(list.take(nodes));
            list.give(nodes, top);
            for (unsigned i = 0; i < turns; ++i) list.give(nodes, list.take(nodes));
        });
    found.push_back(got);
    for (int i = 0; i < 4; ++i) {
        const std::uint32_t one = list.take(nodes);
        if (one == list_type::k_none) break;
        found.push_back(one);
    }
    std::sort(found.begin(), found.end());
    INFO("before step " << step << " of a take, " << turns << " more turns");
    CHECK(found == std::vector<std::uint32_t>{1, 2, 3});
    cyclone::test::count_cases(1);
}

template <int Mutant>
void stalled_of_treiber_stack() {
    for (const unsigned turns : {0U, 1U, 254U}) {
        bool stands = true;
        for (std::uint64_t step = 1; stands; ++step) {
            REQUIRE(step < k_steps_max);
            bring_the_top_back<Mutant>(step, turns, stands);
        }
    }
}

}  // namespace cyclone::queue::test
