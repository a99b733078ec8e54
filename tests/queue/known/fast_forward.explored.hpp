// What comes with an item of fast_forward, which itself has nothing to race for.
#pragma once

#include "two_ends.hpp"
#include "variants/queue/fast_forward.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_fast_forward() {
    return {{"letters arrive", &letters_arrive<fast_forward<no_work, Mutant, sync::explored>>}};
}

}  // namespace cyclone::queue::test
