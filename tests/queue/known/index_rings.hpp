// What the suites need to know of the rings of two indices (variants/queue/index_ring.hpp): one
// algorithm in several orders and layouts, so the same scenarios for all.
#pragma once

#include "knowledge.hpp"

namespace cyclone::queue::test {

[[nodiscard]] inline knowledge of_index_ring() {
    return {
        .plans = {{.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
                  {.name = "3 pushes, 3 pops: a slot is used again", .threads = {"+++", "---"}},
                  {.name = "4 pushes, 4 pops", .threads = {"++++", "----"}},
                  {.name = "a ring of one", .capacity = 1, .threads = {"+++", "---"}},
                  {.name = "both ends at once", .before = "+", .threads = {"++", "--"}},
                  {.name = "a ring of three, at 2^64",
                   .capacity = 3,
                   .before = "++",
                   .threads = {"+++", "---"},
                   .origin = std::uint64_t{0} - 3}},
        .locked_push = 0,
        .locked_pop = 0,
    };
}

}  // namespace cyclone::queue::test
