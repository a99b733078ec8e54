// What the suites need to know of turn_queue.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

inline const knowledge k_known{
    .plans = {{.name = "2 pushes meet", .threads = {"+", "+"}},
              {.name = "a push, a pop", .threads = {"+", "-"}},
              {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
              {.name = "one gives up while another gives", .threads = {"-", "+-"}},
              {.name = "given, and the front not moved yet",
               .before = "++",
               .threads = {"--", "-"}},
              {.name = "the front is given back", .before = "+++", .threads = {"-", "---g"}}},
    .long_plans = {{.name = "each does both", .threads = {"+-", "+-"}},
                   {.name = "a pop gives up among two", .threads = {"-", "-", "+"}}},
    .over_strong = {{.site = "hazard_pointers.hpp",
                     .why = "the domain is judged by its own suite, where each is caught"}},
    .fences = -1,
    .events_max = 900,
};

}  // namespace cyclone::queue::test
