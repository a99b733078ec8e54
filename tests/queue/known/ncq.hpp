// What the suites need to know of ncq.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans =
        {{.name = "1 and 1", .threads = {"+", "-"}},
         {.name = "2 producers of 1", .threads = {"+", "+"}},
         {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
         {.name = "a place changes hands", .capacity = 1, .before = "+", .threads = {"+", "-"}},
         {.name = "its own push behind another's", .threads = {"+", "+-"}},
         {.name = "a pop that has to look again", .before = "+", .threads = {"+-", "-"}},
         {.name = "a push that has to look again", .capacity = 4, .threads = {"++", "+--"}},
         {.name = "a round later", .before = "++", .threads = {"-+-+-", "-"}},
         {.name = "1 and 1 of 2", .threads = {"++", "--"}},
         {.name = "a pop of the first, after a third", .capacity = 4, .threads = {"+++-", "--"}}},
    .long_plans = {{.name = "each does both", .threads = {"+-", "+-"}}},
    .locked_push = 3,
    .locked_pop = 3,
};

}  // namespace cyclone::queue::test
