// FastForward: a ring without numbers to share. A cell that holds no item says so by a value that
// no item has; the producer fills a cell that says it, the consumer empties one that does not. All
// that crosses is the cells.
//
// Source      Giacomoni, Moseley and Vachharajani 2008 (FastForward). Their "slipping", which keeps
//             the ends a cache line apart by waiting, is a way to use the ring and not part of it:
//             whoever wants it waits before its pops
// Cost        a load and a store of one cell a call. With the ends more than a line apart a line
//             goes there and back once for the 8 items in it; close together, each store takes it
//             from the other end
// Progress    wait-free, both ends
// Invariants  I1 tail_ is the producer's, head_ the consumer's; nobody else reads them
//             I2 from head_ up to tail_, going round, the cells hold items, all others none; if
//                head_ == tail_, either all do or none
//             I3 a cell without an item is written by the producer only, any other by the consumer
//                only
// Orders      a cell carries what its producer did before (S7): release, acquire. Back it carries
//             nothing, as the item is in the cell and not behind it: relaxed. That the place is
//             free, and in which order, is coherence
// Bound       none: cells are counted round, not on
#pragma once

#include <memory>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "variants/queue/word_item.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class fast_forward {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    static_assert(k_is_word<T>, "FastForward holds trivially copyable items of at most 8 bytes");
    using cell = typename Sync::template atomic<std::uint64_t>;

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free,
                                     .takes = item_rule::word};
    static constexpr std::size_t k_bytes_per_item = sizeof(cell);

    /// Any cell may be the first: `origin` says which.
    explicit fast_forward(std::size_t capacity, std::uint64_t origin = 0)
        : tail_(static_cast<std::size_t>(origin % capacity)),
          head_(static_cast<std::size_t>(origin % capacity)),
          capacity_(capacity),
          cells_(std::make_unique<cell[]>(count())) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
        // Relaxed: whoever gives the queue to other threads publishes it.
        for (std::size_t i = 0; i < count(); ++i) {
            cells_[i].store(k_no_item, std::memory_order_relaxed);
        }
    }
    fast_forward(const fast_forward&) = delete;
    fast_forward& operator=(const fast_forward&) = delete;

    /// The producer's.
    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        const std::uint64_t word = to_word(item);
        CYCLONE_ASSERT(word != k_no_item);  // all ones is no item (S14)
        const std::size_t at = tail_.get();
        cell& here = cells_[at];
        if constexpr (Mutant != 4) {
            // Relaxed: nothing of the consumer's is read or written but the cell.
            if (here.load(std::memory_order_relaxed) != k_no_item) {
                if constexpr (Mutant == 5) tail_.set(after(at));
                return false;
            }
        }
        // Release: what was done before the push is seen after the pop.
        here.store(word, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
        tail_.set(after(at));
        return true;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::size_t at = head_.get();
        cell& here = cells_[at];
        if constexpr (Mutant == 3) {
            const bool is_full = here.load(std::memory_order_acquire) != k_no_item;
            if (!is_full) return answer::empty;
            here.store(k_no_item, std::memory_order_relaxed);
            head_.set(after(at));
            return popped<T>(from_word<T>(here.load(std::memory_order_acquire)));
        }
        // Acquire: see the release of the push.
        const std::uint64_t word =
            here.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
        if (word == k_no_item) {
            if constexpr (Mutant == 6) head_.set(after(at));
            return answer::empty;
        }
        // Relaxed: as in the push.
        here.store(k_no_item, std::memory_order_relaxed);
        head_.set(after(at));
        return popped<T>(from_word<T>(word));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    [[nodiscard]] std::size_t count() const noexcept {
        return Mutant == 7 ? capacity_ + 1 : capacity_;
    }
    [[nodiscard]] std::size_t after(std::size_t at) const noexcept {
        return at + 1 == count() ? 0 : at + 1;
    }

    alignas(k_no_false_sharing) typename Sync::template var<std::size_t> tail_;
    alignas(k_no_false_sharing) typename Sync::template var<std::size_t> head_;
    // Not beside the ends: both sides read these in every call, and nobody writes them.
    alignas(k_no_false_sharing) const std::size_t capacity_;
    const std::unique_ptr<cell[]> cells_;
};

}  // namespace cyclone::queue
