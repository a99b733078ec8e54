// What the suites need to know of b_queue.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans =
        {{.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
         {.name = "3 pushes, 3 pops: a cell is used again", .threads = {"+++", "---"}},
         {.name = "a batch of two", .capacity = 4, .threads = {"++", "--"}},
         {.name = "a look two ahead", .capacity = 4, .before = "+-", .threads = {"+++", "---"}},
         {.name = "cells of a batch are used again",
          .capacity = 4,
          .before = "++++",
          .threads = {"++", "--"}},
         {.name = "both ends at once", .before = "+", .threads = {"++", "--"}},
         {.name = "at 2^64",
          .capacity = 4,
          .before = "++",
          .threads = {"+++", "---"},
          .origin = std::uint64_t{0} - 3}},
    .locked_push = 0,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
