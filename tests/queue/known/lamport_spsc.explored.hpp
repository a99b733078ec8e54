// Batches of lamport_spsc under the explorer.
#pragma once

#include "two_ends.hpp"
#include "variants/queue/lamport_spsc.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_lamport_spsc() {
    return {{"batches at both ends", &batches_pass<lamport_spsc<no_work, Mutant, sync::explored>>}};
}

}  // namespace cyclone::queue::test
