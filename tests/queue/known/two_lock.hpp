// What the suites need to know of two_lock.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans =
        {{.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
         {.name = "a node goes round", .before = "++", .threads = {"--", "++"}, .drained = false},
         {.name = "a dummy goes round", .before = "++", .threads = {"-", "+-+"}, .drained = false},
         {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
         {.name = "two and one", .threads = {"+", "+", "-"}},
         {.name = "each does both", .threads = {"+-", "+-"}},
         {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}},
    .locked_push = 0,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
