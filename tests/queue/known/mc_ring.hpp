// What the suites need to know of mc_ring.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "every item is a batch", .threads = {"++", "--"}},
              {.name = "a batch is shown when it is full", .capacity = 4, .threads = {"++", "--"}},
              {.name = "a flush shows the rest", .capacity = 4, .threads = {"+f", "--"}},
              {.name = "a batch of slots is used again",
               .capacity = 4,
               .before = "++++",
               .threads = {"++", "--"}},
              {.name = "a flush gives back the rest",
               .capacity = 4,
               .before = "++++",
               .threads = {"++", "-g-"}},
              {.name = "who finds nothing gives back",
               .capacity = 4,
               .before = "++",
               .threads = {"+++", "---"}},
              {.name = "a ring of one", .capacity = 1, .threads = {"++", "--"}},
              {.name = "a ring of three, at 2^64",
               .capacity = 3,
               .before = "++",
               .threads = {"+++", "---"},
               .origin = std::uint64_t{0} - 3}},
    .locked_push = 0,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
