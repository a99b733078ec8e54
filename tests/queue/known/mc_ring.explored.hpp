// Batches of mc_ring under the explorer.
#pragma once

#include "two_ends.hpp"
#include "variants/queue/mc_ring.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_mc_ring() {
    return {{"batches at both ends", &batches_pass<mc_ring<no_work, Mutant, sync::explored>>}};
}

}  // namespace cyclone::queue::test
