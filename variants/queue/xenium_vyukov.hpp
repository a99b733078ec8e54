// Peer: xenium's bounded queue of many producers and many consumers, by its strict calls.
//
// Source      xenium 0.0.2, xenium/vyukov_bounded_queue.hpp, try_push_strong and try_pop_strong
// Declares    the comments of its members: bounded FIFO; try_push fails where the number of items
//             is the size, and try_pop only where the queue is empty: while a push is pending it
//             spins
// Cost        one read-modify-write a call when alone
// Progress    blocking, as declared: tests/queue/peers.cpp stops a push while its item is put in
//             and sees a pop wait for it
// Limits      a power of two, at least 2
#pragma once

#include <bit>
#include <xenium/vyukov_bounded_queue.hpp>

#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class xenium_vyukov {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.holds = capacity_rule::power_of_two};
    static constexpr std::size_t k_bytes_per_item = 2 * sizeof(value_type);  // and its turn

    explicit xenium_vyukov(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : capacity_(std::bit_ceil(capacity == 1 ? 2 : capacity)), queue_(capacity_) {}

    bool try_push(value_type&& item) { return queue_.try_push_strong(std::move(item)); }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!queue_.try_pop_strong(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    const std::size_t capacity_;
    xenium::vyukov_bounded_queue<value_type> queue_;
};

}  // namespace cyclone::queue
