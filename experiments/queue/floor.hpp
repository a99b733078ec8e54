// The floor: a queue that passes nothing on. Each end keeps to itself, so threads share no line; it
// keeps no promise of the contract. Its cost is that of the loops, the calls and an answer.
#pragma once

#include "base/cache_line.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class floor {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = 0;

    explicit floor(std::size_t, std::uint64_t = 0) noexcept {}

    bool try_push(std::uint64_t&& item) noexcept {
        asm volatile("" : : "r"(item));  // or the producer's loop would be nothing
        return true;
    }
    popped<std::uint64_t> try_pop() noexcept {
        asm volatile("" : "+r"(next_));
        return popped<std::uint64_t>(next_++);
    }
    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    alignas(k_no_false_sharing) std::uint64_t next_ = 0;  // the consumer's
};

}  // namespace cyclone::queue
