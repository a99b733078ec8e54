// Scenarios of credit_lanes that a plan cannot say. The seeded bugs from 11 on are those of
// sleeping.hpp, which is no variant.
#pragma once

#include "known/lanes_scenarios.hpp"
#include "variants/queue/credit_lanes.hpp"

namespace cyclone::queue::test {

template <int Mutant>
std::vector<model::named_body> explored_of_credit_lanes() {
    return explored_of_lanes < credit_lanes<no_work, Mutant, sync::explored>,
           Mutant >= 11 ? Mutant - 10 : 0 > ();
}

}  // namespace cyclone::queue::test
