// Lamport's ring: one thread pushes, one pops, and each end is a number that only its owner writes.
// Loads and stores are all it takes.
//
// Source      Lamport 1977 (the buffer of one producer and one consumer, under sequential
//             consistency); with acquire and release as here, folklore of C11
// Cost        both ends read the other's number in every call: where they work at the same time,
//             two transfers of a cache line an item beside that of the item
// Progress    wait-free, both ends
// Invariants  I1 tail_ is written by the producer only, head_ by the consumer only; both only grow
//             I2 tail_ - head_ <= capacity_, modulo 2^64; the items are at head_, ..., tail_ - 1
//             I3 the slots outside of those are the producer's, the others the consumer's
// Orders      two pairs: tail_ carries the item to the consumer, head_ carries the empty slot back
// The slots are a power of two, at least the capacity, so that positions may go round at 2^64.
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
class lamport_spsc {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(slot<T, Sync>);

    explicit lamport_spsc(std::size_t capacity, std::uint64_t origin = 0)
        : head_(origin),
          tail_(origin),
          capacity_(capacity),
          mask_(ceil_pow2(capacity) - 1),
          slots_(std::make_unique<slot<T, Sync>[]>(mask_ + 1)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
    }
    ~lamport_spsc() noexcept(Sync::k_nothrow) { take_all(*this); }
    lamport_spsc(const lamport_spsc&) = delete;
    lamport_spsc& operator=(const lamport_spsc&) = delete;

    /// The producer's.
    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        // Relaxed: nobody else writes it.
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        // Acquire: the slot that is free since then was read by the consumer before we write it.
        const std::uint64_t head =
            head_.load(Mutant == 4 ? std::memory_order_relaxed : std::memory_order_acquire);
        if (tail - head >= most()) return false;
        if constexpr (Mutant == 7) {
            tail_.store(tail + 1, std::memory_order_release);
            widen_window();
            at(tail).put(std::move(item));
            return true;
        }
        at(tail).put(std::move(item));
        // Release: whoever sees the number sees the item.
        tail_.store(tail + 1, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
        return true;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        // Acquire: the item behind the number is there.
        const std::uint64_t tail =
            tail_.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
        if (head == tail) return answer::empty;
        popped<T> out(at(head).take());
        // Release: whoever sees the number may write the slot.
        head_.store(head + 1, Mutant == 3 ? std::memory_order_relaxed : std::memory_order_release);
        return out;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    [[nodiscard]] std::uint64_t most() const noexcept {
        return Mutant == 5 ? capacity_ - 1 : Mutant == 8 ? capacity_ + 1 : capacity_;
    }
    [[nodiscard]] slot<T, Sync>& at(std::uint64_t position) noexcept {
        if constexpr (Mutant == 6) return slots_[static_cast<std::uint32_t>(position) % capacity_];
        return slots_[position & mask_];
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    // Not beside the ends: both sides read these in every call, and nobody writes them.
    alignas(k_no_false_sharing) const std::size_t capacity_;
    const std::uint64_t mask_;
    const std::unique_ptr<slot<T, Sync>[]> slots_;
};

}  // namespace cyclone::queue
