// How many threads may be asleep, and beside it the number that they sleep on: a notify that finds
// nobody reads one word, and one that does wakes as many as it was asked to.
//
// Source      Reed and Kanodia 1979 (eventcount: a number that is waited upon); Vyukov 2008 (its
//             form for lock-free structures: announce, look again, sleep)
// Cost        notify: a fence and a load; with sleepers also a fetch-and-add and a system call.
//             prepare: a load, a fetch-and-add and a fence; cancel: a fetch-and-subtract; sleep: a
//             system call unless the number moved
// Progress    wait-free but for the sleep
// Orders      The fence between publish and the look at waiters_, and the one between counting
//             oneself and the second look, are one after the other: if notify's is first the look
//             sees the publication, else notify sees the count (W1). A prepare that already read
//             the number this notify moved is behind notify's fence by its own. The fences also
//             release, and the load in sleep() acquires (W2). Everything else is relaxed
// Invariants  I1 waiters_ is at least the number of threads between prepare() and the end of their
//                cancel() or sleep()
//             I2 epoch_ moves with every notify that finds waiters_ above 0, before it wakes
//                anybody
//             I3 a thread sleeps only while epoch_ is its key
// Limits      a thread off the core between its key and its sleep while exactly 2^32 notifies find
//             somebody sleeps on. That notify_one() does not spend its wake on a thread that came
//             after it rests on the kernel's queue, first in first out among equals: one that came
//             later and is woken goes back to sleep, and the one that was meant would not know
#pragma once

#include "base/cache_line.hpp"
#include "wake/wake.hpp"

namespace cyclone::wake {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class eventcount {
 public:
    static constexpr traits k_traits{.wakes_one = true};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() noexcept { return {}; }

    [[nodiscard]] key prepare() noexcept(Sync::k_nothrow) {
        const std::uint32_t epoch = epoch_.load(std::memory_order_relaxed);
        if constexpr (Mutant != 3) waiters_.fetch_add(1, std::memory_order_relaxed);
        if constexpr (Mutant != 2) Sync::fence(std::memory_order_seq_cst);
        return {epoch};
    }
    void cancel(key) noexcept(Sync::k_nothrow) {
        if constexpr (Mutant != 3 && Mutant != 6) leave();
    }

    void sleep(key seen) noexcept(Sync::k_nothrow) {
        auto mine = static_cast<std::uint32_t>(seen.value);
        if constexpr (Mutant == 3) waiters_.fetch_add(1, std::memory_order_relaxed);
        if constexpr (Mutant == 4) mine = epoch_.load(std::memory_order_relaxed);
        while (epoch_.load(Mutant == 8 ? std::memory_order_relaxed : std::memory_order_acquire) ==
               mine) {
            asks_.add();
            epoch_.wait(mine, std::memory_order_relaxed);
        }
        leave();
    }

    void notify_one() noexcept(Sync::k_nothrow) {
        if (!move()) return;
        asks_.add();
        epoch_.notify_one();
    }
    void notify_all() noexcept(Sync::k_nothrow) {
        if (!move()) return;
        asks_.add();
        if constexpr (Mutant == 7) {
            epoch_.notify_one();
        } else {
            epoch_.notify_all();
        }
    }

    [[nodiscard]] std::uint64_t asks() const noexcept { return asks_.made(); }

 private:
    /// False if nobody is there to be woken. Else no thread that is prepared will fall asleep.
    bool move() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant != 1) Sync::fence(std::memory_order_seq_cst);
        if (waiters_.load(std::memory_order_relaxed) == 0) return false;
        // A read-modify-write also where a store would do: libstdc++ 12 looks at its own count of
        // sleepers after this without a fence of its own.
        if constexpr (Mutant != 5) epoch_.fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    void leave() noexcept(Sync::k_nothrow) { waiters_.fetch_sub(1, std::memory_order_relaxed); }

    // One line: who reads one of them is about to read the other.
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint32_t> waiters_{0};
    typename Sync::template atomic<std::uint32_t> epoch_{0};
    [[no_unique_address]] ask_count<Work> asks_;
};

}  // namespace cyclone::wake
