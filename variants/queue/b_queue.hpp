// B-Queue: FastForward's cells, looked at once in a batch. An end looks at the last cell of a batch
// ahead of it: if that is free (or full), all before it are. If it is not, the end does not wait
// for the batch to come true but tries half of it, and half of that, down to the cell before it, so
// nothing that is inside is ever hidden.
//
// Source      Wang, Zhang, Tang and Hua 2013 (B-Queue: batches and self-adaptive backtracking).
//             Theirs backs up at the consumer only, and waits between two tries. Here the producer
//             backs up too, or the last cells of a ring would never be used (S5), and nobody waits:
//             whether to is the caller's business. How far to look first is what worked last time,
//             and twice that after a look that worked at once
// Cost        a load and a store of one cell a pop, a store a push; a look a batch, and one more
//             for each halving where the ends come close
// Progress    wait-free, both ends: at most 1 + log2(batch) looks
// Invariants  I1 tail_, free_until_ are the producer's, the others the consumer's; nobody else
//                reads them
//             I2 the cells at head_, ..., tail_ - 1 hold items, all others none, and the consumer
//                empties in order: a cell ahead of tail_ that holds none has only such before it,
//                and a cell ahead of head_ that holds an item only such before it
//             I3 tail_ <= free_until_ <= head_ + cells, head_ <= full_until_ <= tail_
// Orders      the cell that is looked at speaks for those before it: acquire; so it must have been
//             written after those, both ways: release. The other items are read relaxed
// Bound       none: positions go round at 2^64
#pragma once

#include <algorithm>
#include <memory>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "variants/queue/word_item.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class b_queue {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    static_assert(k_is_word<T>, "B-Queue holds trivially copyable items of at most 8 bytes");
    using cell = typename Sync::template atomic<std::uint64_t>;
    using own = typename Sync::template var<std::uint64_t>;

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .holds = capacity_rule::power_of_two,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free,
                                     .takes = item_rule::word};
    static constexpr std::size_t k_bytes_per_item = sizeof(cell);
    static constexpr std::uint64_t k_batch = 64;

    explicit b_queue(std::size_t capacity, std::uint64_t origin = 0)
        : tail_(origin),
          free_until_(origin),
          head_(origin),
          full_until_(origin),
          reach_(1),
          mask_(ceil_pow2(capacity == 1 ? 2 : capacity) - 1),
          batch_(std::min(k_batch, (mask_ + 1) / 2)),
          cells_(std::make_unique<cell[]>(mask_ + 1)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
        // Relaxed: whoever gives the queue to other threads publishes it.
        for (std::uint64_t i = 0; i <= mask_; ++i) {
            cells_[i].store(k_no_item, std::memory_order_relaxed);
        }
    }
    b_queue(const b_queue&) = delete;
    b_queue& operator=(const b_queue&) = delete;

    /// The producer's.
    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        const std::uint64_t word = to_word(item);
        CYCLONE_ASSERT(word != k_no_item);  // all ones is no item (S14)
        const std::uint64_t tail = tail_.get();
        if (tail == free_until_.get() && !find_room(tail)) return false;
        // Release: this may be the cell that is looked at, and it speaks for those before it.
        cells_[tail & mask_].store(
            word, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
        tail_.set(tail + 1);
        return true;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::uint64_t head = head_.get();
        if (head == full_until_.get() && !find_items(head)) return answer::empty;
        cell& here = cells_[head & mask_];
        // Relaxed: the look has brought the item.
        const std::uint64_t word = here.load(std::memory_order_relaxed);
        // Release: as in the push.
        here.store(k_no_item, Mutant == 3 ? std::memory_order_relaxed : std::memory_order_release);
        head_.set(head + 1);
        return popped<T>(from_word<T>(word));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

 private:
    [[nodiscard]] bool find_room(std::uint64_t tail) noexcept(Sync::k_nothrow) {
        constexpr auto k_look = Mutant == 4 ? std::memory_order_relaxed : std::memory_order_acquire;
        std::uint64_t reach = batch_;
        while (cells_[(tail + reach - 1) & mask_].load(k_look) != k_no_item) {
            if (reach == 1 || Mutant == 6) return false;
            reach /= 2;
        }
        free_until_.set(tail + reach);
        return true;
    }

    [[nodiscard]] bool find_items(std::uint64_t head) noexcept(Sync::k_nothrow) {
        constexpr auto k_look = Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire;
        const std::uint64_t first = Mutant == 5 ? batch_ : reach_.get();
        std::uint64_t reach = first;
        while (cells_[(head + reach - 1) & mask_].load(k_look) == k_no_item) {
            if (reach == 1 || Mutant == 5) {
                reach_.set(1);
                return false;
            }
            reach /= 2;
        }
        reach_.set(reach == first ? std::min(batch_, 2 * reach) : reach);
        full_until_.set(head + reach + (Mutant == 7 ? 1 : 0));
        return true;
    }

    alignas(k_no_false_sharing) own tail_;
    own free_until_;
    alignas(k_no_false_sharing) own head_;
    own full_until_;
    own reach_;
    // Not beside the ends: both sides read these in every call, and nobody writes them.
    alignas(k_no_false_sharing) const std::uint64_t mask_;
    const std::uint64_t batch_;
    const std::unique_ptr<cell[]> cells_;
};

}  // namespace cyclone::queue
