// A queue under sync::stepped as a subject of the progress classifier and the coherence counter:
// the first threads push, the others pop.
#pragma once

#include "model/subject.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue::test {

inline constexpr std::size_t k_stepped_capacity = 8;

/// How many threads of each side a kind allows, up to two.
struct sides {
    std::uint32_t producers;
    std::uint32_t consumers;
    [[nodiscard]] std::uint32_t all() const noexcept { return producers + consumers; }
};
[[nodiscard]] constexpr sides sides_of(const traits& declared) noexcept {
    return {declared.serves == kind::spsc ? 1U : 2U, declared.serves == kind::mpmc ? 2U : 1U};
}

template <class Q>
[[nodiscard]] model::steps::subject_maker pushers_and_poppers(std::uint32_t producers) {
    return [producers] {
        auto queue = model::steps::placed<Q>(k_stepped_capacity, std::uint64_t{0});
        return model::steps::subject{
            .object = queue,
            .operate =
                [queue, producers](std::uint32_t thread, std::uint64_t number) {
                    if (thread < producers) {
                        return queue->try_push(number + 1) ? model::steps::outcome::done
                                                           : model::steps::outcome::refused;
                    }
                    const auto got = queue->try_pop();
                    return got                                 ? model::steps::outcome::done
                           : got.said() == answer::would_block ? model::steps::outcome::would_block
                                                               : model::steps::outcome::refused;
                },
            .name = [producers](std::uint32_t thread,
                                std::uint64_t) { return thread < producers ? "push" : "pop"; },
            .ranges = {}};
    };
}

}  // namespace cyclone::queue::test
