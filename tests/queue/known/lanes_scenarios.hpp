// Scenarios of queues with lanes that a plan cannot say: a block that changes hands, a lane that
// does, and a consumer that sleeps.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "queue/sleeping.hpp"
#include "variants/wake/futex_word.hpp"

namespace cyclone::queue::test {

/// Four items fill two blocks of a lane; a fifth needs the first block again while the consumer is
/// about to leave it.
template <class Q>
void hand_a_block_back() {
    Q queue(8, 0);
    {
        typename Q::access producer(queue);
        typename Q::access consumer(queue);
        for (std::uint64_t item = 1; item <= 4; ++item) {
            model::require(producer.try_push(std::uint64_t{item}), "there is room");
        }
        model::thread pushes([&] {
            model::require(producer.try_push(5), "there is room");
            model::require(producer.try_push(6), "there is room");
        });
        for (std::uint64_t item = 1; item <= 4; ++item) {
            const auto one = consumer.try_pop();
            model::require(one && *one == item, "what is inside, in order");
        }
        pushes.join();
        for (std::uint64_t item = 5; item <= 6; ++item) {
            const auto one = consumer.try_pop();
            model::require(one && *one == item, "what came meanwhile, in order");
        }
        model::require(!consumer.try_pop(), "nothing is left");
    }
}

/// A thread ends its access; another one, which knows of that by nothing else, may get the lane.
template <class Q>
void hand_a_lane_over() {
    Q queue(8, 0);
    {
        typename Q::access consumer(queue);
        std::optional<typename Q::access> first(std::in_place, queue);
        model::thread ends([&] {
            model::require(first->try_push(1), "there is room");
            first.reset();
        });
        model::thread begins([&] {
            typename Q::access second(queue);
            model::require(second.try_push(2), "there is room");
        });
        ends.join();
        begins.join();
        std::uint64_t sum = 0;
        for (int i = 0; i < 2; ++i) {
            const auto one = consumer.try_pop();
            model::require(static_cast<bool>(one), "both are inside");
            sum += *one;
        }
        model::require(sum == 3 && !consumer.try_pop(), "both, once");
    }
}

/// Each producer pushes `each` items and rings; the consumer sleeps until it has all of them. A
/// wake-up that is lost is a deadlock.
template <class Q, int Mutant>
void sleep_for_items(std::size_t producers, std::uint64_t each) {
    using waker_type = wake::futex_word<no_work, 0, sync::explored>;
    using bells = sleeping<Q, waker_type, Mutant>;
    Q queue(4, 0);
    waker_type waker;
    model::require(waker.open().has_value(), "a waker");
    bells all(queue, waker);
    {
        typename bells::access consumer(all);
        std::array<std::optional<typename bells::access>, 2> ends;
        std::array<std::optional<model::thread>, 2> threads;
        for (std::size_t p = 0; p < producers; ++p) {
            ends[p].emplace(all);
            model::require(ends[p]->try_push(0), "there is room");  // its lane is there
            model::require(consumer.pop() == 0, "the only item");
        }
        for (std::size_t p = 0; p < producers; ++p) {
            threads[p].emplace([&, p] {
                for (std::uint64_t i = 0; i < each; ++i) {
                    model::require(ends[p]->try_push(10 * (p + 1) + i), "there is room");
                }
            });
        }
        std::array<std::uint64_t, 2> next{};
        for (std::uint64_t i = 0; i < producers * each; ++i) {
            const std::uint64_t item = consumer.pop();
            const std::uint64_t from = item / 10 - 1;
            model::require(from < producers && item % 10 == next[from]++, "each producer's order");
        }
        for (auto& one : threads) {
            if (one) one->join();
        }
    }
}

/// `Sleeping`: the seeded bug of sleeping.hpp, or 0.
template <class Q, int Sleeping>
std::vector<model::named_body> explored_of_lanes() {
    return {{"a block changes hands", &hand_a_block_back<Q>},
            {"a lane changes hands", &hand_a_lane_over<Q>},
            {"a sleeping consumer, a producer", [] { sleep_for_items<Q, Sleeping>(1, 1); }}};
}

}  // namespace cyclone::queue::test
