// What the suites need to know of batch_swap.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 producers of 1", .threads = {"+", "+", "--"}},
              {.name = "an array that grows", .capacity = 1, .threads = {"++", "--"}},
              {.name = "a swap with items left", .before = "++", .threads = {"+", "--"}},
              {.name = "the consumer pushes too", .threads = {"+", "+-"}},
              {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}},
    .locked_push = 0,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
