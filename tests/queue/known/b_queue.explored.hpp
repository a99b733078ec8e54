// What comes with an item of b_queue, which itself has nothing to race for.
#pragma once

#include "two_ends.hpp"
#include "variants/queue/b_queue.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_b_queue() {
    return {{"letters arrive", &letters_arrive<b_queue<no_work, Mutant, sync::explored>>}};
}

}  // namespace cyclone::queue::test
