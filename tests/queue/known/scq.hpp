// What the suites need to know of scq.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    // A pop may chase a push from slot to slot as often as the budget lets it: seldom on a ring of
    // one.
    .plans =
        {{.name = "its own push behind another's", .threads = {"+", "+-"}},
         {.name = "1 and 1", .capacity = 1, .threads = {"+", "-"}},
         {.name = "2 producers of 1", .threads = {"+", "+"}},
         {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
         {.name = "a place changes hands", .capacity = 1, .before = "+", .threads = {"+", "-"}},
         {.name = "a pop of the first, after a third",
          .capacity = 3,
          .before = "++",
          .threads = {"+-", "--"}}},
    .long_plans = {{.name = "1 and 1 of 2", .capacity = 1, .threads = {"++", "--"}},
                   {.name = "a ring of two", .threads = {"+", "-"}}},
    .locked_push = 4,
    .locked_pop = 4,
    // The budget is Dekker's protocol (scq_ring.hpp, Orders). That it is needed shows where a take
    // follows one put through more slots than the budget allows for, while a second put looks at
    // the budget and then takes: on the smallest ring, beyond what can be gone through.
    .over_strong = {{.site = "seq_cst -> (acq_rel|release) \\| .*number, k_put",
                     .why = "a put's half of Dekker's protocol: its number, then the budget"},
                    {.site = "\\| .*budget_\\.load",
                     .why =
                         "a put's half of Dekker's protocol: an old budget is one that is spent"},
                    {.site = "\\| .*budget_\\.store",
                     .why =
                         "a take that reads it draws from a full budget, and must see the number"},
                    {.site = "\\| .*budget_\\.fetch_sub",
                     .why = "a take's half of Dekker's protocol: the budget, then the next slot"},
                    {.site = "seq_cst -> acquire.* \\| .*(k_slot_seen|spoilt)",
                     .why = "a take's half of Dekker's protocol: the budget, then the next slot"},
                    {.site = "acquire -> relaxed \\(failure\\) \\| .*number, k_put",
                     .why = "a slot becomes unsafe between look and swap only two rounds later"}},
};

}  // namespace cyclone::queue::test
