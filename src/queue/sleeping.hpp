// A queue whose consumer may sleep: any queue, and any waker of the wake contract (src/wake), put
// together. A push rings after it has ended, a pop that finds nothing announces that it will sleep,
// looks once more, and sleeps.
//
// Would_block is no reason to stay awake: whoever hides the items is inside a push, and rings when
// it ends. An answer "empty" that was not true would not do harm either, for the same reason. What
// would do harm is a ring before the item is in, or a sleep without the second look.
//
// How often the kernel is asked is the waker's: futex_word takes its flag down with the first ring,
// so that a sleep costs one call, and one to end it however many push meanwhile; where nobody
// sleeps a ring is a fence and a load. A batch (S12) rings once.
//
// Source      Reed and Kanodia 1979, Vyukov 2008 (eventcount: prepare, look, sleep)
// Cost        a push more: the waker's notify; a pop that finds something: nothing
// Progress    the queue's; pop() waits
// Invariants  I1 a ring follows every push that has succeeded
//             I2 between a prepare and its sleep there is a look that found nothing
// Orders      the waker's (W1): of a push and its ring, and a prepare and its look, one sees the
//             other
// Thread-safety: the queue's; pop() is the consumer's, or all consumers' where the waker takes many
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "queue/queue.hpp"

namespace cyclone::queue {

/// Mutant 1 rings before the push, 2 sleeps without a second look, 3 rings once and never again.
template <variant Queue, class Waker, int Mutant = 0>
class sleeping {
 public:
    using value_type = typename Queue::value_type;

    /// A thread's.
    class access {
     public:
        using value_type = typename Queue::value_type;

        explicit access(sleeping& all) : all_(all), end_(all.queue_) {}
        access(const access&) = delete;
        access& operator=(const access&) = delete;

        bool try_push(value_type&& item) {
            if constexpr (Mutant == 1) all_.waker_.notify_one();
            const bool done = end_.try_push(std::move(item));
            if (done && ring()) all_.waker_.notify_one();
            return done;
        }
        std::size_t push_many(std::span<value_type> items) {
            const std::size_t done = queue::push_many(end_, items);
            if (done > 0) all_.waker_.notify_one();
            return done;
        }

        popped<value_type> try_pop() { return end_.try_pop(); }
        std::size_t pop_many(std::span<value_type> room) { return queue::pop_many(end_, room); }

        /// Sleeps while there is nothing.
        [[nodiscard]] value_type pop() {
            for (;;) {
                if (auto one = end_.try_pop()) return std::move(*one);
                const auto seen = all_.waker_.prepare();
                if constexpr (Mutant != 2) {
                    if (auto one = end_.try_pop()) {
                        all_.waker_.cancel(seen);
                        return std::move(*one);
                    }
                }
                all_.waker_.sleep(seen);
            }
        }

     private:
        bool ring() noexcept {
            if constexpr (Mutant == 1) return false;
            if constexpr (Mutant == 3) return std::exchange(first_, false);
            return true;
        }

        sleeping& all_;
        access_of<Queue> end_;
        [[maybe_unused]] bool first_ = true;
    };

    /// The waker has been opened.
    sleeping(Queue& queue, Waker& waker) noexcept : queue_(queue), waker_(waker) {}

 private:
    Queue& queue_;
    Waker& waker_;
};

}  // namespace cyclone::queue
