// The roof: a ring whose cells say themselves whether they are full, and nothing else is shared. An
// item must cross from one core to the other, and here nothing crosses with it: no queue that shows
// every item at once does with less. It is FastForward's idea without its spacing of the two ends;
// one producer, one consumer, and the largest number is no item.
#pragma once

#include <memory>

#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class roof {
    using word = sync::native::atomic<std::uint64_t>;

 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .holds = capacity_rule::power_of_two,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(word);

    explicit roof(std::size_t capacity, std::uint64_t = 0)
        : mask_(ceil_pow2(capacity == 1 ? 2 : capacity) - 1),
          cells_(std::make_unique<word[]>(mask_ + 1)) {}

    bool try_push(std::uint64_t&& item) noexcept {
        word& here = cells_[tail_ & mask_];
        // Acquire: the consumer has read what was here.
        if (here.load(std::memory_order_acquire) != 0) return false;
        here.store(item + 1, std::memory_order_release);
        ++tail_;
        return true;
    }
    popped<std::uint64_t> try_pop() noexcept {
        word& here = cells_[head_ & mask_];
        const std::uint64_t seen = here.load(std::memory_order_acquire);
        if (seen == 0) return answer::empty;
        here.store(0, std::memory_order_release);
        ++head_;
        return popped<std::uint64_t>(seen - 1);
    }
    [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

 private:
    alignas(k_no_false_sharing) std::uint64_t tail_ = 0;  // the producer's
    alignas(k_no_false_sharing) std::uint64_t head_ = 0;  // the consumer's
    alignas(k_no_false_sharing) const std::uint64_t mask_;
    const std::unique_ptr<word[]> cells_;
};

}  // namespace cyclone::queue
