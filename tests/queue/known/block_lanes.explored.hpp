// Scenarios of block_lanes that a plan cannot say.
#pragma once

#include "known/lanes_scenarios.hpp"
#include "variants/queue/block_lanes.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_block_lanes() {
    using queue_type = block_lanes<no_work, Mutant, sync::explored>;
    auto all = explored_of_lanes<queue_type, 0>();
    all.push_back(
        {"a sleeping consumer, 2 producers", [] { sleep_for_items<queue_type, 0>(2, 1); }});
    return all;
}

}  // namespace cyclone::queue::test
