// A ring under a mutex with two conditions, "there is room" and "there is an item": the bounded
// buffer of the textbooks, and the queue to which those that never sleep are compared. A call that
// must wait sleeps; a call that changes what others wait for wakes one of them, and asks the kernel
// only if somebody sleeps.
//
// Source      Hoare 1974 (monitors; the bounded buffer is its example), with signals that only hint
//             and are looked after again, as in Mesa; Drepper 2011 (a condition over a futex)
// Cost        a lock and an unlock a call; a sleep is a system call and two locks more, and a
// system
//             call for whoever wakes
// Progress    blocking; who waits is woken in the order in which they fell asleep, and may find
// that
//             somebody who had not slept was faster
// Invariants  I1 everything but the constants and the words of the conditions is under mutex_
//             I2 tail_ - head_ <= capacity_, modulo 2^64; the items are at head_, ..., tail_ - 1
//             I3 `waiting` of a condition is how many are between their look and their next one
//             I4 every push with somebody waiting for items signals once, every pop with somebody
//                waiting for room: as many signals as there are reasons to go on
//             I5 who sleeps does so on a word that was read under mutex_ when what he waits for was
//                not there; whoever brings it moves the word later
// Orders      the mutex orders everything; the words of the conditions are relaxed
// Bound       a thread that is off the core between its look and its sleep while exactly 2^32
//             signals pass sleeps on
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
class condvar_ring {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    /// Something that threads wait for.
    class condition {
     public:
        /// Under the mutex, which is given back for the time of the sleep.
        void wait(typename Sync::mutex& held) noexcept(Sync::k_nothrow) {
            waiting_.set(waiting_.get() + 1);
            std::uint32_t seen = moves_.load(std::memory_order_relaxed);
            held.unlock();
            if constexpr (Mutant == 1) seen = moves_.load(std::memory_order_relaxed);
            moves_.wait(seen, std::memory_order_relaxed);
            held.lock();
            waiting_.set(waiting_.get() - 1);
        }
        /// Under the mutex: whether signal() has anybody to wake.
        [[nodiscard]] bool awaited() const noexcept(Sync::k_nothrow) { return waiting_.get() > 0; }
        /// The mutex need not be held.
        void signal() noexcept(Sync::k_nothrow) {
            moves_.fetch_add(1, std::memory_order_relaxed);
            moves_.notify_one();
        }

     private:
        typename Sync::template atomic<std::uint32_t> moves_;
        typename Sync::template var<std::uint32_t> waiting_;
    };

 public:
    using value_type = T;
    static constexpr traits k_traits{};
    static constexpr std::size_t k_bytes_per_item = sizeof(slot<T, Sync>);

    explicit condvar_ring(std::size_t capacity, std::uint64_t origin = 0)
        : head_(origin),
          tail_(origin),
          capacity_(capacity),
          mask_(ceil_pow2(capacity) - 1),
          slots_(std::make_unique<slot<T, Sync>[]>(mask_ + 1)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
    }
    ~condvar_ring() noexcept(Sync::k_nothrow) { take_all(*this); }
    condvar_ring(const condvar_ring&) = delete;
    condvar_ring& operator=(const condvar_ring&) = delete;

    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        mutex_.lock();
        if (is_full()) {
            mutex_.unlock();
            return false;
        }
        put_and_unlock(std::move(item));
        return true;
    }
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        mutex_.lock();
        if (is_empty()) {
            mutex_.unlock();
            return answer::empty;
        }
        return popped<T>(take_and_unlock());
    }

    /// S15: sleeps while there is no room.
    void push(T&& item) noexcept(Sync::k_nothrow) {
        mutex_.lock();
        while (is_full()) room_.wait(mutex_);
        put_and_unlock(std::move(item));
    }
    /// S15: sleeps while there is no item.
    [[nodiscard]] T pop() noexcept(Sync::k_nothrow) {
        mutex_.lock();
        if constexpr (Mutant == 3) {
            if (is_empty()) items_.wait(mutex_);
        } else {
            while (is_empty()) items_.wait(mutex_);
        }
        return take_and_unlock();
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    [[nodiscard]] bool is_empty() const noexcept(Sync::k_nothrow) {
        return head_.get() == tail_.get();
    }
    [[nodiscard]] bool is_full() const noexcept(Sync::k_nothrow) {
        return tail_.get() - head_.get() >= capacity_ + (Mutant == 5 ? 1 : 0);
    }

    // Signals come after the unlock: who is woken finds the mutex free.
    void put_and_unlock(T&& item) noexcept(Sync::k_nothrow) {
        const std::uint64_t tail = tail_.get();
        const bool first = Mutant != 2 || tail == head_.get();
        slots_[tail & mask_].put(std::move(item));
        tail_.set(tail + 1);
        const bool wakes = first && items_.awaited();
        mutex_.unlock();
        if (wakes) items_.signal();
    }
    [[nodiscard]] T take_and_unlock() noexcept(Sync::k_nothrow) {
        const std::uint64_t head = head_.get();
        head_.set(head + 1);
        if constexpr (Mutant == 6) {
            mutex_.unlock();
            widen_window();
            return slots_[head & mask_].take();
        }
        T out = slots_[head & mask_].take();
        const bool wakes = Mutant != 4 && room_.awaited();
        mutex_.unlock();
        if (wakes) room_.signal();
        return out;
    }

    alignas(k_no_false_sharing) typename Sync::mutex mutex_;
    typename Sync::template var<std::uint64_t> head_;
    typename Sync::template var<std::uint64_t> tail_;
    condition room_;
    condition items_;
    const std::size_t capacity_;
    const std::uint64_t mask_;
    const std::unique_ptr<slot<T, Sync>[]> slots_;
};

}  // namespace cyclone::queue
