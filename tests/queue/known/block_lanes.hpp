// What the suites need to know of block_lanes.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 producers of 1", .threads = {"+", "+", "--"}},
              {.name = "a lane of several blocks", .threads = {"+++", "---"}},
              {.name = "an earlier lane has more", .threads = {"++", "+", "--"}},
              {.name = "the consumer pushes too", .threads = {"+", "+-"}},
              {.name = "positions go round",
               .threads = {"+++", "--"},
               .origin = std::uint64_t{0} - 1},
              {.name = "destroyed with items inside", .threads = {"+++", "-"}, .drained = false}},
    .locked_push = 0,
    .locked_pop = 0,
    .over_strong = {{.site = "futex_word.*acquire -> relaxed",
                     .why = "the waker's promise W2, to those whose work comes with nothing else: "
                            "here the lane carries the item"}},
};

}  // namespace cyclone::queue::test
