// What the suites need to know of exchange_drain.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 producers of 1", .threads = {"+", "+", "--"}},
              {.name = "a batch while more come", .threads = {"++", "---"}},
              {.name = "2 producers, 3 items", .threads = {"++", "+", "--"}},
              {.name = "two batches", .before = "+", .threads = {"+", "-+--"}},
              {.name = "a batch half worked off", .before = "++-", .threads = {"+", "--"}},
              {.name = "3 producers of 1", .threads = {"+", "+", "+", "-"}},
              {.name = "destroyed in the middle of a batch",
               .before = "++",
               .threads = {"+", "-"},
               .drained = false}},
    .locked_push = 1,
    .locked_pop = -1,  // one a batch
};

}  // namespace cyclone::queue::test
