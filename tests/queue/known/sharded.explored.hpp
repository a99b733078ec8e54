// A shard of sharded that goes from one access to another, and its batches, under the explorer.
#pragma once

#include <array>

#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "variants/queue/sharded.hpp"

namespace cyclone::queue::test {

/// Two threads come, push and go, and may have the same place one after the other.
template <int Mutant>
void producers_come_and_go() {
    using queue_type = sharded<no_work, Mutant, sync::explored>;
    queue_type queue(2, 0, 2);
    const auto come = [&](std::uint64_t item) {
        typename queue_type::access mine(queue);
        mine.try_push(std::uint64_t{item});
    };
    model::thread a([&] { come(1); });
    model::thread b([&] { come(2); });
    a.join();
    b.join();
    typename queue_type::access last(queue);
    std::uint64_t sum = 0;
    for (int i = 0; i < 2; ++i) {
        if (const auto one = last.try_pop()) sum += *one;
    }
    model::require(sum == 3 && !last.try_pop(), "both items, each once");
}

template <int Mutant>
void batches_of_shards() {
    using queue_type = sharded<no_work, Mutant, sync::explored>;
    queue_type queue(2, 0, 2);
    typename queue_type::access in(queue);
    typename queue_type::access out(queue);
    std::array<std::uint64_t, 3> room{};
    std::size_t got = 0;
    model::thread producer([&] {
        std::array<std::uint64_t, 3> items{1, 2, 3};
        model::require(in.push_many(items) == 3, "all of a batch go in");
    });
    model::thread consumer([&] { got = out.pop_many(room); });
    producer.join();
    consumer.join();
    got += out.pop_many(std::span(room).subspan(got));
    model::require(got == 3 && room == std::array<std::uint64_t, 3>{1, 2, 3}, "all, in order");
}

template <int Mutant>
std::vector<model::named_body> explored_of_sharded() {
    return {{"producers come and go", &producers_come_and_go<Mutant>},
            {"batches of 3 in blocks of 2", &batches_of_shards<Mutant>}};
}

}  // namespace cyclone::queue::test
