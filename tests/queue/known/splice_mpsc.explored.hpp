// All that is inside of one queue goes behind another, while producers of both go on.
#pragma once

#include <vector>

#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "variants/queue/splice_mpsc.hpp"

namespace cyclone::queue::test {

/// One item is in `from`, one more comes there and one to `to`; then everything is popped.
template <int Mutant>
void splice_while_pushing() {
    using queue_type = splice_mpsc<no_work, Mutant, sync::explored>;
    queue_type to(4, 0);
    queue_type from(4, 0);
    {
        typename queue_type::access at_to(to);
        typename queue_type::access at_from(from);
        typename queue_type::access other_to(to);
        typename queue_type::access other_from(from);
        model::require(at_from.try_push(1), "unbounded");
        model::thread a([&] { model::require(other_from.try_push(2), "unbounded"); });
        model::thread b([&] { model::require(other_to.try_push(4), "unbounded"); });
        model::require(to.splice(from) == answer::item, "something was inside");
        a.join();
        b.join();
        // The second item was in time, or it is still where it was pushed.
        std::uint64_t sum = 0;
        std::uint64_t before = 0;
        while (const auto one = at_to.try_pop()) {
            if (*one != 4) {
                model::require(*one > before, "in their order");
                before = *one;
            }
            sum += *one;
        }
        while (const auto one = at_from.try_pop()) {
            model::require(*one == 2, "only the second may have stayed");
            sum += *one;
        }
        model::require(sum == 7, "each once");
        model::require(to.splice(from) == answer::empty, "nothing is left");
    }
}

template <int Mutant>
std::vector<model::named_body> explored_of_splice_mpsc() {
    return {{"a splice while others push", &splice_while_pushing<Mutant>}};
}

}  // namespace cyclone::queue::test
