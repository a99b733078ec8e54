// What the suites need to know of lamport_unpadded.
#pragma once

#include "index_rings.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known = of_index_ring();

}  // namespace cyclone::queue::test
