// What the suites need to know of block_spsc.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
              {.name = "from one block to the next", .before = "+", .threads = {"++", "---"}},
              {.name = "a block is used again",
               .before = "+++",
               .threads = {"++", "---"},
               .drained = false},
              {.name = "a block is used again, as far as its end",
               .before = "+++-",
               .threads = {"+++", "-"},
               .drained = false},
              {.name = "a block is used again, at 2^64",
               .before = "+++---+",
               .threads = {"+", "-"},
               .origin = std::uint64_t{0} - 3,
               .drained = false},
              {.name = "destroyed with items inside",
               .before = "++",
               .threads = {"++", "-"},
               .drained = false}},
    .locked_push = 0,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
