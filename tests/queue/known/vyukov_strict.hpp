// What the suites need to know of vyukov_strict.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "1 and 1 of 2", .threads = {"++", "--"}},
              {.name = "each does both", .threads = {"+-", "+-"}},
              {.name = "both ends at once", .before = "+", .threads = {"++", "--"}},
              {.name = "its own push behind another's", .threads = {"+", "+-"}},
              {.name = "cells are used again", .threads = {"+++", "---"}},
              {.name = "a full ring", .before = "++", .threads = {"-", "+", "+"}},
              {.name = "each does both on a full ring", .before = "++", .threads = {"-+", "-+"}},
              {.name = "a pop that has to look again", .threads = {"+-+-", "+-"}},
              {.name = "a push that has to look again", .before = "++", .threads = {"-+-+", "-+"}},
              {.name = "a pop of the first, after a third",
               .capacity = 4,
               .threads = {"+++-", "--"}}},
    .long_plans = {{.name = "2 producers, 2 consumers of 1", .threads = {"+", "+", "-", "-"}}},
    .locked_push = 1,
    .locked_pop = 1,
};

}  // namespace cyclone::queue::test
