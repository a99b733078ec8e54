// What the suites need to know of jiffy.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans =
        {{.name = "a cell filled behind one that waits", .threads = {"++", "--"}},
         {.name = "2 producers of 1", .threads = {"+", "+", "--"}},
         {.name = "a buffer is left while a push comes", .before = "++", .threads = {"+", "---"}},
         {.name = "two make the next buffer", .before = "++", .threads = {"+", "+"}},
         {.name = "a buffer that another has made", .threads = {"++", "+"}},
         {.name = "a buffer that a later push has made",
          .before = "+",
          .threads = {"+", "+", "---"}},
         {.name = "3 producers, 2 buffers", .threads = {"+", "+", "+", "-"}, .drained = false},
         {.name = "the consumer pushes too", .threads = {"+", "+-"}},
         {.name = "positions go round", .threads = {"+", "+--"}, .origin = std::uint64_t{0} - 2},
         {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}},
    .long_plans =
        {
            {.name = "2 producers, 3 items", .threads = {"++", "+", "--"}},
        },
    .locked_push = -1,  // one, and more where a buffer begins
    .locked_pop = -1,   // one a buffer
    .over_strong = {{.site = "release -> relaxed.*before->next.store",
                     .why =
                         "needed by a push that stands at the buffer before one that is folded and "
                         "goes on from there: a scenario of that is longer than an execution of "
                         "the explorer may be"}},
};

}  // namespace cyclone::queue::test
