// What the suites need to know of treiber_stack.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "a push, a pop", .threads = {"+", "-"}},
              {.name = "two want the top", .before = "++", .threads = {"-", "-"}},
              {.name = "a node changes hands", .capacity = 1, .before = "+", .threads = {"+", "-"}},
              {.name = "one does both", .before = "+", .threads = {"-", "+-"}}},
    .long_plans = {{.name = "each does both", .threads = {"+-", "+-"}},
                   {.name = "two pops, a push", .before = "+", .threads = {"-", "-", "+"}}},
    .locked_push = 2,
    .locked_pop = 2,
};

}  // namespace cyclone::queue::test
