// What the suites need to know of vyukov_mpmc.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 producers of 1", .threads = {"+", "+"}},
              {.name = "1 and 1 of 2", .threads = {"++", "--"}},
              {.name = "cells are used again", .threads = {"+++", "---"}},
              {.name = "2 producers, 2 consumers of 1", .threads = {"+", "+", "-", "-"}},
              {.name = "each does both", .threads = {"+-", "+-"}},
              {.name = "its own push behind another's", .threads = {"+", "+-"}},
              {.name = "a pop of the first, after a third",
               .capacity = 4,
               .threads = {"+++-", "--"}}},
    // The pop of the second thread looks at head_ twice, and the second look counts.
    .long_plans = {{.name = "a pop that has to look again",
                    .capacity = 4,
                    .before = "+",
                    .threads = {"+-", "+-", "-"},
                    .drained = false}},
    .locked_push = 1,
    .locked_pop = 1,
};

}  // namespace cyclone::queue::test
