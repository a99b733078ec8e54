// Batches of line_ring under the explorer.
#pragma once

#include "two_ends.hpp"
#include "variants/queue/line_ring.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_line_ring() {
    return {{"batches at both ends", &batches_pass<line_ring<no_work, Mutant, sync::explored>>}};
}

}  // namespace cyclone::queue::test
