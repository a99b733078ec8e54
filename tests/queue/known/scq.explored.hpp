// The ring of numbers of scq by itself, where fewer calls come to what is rare.
#pragma once

#include <array>
#include <optional>

#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "variants/queue/scq_ring.hpp"

namespace cyclone::queue::test {

/// A take holds the number of slot 0 and has not marked it, while a put and another take come to
/// that slot in the next round. The ring has room for one number, so both are number 0: the second
/// finds its place in slot 1.
template <int Mutant>
void meet_an_old_number() {
    scq_ring<Mutant, sync::explored> ring(1, 0, 1);
    std::array<std::uint64_t, 2> taken{};
    model::thread first([&] { taken[0] = ring.take(); });
    model::thread other([&] { taken[1] = ring.take(); });
    ring.put(0);
    first.join();
    other.join();
    std::uint64_t left = 0;
    while (left < 3 && ring.take() != ring.none()) ++left;
    for (const std::uint64_t one : taken) left += one == ring.none() ? 0 : 1;
    model::require(left == 2, "two numbers were put in, so two come out");
}

/// Two takes of one thread, beside a put and then a take of another: what the second finds nothing
/// of must have been there. A third has drawn the ticket between, and has put nothing yet.
template <int Mutant>
void draw_beyond_a_put() {
    scq_ring<Mutant, sync::explored> ring(4, 0, 2);
    std::array<std::uint64_t, 3> taken{};
    model::thread slow([&] { ring.put(3); });
    model::thread both([&] {
        ring.put(2);
        taken[0] = ring.take();
    });
    taken[1] = ring.take();
    taken[2] = ring.take();
    slow.join();
    both.join();
    model::require(taken[2] != ring.none(), "three numbers for three takes");
}

template <int Mutant>
std::vector<model::named_body> explored_of_scq() {
    return {{"a slot with an old number", &meet_an_old_number<Mutant>},
            {"a ticket beyond another's put", &draw_beyond_a_put<Mutant>}};
}

}  // namespace cyclone::queue::test
