// What the suites need to know of turn_ring.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "1 and 1 of 2", .threads = {"++", "--"}},
              {.name = "each does both", .threads = {"+-", "+-"}},
              {.name = "a pop that waits", .threads = {"P", "p"}},
              {.name = "a push that waits", .before = "++", .threads = {"P", "-"}},
              {.name = "two that wait for one place", .before = "++", .threads = {"P", "P", "--"}},
              {.name = "two that wait for an item", .threads = {"p", "p", "++"}},
              {.name = "one waits and one does not", .threads = {"p", "-", "++"}},
              {.name = "its own push behind another's", .threads = {"+", "+-"}},
              {.name = "cells are used again", .threads = {"+++", "---"}},
              {.name = "a round later", .before = "++", .threads = {"-+-+-", "-"}},
              {.name = "2 producers, 2 consumers of 1", .threads = {"+", "+", "-", "-"}},
              {.name = "a pop of the first, after a third",
               .capacity = 4,
               .threads = {"+++-", "--"}},
              {.name = "a waiting pop of the first, after a third",
               .capacity = 4,
               .threads = {"+++p", "--"}},
              {.name = "a pop of the first, after a third, by one that waits",
               .capacity = 4,
               .threads = {"+++-", "p-"}}},
    .locked_push = 2,
    .locked_pop = 2,
};

}  // namespace cyclone::queue::test
