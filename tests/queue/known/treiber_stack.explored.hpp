// The free list of treiber_stack by itself: whoever takes a node is the only one who has it.
#pragma once

#include <algorithm>
#include <array>

#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "variants/queue/tagged_list.hpp"

namespace cyclone::queue::test {

template <int Mutant>
void share_nodes() {
    using list_type = tagged_list<sync::explored, Mutant>;
    struct shelf {
        std::array<sync::explored::atomic<std::uint32_t>, 3> of_node;
        [[nodiscard]] auto& next(std::uint32_t of) { return of_node[of - 1]; }
    };
    shelf nodes;
    nodes.next(1).store(2, std::memory_order_relaxed);
    nodes.next(2).store(3, std::memory_order_relaxed);
    list_type list(1, 0);
    std::array<std::uint32_t, 8> found{};
    std::size_t count = 0;
    std::uint32_t held = 0;
    std::uint32_t other = 0;
    model::thread a([&] { held = list.take(nodes); });
    model::thread b([&] {
        const std::uint32_t first = list.take(nodes);
        other = list.take(nodes);
        if (first != list_type::k_none) list.give(nodes, first);
    });
    a.join();
    b.join();
    for (const std::uint32_t one : {held, other}) {
        if (one != list_type::k_none) found[count++] = one;
    }
    while (count < found.size()) {
        const std::uint32_t one = list.take(nodes);
        if (one == list_type::k_none) break;
        found[count++] = one;
    }
    std::sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count));
    model::require(count == 3 && found[0] == 1 && found[1] == 2 && found[2] == 3,
                   "every node is somewhere, once");
}

template <int Mutant>
std::vector<model::named_body> explored_of_treiber_stack() {
    return {{"nodes of a free list", &share_nodes<Mutant>}};
}

}  // namespace cyclone::queue::test
