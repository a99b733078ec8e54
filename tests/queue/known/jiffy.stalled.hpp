// A producer of jiffy that stands still while the buffers behind its cell are folded.
#pragma once

#include <vector>

#include "stopped.hpp"
#include "variants/queue/jiffy.hpp"

namespace cyclone::queue::test {

/// The victim's item is 100; the others are pushed and popped while it stands, `rounds` of three.
template <int Mutant>
void fold_behind_a_stop(std::uint64_t step, std::uint64_t rounds, bool& stands) {
    jiffy<no_work, Mutant, sync::failing> queue(4, 0);
    std::vector<std::uint64_t> got;
    const auto pop = [&] {
        if (const auto one = queue.try_pop()) got.push_back(*one);
    };
    std::uint64_t pushed = 0;
    stands = stopped_at(
        step, [&] { queue.try_push(100); },
        [&] {
            for (std::uint64_t round = 0; round < rounds; ++round) {
                for (int i = 0; i < 3; ++i) queue.try_push(std::uint64_t{++pushed});
                for (int i = 0; i < 4; ++i) pop();
            }
            CHECK(got.size() >= pushed);
        });
    for (std::uint64_t i = 0; i <= pushed; ++i) pop();
    CHECK(std::erase(got, 100) == 1);
    std::vector<std::uint64_t> due(pushed);
    for (std::uint64_t i = 0; i < pushed; ++i) due[i] = i + 1;
    INFO("before step " << step << " of a push, " << rounds << " rounds");
    CHECK(got == due);
    cyclone::test::count_cases(1);
}

template <int Mutant>
void stalled_of_jiffy() {
    for (const std::uint64_t rounds : {1U, 4U}) {
        bool stands = true;
        for (std::uint64_t step = 1; stands; ++step) {
            REQUIRE(step < k_steps_max);
            fold_behind_a_stop<Mutant>(step, rounds, stands);
        }
    }
}

}  // namespace cyclone::queue::test
