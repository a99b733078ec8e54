// The ring of numbers of ncq by itself, where fewer calls come to what is rare.
#pragma once

#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "variants/queue/ncq_ring.hpp"

namespace cyclone::queue::test {

/// A put that knows of nothing comes to a slot that is a round further on, and puts its number
/// behind two others. Its thread must find those two before it.
template <int Mutant>
void come_a_round_late() {
    ncq_ring<Mutant, sync::explored> ring(4, 0, 0);
    constexpr std::uint64_t k_late = 3;
    bool is_taken = false;
    model::thread early([&] {
        for (const std::uint64_t number : {0U, 1U, 2U, 0U}) {
            ring.put(number);
            is_taken = ring.take() == k_late || is_taken;
        }
        ring.put(1);
        ring.put(2);
    });
    ring.put(k_late);
    std::uint64_t last = 0;
    for (int i = 0; i < 3 && last != k_late && last != ring.none(); ++i) last = ring.take();
    early.join();
    model::require(last != ring.none() || is_taken, "its own number was inside");
}

template <int Mutant>
std::vector<model::named_body> explored_of_ncq() {
    return {{"a put that comes a round late", &come_a_round_late<Mutant>}};
}

}  // namespace cyclone::queue::test
