// Batches of cached_spsc under the explorer.
#pragma once

#include "two_ends.hpp"
#include "variants/queue/cached_spsc.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_cached_spsc() {
    return {{"batches at both ends", &batches_pass<cached_spsc<no_work, Mutant, sync::explored>>}};
}

}  // namespace cyclone::queue::test
