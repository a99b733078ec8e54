// What the suites need to know of ms_tagged.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 pushes meet", .threads = {"+", "+"}},
              {.name = "a push, a pop", .threads = {"+", "-"}},
              {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
              {.name = "a pop behind another's", .threads = {"+-", "-"}},
              {.name = "empty, after a push that a pop has behind it",
               .before = "++",
               .threads = {"+-", "--"}},
              {.name = "a node used again behind an end that lags", .threads = {"+", "-+"}},
              {.name = "a node used again while its value is read",
               .before = "++",
               .threads = {"-", "-+"}},
              {.name = "a front that comes back", .before = "+", .threads = {"-", "-+-"}},
              {.name = "a block more", .capacity = 1, .threads = {"+", "+-"}},
              {.name = "a block for two", .capacity = 1, .before = "+", .threads = {"+", "+"}}},
    .long_plans = {{.name = "an end that comes back", .threads = {"+-", "+-+"}},
                   {.name = "each does both", .threads = {"+-", "+-"}},
                   {.name = "3 pushes meet", .threads = {"+", "+", "+"}}},
    .locked_push = 3,
    .locked_pop = 2,
};

}  // namespace cyclone::queue::test
