// What the suites need to know of condvar_ring.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "one of each on a ring of one", .capacity = 1, .threads = {"++", "--"}},
              {.name = "two wait for one item each", .threads = {"p", "p", "++"}},
              {.name = "another takes what was waited for", .threads = {"p", "-", "++"}},
              {.name = "one waits for room", .capacity = 1, .before = "+", .threads = {"P", "pp"}},
              {.name = "both wait on a ring of one", .capacity = 1, .threads = {"PP", "pp"}},
              {.name = "two want the only item", .before = "+", .threads = {"-", "-"}}},
    .locked_push = 0,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
