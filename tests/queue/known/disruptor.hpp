// What the suites need to know of disruptor.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 producers of 1", .threads = {"+", "+", "--"}},
              {.name = "entries are used again", .threads = {"+++", "---"}},
              {.name = "two want the places of two", .before = "++", .threads = {"+", "+", "--"}},
              {.name = "the consumer pushes too", .threads = {"+", "+-"}},
              {.name = "2 producers, 3 items", .threads = {"++", "+", "--"}},
              {.name = "looks ahead", .before = "+", .threads = {"+", "+", "--"}},
              {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}},
    .locked_push = 1,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
