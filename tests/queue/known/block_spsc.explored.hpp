// Batches of block_spsc under the explorer.
#pragma once

#include "two_ends.hpp"
#include "variants/queue/block_spsc.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_block_spsc() {
    return {{"batches at both ends", &batches_pass<block_spsc<no_work, Mutant, sync::explored>>}};
}

}  // namespace cyclone::queue::test
