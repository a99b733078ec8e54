// Objects whose counts on simulated processors are known by hand.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "sim/processors.hpp"
#include "sim/scu.hpp"

namespace cyclone::sim::test {

using model::steps::outcome;
using model::steps::subject;
using model::steps::subject_maker;
using sync::stepped;

/// One call a processor after the other: `call` says how it ended.
template <class Object, class F>
[[nodiscard]] subject subject_of(std::shared_ptr<Object> object, F call) {
    return {.object = object,
            .operate = [object, call](std::uint32_t me,
                                      std::uint64_t number) { return call(*object, me, number); },
            .name = [](std::uint32_t, std::uint64_t) { return "call"; },
            .ranges = {}};
}

[[nodiscard]] inline subject_maker scu_subject(std::uint32_t processors, std::uint32_t preamble,
                                               std::uint32_t scan) {
    return [=] {
        return subject_of(model::steps::placed<scu<stepped>>(processors, preamble, scan),
                          [](scu<stepped>& object, std::uint32_t me, std::uint64_t) {
                              object.next(me);
                              return outcome::done;
                          });
    };
}

/// A step a call; who took it is written down.
struct footprints {
    stepped::atomic<std::uint64_t> word;
    std::vector<std::uint32_t>* seen = nullptr;
};
[[nodiscard]] inline subject_maker footprint_subject(std::vector<std::uint32_t>& seen) {
    return [&seen] {
        seen.clear();
        auto object = model::steps::placed<footprints>();
        object->seen = &seen;
        return subject_of(object, [](footprints& f, std::uint32_t me, std::uint64_t) {
            f.word.store(f.seen->size() + 1, std::memory_order_relaxed);
            f.seen->push_back(me);
            return outcome::done;
        });
    };
}

/// Refuses every second call of each.
[[nodiscard]] inline subject_maker refusing_subject() {
    return [] {
        return subject_of(model::steps::placed<footprints>(),
                          [](footprints& f, std::uint32_t, std::uint64_t number) {
                              f.word.fetch_add(1, std::memory_order_relaxed);
                              return number % 2 == 0 ? outcome::refused : outcome::done;
                          });
    };
}

}  // namespace cyclone::sim::test
