// What the suites need to know of faa_array.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 pushes meet", .threads = {"+", "+"}},
              {.name = "a push, a pop", .threads = {"+", "-"}},
              {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
              {.name = "the end of an array: two pushes", .before = "++", .threads = {"+", "+"}},
              {.name = "the end of an array: a push, a pop",
               .before = "++",
               .threads = {"+", "---"}},
              {.name = "the end of an array: two pops", .before = "+++", .threads = {"--", "-"}},
              {.name = "empty, after a push that a pop has behind it",
               .capacity = 4,
               .before = "+++",
               .threads = {"-+-", "--"}},
              {.name = "the same at the end of an array", .before = "++", .threads = {"-+-", "--"}},
              {.name = "each does both", .threads = {"+-", "+-"}},
              {.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
              {.name = "an array is linked, used up and given back",
               .before = "++",
               .threads = {"+", "---g", "+"}},
              {.name = "3 pushes meet at the end of an array",
               .before = "++",
               .threads = {"+", "+", "+"}},
              {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}},
    .long_plans = {{.name = "two arrays, two producers, two consumers",
                    .threads = {"++", "++", "---"}}},
    .over_strong = {{.site = "hazard_pointers.hpp",
                     .why = "the domain is judged by its own suite, where each is caught"}},
    .fences = -1,
    .unstarved_pop =
        "a pop goes round again where its cell is not filled yet; the adversary lets "
        "the calls of others end whole, and then it is",
};

}  // namespace cyclone::queue::test
