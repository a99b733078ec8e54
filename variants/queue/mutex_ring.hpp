// A ring under a mutex: obviously correct, so everything else is held to it.
//
// Source      Dijkstra 1965 (mutual exclusion and the bounded buffer); the lock is the policy's
// Cost        a lock and an unlock a call; contended, a system call to sleep and one to wake
// Progress    blocking; who waits is served in no order
// Invariants  I1 everything but the constants is touched under mutex_ only
//             I2 tail_ - head_ <= capacity_, modulo 2^64; the items are at head_, ..., tail_ - 1
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
class mutex_ring {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

 public:
    using value_type = T;
    static constexpr traits k_traits{};
    static constexpr std::size_t k_bytes_per_item = sizeof(slot<T, Sync>);

    explicit mutex_ring(std::size_t capacity, std::uint64_t origin = 0)
        : head_(origin),
          tail_(origin),
          capacity_(capacity),
          mask_(ceil_pow2(capacity) - 1),
          slots_(std::make_unique<slot<T, Sync>[]>(mask_ + 1)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
    }
    ~mutex_ring() noexcept(Sync::k_nothrow) { take_all(*this); }
    mutex_ring(const mutex_ring&) = delete;
    mutex_ring& operator=(const mutex_ring&) = delete;

    bool try_push(T&& item) {
        mutex_.lock();
        const std::uint64_t tail = tail_.get();
        const bool room = tail - head_.get() < capacity_ + (Mutant == 2 ? 1 : 0);
        if (room) {
            slots_[tail & mask_].put(std::move(item));
            tail_.set(tail + 1);
        }
        mutex_.unlock();
        return room;
    }

    popped<T> try_pop() {
        if constexpr (Mutant == 1) {
            mutex_.lock();
            const bool nothing = head_.get() == tail_.get();
            mutex_.unlock();
            if (nothing) return answer::empty;
            widen_window();
        }
        mutex_.lock();
        const std::uint64_t head = head_.get();
        const std::uint64_t tail = tail_.get();
        if (Mutant != 1 && head == tail) {
            mutex_.unlock();
            return answer::empty;
        }
        if constexpr (Mutant == 4) {
            tail_.set(tail - 1);
            popped<T> latest(slots_[(tail - 1) & mask_].take());
            mutex_.unlock();
            return latest;
        }
        head_.set(head + 1);
        if constexpr (Mutant == 3) {
            mutex_.unlock();
            widen_window();
            return popped<T>(slots_[head & mask_].take());
        }
        popped<T> out(slots_[head & mask_].take());
        mutex_.unlock();
        return out;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    alignas(k_no_false_sharing) typename Sync::mutex mutex_;
    typename Sync::template var<std::uint64_t> head_;
    typename Sync::template var<std::uint64_t> tail_;
    const std::size_t capacity_;
    const std::uint64_t mask_;
    const std::unique_ptr<slot<T, Sync>[]> slots_;
};

}  // namespace cyclone::queue
