// Batches of lamport_seqcst under the explorer.
#pragma once

#include "two_ends.hpp"
#include "variants/queue/lamport_seqcst.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_lamport_seqcst() {
    return {
        {"batches at both ends", &batches_pass<lamport_seqcst<no_work, Mutant, sync::explored>>}};
}

}  // namespace cyclone::queue::test
