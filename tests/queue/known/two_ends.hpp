// What the explorer is shown of the queues of one producer and one consumer beside their plans:
// what was done before a push is there after the pop (S7), also where the item is all there is to
// see of it; and batches at both ends (S12).
#pragma once

#include <array>
#include <cstdint>

#include "base/work.hpp"
#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue::test {

/// An item is the number of a letter that was written before it was pushed.
template <class Q>
void letters_arrive() {
    Q queue(2);
    std::array<sync::explored::var<std::uint64_t>, 3> letters;
    model::thread producer([&] {
        for (std::uint64_t i = 0; i < letters.size(); ++i) {
            letters[i].set(i + 10);
            if (!queue.try_push(std::uint64_t{i})) return;
        }
    });
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const auto got = queue.try_pop();
        if (!got) continue;
        model::require(*got == next++, "in order");
        model::require(letters[*got].get() == *got + 10, "the letter is there");
    }
    producer.join();
}

/// A batch of four and one of two more, taken in batches of three: a line or a ring ends in the
/// middle of some.
template <class Q>
void batches_pass() {
    Q queue(4);
    std::size_t in = 0;
    model::thread producer([&] {
        std::array<std::uint64_t, 4> four{1, 2, 3, 4};
        in = queue.push_many(four);
        std::array<std::uint64_t, 2> two{in + 1, in + 2};
        in += queue.push_many(two);
    });
    std::uint64_t out = 0;
    const auto take = [&] {
        std::array<std::uint64_t, 3> three{};
        const std::size_t got = queue.pop_many(three);
        for (std::size_t i = 0; i < got; ++i) model::require(three[i] == ++out, "in order");
        return got;
    };
    take();
    take();
    producer.join();
    model::require(in >= 4, "four fit");
    if constexpr (Q::k_traits.shows == visibility::at_flush) queue.flush_pushes();
    for (int i = 0; i < 3 && take() > 0; ++i) {
    }
    model::require(out == in, "all of them");
}

}  // namespace cyclone::queue::test
