// A queue of one producer and one consumer with a planted bug, and the same repaired. The page
// beside this file, README.md, goes through it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "model/prove.hpp"

namespace tutorial {

/// A ring of some slots. The producer owns tail_, the consumer head_; each reads the other's.
template <class Sync, std::memory_order Publish, std::uint32_t Slots = 4>
class ring {
 public:
    bool push(int item) {
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) == Slots) return false;
        slots_[tail % Slots].set(item);
        tail_.store(tail + 1, Publish);
        return true;
    }

    std::optional<int> pop() {
        const std::uint32_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
        const int item = slots_[head % Slots].get();
        head_.store(head + 1, std::memory_order_release);
        return item;
    }

 private:
    typename Sync::template atomic<std::uint32_t> head_{0};
    typename Sync::template atomic<std::uint32_t> tail_{0};
    std::array<typename Sync::template var<int>, Slots> slots_{};
};

/// The producer tries three times to push the next of 1, 2, 3; the consumer looks four times. What
/// comes out comes in order.
template <class Ring>
void one_of_each() {
    Ring queue;
    cyclone::model::thread producer([&] {
        int next = 1;
        for (int tries = 0; tries < 3; ++tries) {
            if (queue.push(next)) ++next;
        }
    });
    int last = 0;
    for (int look = 0; look < 4; ++look) {
        if (const auto item = queue.pop()) {
            cyclone::model::require(*item == last + 1, "items come out in the order they went in");
            last = *item;
        }
    }
    producer.join();
}

}  // namespace tutorial

using cyclone::model::explored;

CYCLONE_PROVE(planted) {
    tutorial::one_of_each<tutorial::ring<explored, std::memory_order_relaxed>>();
}

CYCLONE_PROVE(repaired) {
    tutorial::one_of_each<tutorial::ring<explored, std::memory_order_release>>();
}

CYCLONE_PROVE(crowded) {
    tutorial::one_of_each<tutorial::ring<explored, std::memory_order_release, 1>>();
}
