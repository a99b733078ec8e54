// What the suites need to know of sharded.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
              {.name = "a block is used again, or the ring doubled", .threads = {"+++", "--"}},
              {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
              {.name = "empty, after a push that a pop has behind it",
               .before = "+",
               .threads = {"+-", "-"}},
              {.name = "two shards, two consumers", .threads = {"+", "+", "-"}},
              {.name = "destroyed with items inside", .threads = {"++", "+-"}, .drained = false}},
    .long_plans = {{.name = "the ring doubled twice, at 2^64",
                    .threads = {"+++++", "---"},
                    .origin = std::uint64_t{0} - 2},
                   {.name = "each does both", .threads = {"+-", "+-"}}},
    .locked_push = 0,
    .locked_pop = 1,
};

}  // namespace cyclone::queue::test
