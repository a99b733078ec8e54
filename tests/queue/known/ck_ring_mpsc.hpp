// What the suites need to know of ck_ring_mpsc.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .breaks = {{.property = "S5 capacity",
                .why = "a ring of a power of two holds one item fewer (man ck_ring_capacity)"}}};

}  // namespace cyclone::queue::test
