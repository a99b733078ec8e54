// Lamport's ring in which each end remembers what it last saw of the other, and looks again only
// when that does not do: while the ring is neither full nor empty, the ends leave each other's
// cache lines alone.
//
// Source      Lee, Bu and Chandranmenon 2010 (MCRingBuffer, the part without batches); as a plain
//             ring in rigtorp/SPSCQueue
// Cost        as lamport_spsc.hpp where the ring runs empty or full all the time; elsewhere about
//             two transfers of a line a round of the ring
// Progress    wait-free, both ends
// Invariants  I1 to I3 of lamport_spsc.hpp
//             I4 head_seen <= head and tail_seen <= tail: what is remembered was once true, so the
//                ring is at least as free, or as full, as each end believes
// Orders      as lamport_spsc.hpp, at the looks; what is remembered was carried by an earlier look
#pragma once

#include <memory>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class cached_spsc {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(slot<T, Sync>);

    explicit cached_spsc(std::size_t capacity, std::uint64_t origin = 0)
        : head_(origin),
          tail_seen_(origin),
          tail_(origin),
          head_seen_(origin),
          capacity_(capacity),
          mask_(ceil_pow2(capacity) - 1),
          slots_(std::make_unique<slot<T, Sync>[]>(mask_ + 1)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
    }
    ~cached_spsc() noexcept(Sync::k_nothrow) { take_all(*this); }
    cached_spsc(const cached_spsc&) = delete;
    cached_spsc& operator=(const cached_spsc&) = delete;

    /// The producer's.
    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        // Relaxed: nobody else writes it.
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_seen_.get() >= most()) {
            if constexpr (Mutant == 5) return false;
            // Acquire: the slots that are free since then were read by the consumer.
            const std::uint64_t head =
                head_.load(Mutant == 4 ? std::memory_order_relaxed : std::memory_order_acquire);
            head_seen_.set(head);
            if (tail - head >= most()) return false;
        }
        at(tail).put(std::move(item));
        // Release: whoever sees the number sees the item.
        tail_.store(tail + 1, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
        return true;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_seen_.get()) {
            if constexpr (Mutant == 6) return answer::empty;
            // Acquire: the items up to the number are there.
            const std::uint64_t tail =
                tail_.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
            if (head == tail) return answer::empty;
            tail_seen_.set(Mutant == 7 ? tail + 1 : tail);
        }
        popped<T> out(at(head).take());
        // Release: whoever sees the number may write the slot.
        head_.store(head + 1, Mutant == 3 ? std::memory_order_relaxed : std::memory_order_release);
        return out;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    [[nodiscard]] std::uint64_t most() const noexcept {
        return Mutant == 8 ? capacity_ + 1 : capacity_;
    }
    [[nodiscard]] slot<T, Sync>& at(std::uint64_t position) noexcept {
        if constexpr (Mutant == 9) return slots_[static_cast<std::uint32_t>(position) % capacity_];
        return slots_[position & mask_];
    }

    // The consumer's lines, then the producer's; what is remembered lies beside its owner's end.
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    typename Sync::template var<std::uint64_t> tail_seen_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    typename Sync::template var<std::uint64_t> head_seen_;
    alignas(k_no_false_sharing) const std::size_t capacity_;
    const std::uint64_t mask_;
    const std::unique_ptr<slot<T, Sync>[]> slots_;
};

}  // namespace cyclone::queue
