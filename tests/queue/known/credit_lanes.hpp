// What the suites need to know of credit_lanes.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans =
        {{.name = "2 producers want one place", .capacity = 1, .threads = {"+", "+", "-"}},
         {.name = "credits of another lane", .capacity = 1, .before = "+-", .threads = {"+", "+"}},
         {.name = "2 producers of 1", .threads = {"+", "+", "-"}},
         {.name = "a place is used again", .capacity = 1, .threads = {"++", "--"}},
         {.name = "a full lane, and room in another's account",
          .before = "+-+",
          .threads = {"++", "-"}},
         {.name = "a lane of several blocks", .capacity = 4, .threads = {"+++", "---"}},
         {.name = "positions go round",
          .capacity = 3,
          .threads = {"+++", "--"},
          .origin = std::uint64_t{0} - 1},
         {.name = "destroyed with items inside",
          .capacity = 4,
          .threads = {"+++", "-"},
          .drained = false}},
    .locked_push = 1,
    .locked_pop = 0,
    .over_strong = {{.site = "futex_word.*acquire -> relaxed",
                     .why = "the waker's promise W2, to those whose work comes with nothing else: "
                            "here the lane carries the item"}},
    .unstarved_push =
        "only who draws from another lane's account can lose for ever, to a producer "
        "that is active there; here two producers soon have accounts of their own",
};

}  // namespace cyclone::queue::test
