// A producer that is slow while others fill and empty the buffers behind its cell.
#pragma once

#include <cstdint>
#include <vector>

#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "variants/queue/jiffy.hpp"

namespace cyclone::queue::test {

/// A push of another thread may stand in a buffer of two cells; meanwhile the next buffer is
/// filled, emptied and folded.
template <int Mutant>
void fold_behind_a_push() {
    constexpr std::uint64_t k_slow = 100;
    jiffy<no_work, Mutant, sync::explored> queue(4, 0);
    std::uint64_t next = 1;
    std::uint64_t next_slow = k_slow;
    const auto take = [&](const popped<std::uint64_t>& one) {
        model::require(static_cast<bool>(one), "something is inside");
        std::uint64_t& due = *one >= k_slow ? next_slow : next;
        model::require(*one == due++, "in order");
    };
    model::require(queue.try_push(1), "unbounded");
    take(queue.try_pop());
    model::thread slow([&] { queue.try_push(std::uint64_t{k_slow}); });
    model::require(queue.try_push(2) && queue.try_push(3), "unbounded");
    for (int i = 0; i < 3; ++i) {
        if (auto one = queue.try_pop()) take(one);
    }
    slow.join();
    if (next_slow == k_slow) take(queue.try_pop());
    model::require(next == 4, "each once");
}

template <int Mutant>
std::vector<model::named_body> explored_of_jiffy() {
    return {{"a buffer is folded", &fold_behind_a_push<Mutant>}};
}

}  // namespace cyclone::queue::test
