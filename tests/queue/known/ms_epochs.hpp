// What the suites need to know of ms_epochs.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 pushes meet", .threads = {"+", "+"}},
              {.name = "a push, a pop", .threads = {"+", "-"}},
              {.name = "a pop behind another's", .threads = {"+-", "-"}},
              {.name = "two want the only item, and it is given back",
               .before = "+",
               .threads = {"-", "-g"}},
              {.name = "two pops, and both fronts are given back",
               .before = "++",
               .threads = {"-", "-g"}},
              {.name = "a push, while the end goes and is given back", .threads = {"+", "+-g"}},
              {.name = "empty, after a push that a pop has behind it",
               .before = "++",
               .threads = {"+-", "--"}},
              {.name = "each does both", .threads = {"+-", "+-"}},
              {.name = "a push and a pop meet a push, memory is given back",
               .threads = {"+", "-g", "+"}},
              {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}},
    .long_plans = {{.name = "3 pushes meet", .threads = {"+", "+", "+"}},
                   {.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
                   {.name = "memory is given back on both sides",
                    .before = "+",
                    .threads = {"+-g", "-g"}}},
    .locked_push = 2,
    .locked_pop = -1,  // one, and one more every 64th time, when the epoch goes on
    .over_strong = {{.site = "epoch_ground.hpp",
                     .why = "the domain is judged by its own suite, where each is caught"},
                    {.site = "michael_scott.hpp.*(next = end.load|compare_exchange_strong)",
                     .why = "the full fence of the domain's guard stands in for it; a domain does "
                            "not promise one, and ms_tagged, which has none, needs each"}},
    .fences = -1,
};

}  // namespace cyclone::queue::test
