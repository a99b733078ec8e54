// What the suites need to know of line_ring.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
              {.name = "a slot is used again", .before = "++", .threads = {"++", "--"}},
              {.name = "3 pushes, 3 pops", .threads = {"+++", "---"}},
              {.name = "a ring of one", .capacity = 1, .threads = {"+++", "---"}},
              {.name = "both ends at once", .before = "+", .threads = {"++", "--"}},
              {.name = "from one line to the next",
               .capacity = 3,
               .before = "+-",
               .threads = {"+++", "---"}},
              {.name = "a line is used again, at 2^64",
               .capacity = 4,
               .before = "+++",
               .threads = {"+++", "---"},
               .origin = std::uint64_t{0} - 4}},
    .locked_push = 0,
    .locked_pop = 0,
};

}  // namespace cyclone::queue::test
