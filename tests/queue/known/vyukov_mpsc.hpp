// What the suites need to know of vyukov_mpsc.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 producers of 1", .threads = {"+", "+", "--"}},
              {.name = "2 producers of 2", .threads = {"++", "++", "--"}},
              {.name = "3 producers of 1", .threads = {"+", "+", "+", "-"}},
              {.name = "the consumer pushes too", .threads = {"+", "+-"}},
              {.name = "the last item while more come", .before = "+", .threads = {"+", "+", "--"}},
              {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}},
    .locked_push = 1,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
