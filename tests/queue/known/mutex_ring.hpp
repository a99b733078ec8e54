// What the suites need to know of mutex_ring.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "one of each on a ring of one", .capacity = 1, .threads = {"++", "--"}},
              {.name = "a slot changes hands", .capacity = 1, .before = "+", .threads = {"+", "-"}},
              {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
              {.name = "two and two", .threads = {"+", "+", "-", "-"}}},
    .locked_push = 0,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
