// What the suites need to know of vyukov_intrusive.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 producers of 1", .threads = {"+", "+", "--"}},
              {.name = "a node goes round", .before = "++", .threads = {"--", "++"}},
              {.name = "2 producers, 3 items", .threads = {"++", "+", "--"}},
              {.name = "3 producers of 1", .threads = {"+", "+", "+", "-"}},
              {.name = "the consumer pushes too", .threads = {"+", "+-"}},
              {.name = "the last item while more come", .before = "+", .threads = {"+", "+", "--"}},
              {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}},
    .locked_push = -1,  // one for the list, and one a chain of nodes
    .locked_pop = -1,   // one a chain of nodes
};

}  // namespace cyclone::queue::test
