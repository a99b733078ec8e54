// An eventcount in one word of 64 bits, the number above and the count of waiting threads below, in
// which every notify is a read-modify-write and no fence is needed.
//
// Source      Reed and Kanodia 1979; the word is that of folly's EventCount
// Cost        notify: a fetch-and-add, with sleepers also a system call. prepare and cancel: one
//             read-modify-write. sleep: a system call unless the number moved
// Progress    wait-free but for the sleep
// Orders      All changes of the word are one after the other, and read-modify-writes only: what a
//             notify releases, every later prepare acquires. If notify's change is before prepare's
//             the second look sees the publication; else notify's finds the waiter counted (W1),
//             and moves a number that sleep() acquires (W2)
// Invariants  I1 the low half is the number of threads between prepare() and the end of their
//                cancel() or sleep()
//             I2 the high half moves with every notify
//             I3 a thread sleeps only while the high half is its key
// Limits      A thread off the core between its key and its sleep while exactly 2^32 notifies pass
//             sleeps on. The standard library waits on words of 64 bits through a word of its own
//             that several may share, so that notify_one() may wake everybody; folly has the kernel
//             look at the high half alone, which no std::atomic can
// Not equivalent to folly's where nobody waits: there, as here, a notify writes a line that all
// share, and eventcount.hpp does not
#pragma once

#include "base/cache_line.hpp"
#include "wake/wake.hpp"

namespace cyclone::wake {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class eventcount_packed {
 public:
    static constexpr traits k_traits{};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() noexcept { return {}; }

    [[nodiscard]] key prepare() noexcept(Sync::k_nothrow) {
        constexpr auto k_order =
            Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire;
        return {epoch_of(word_.fetch_add(k_waiter, k_order))};
    }
    void cancel(key) noexcept(Sync::k_nothrow) {
        if constexpr (Mutant != 6) leave();
    }

    void sleep(key seen) noexcept(Sync::k_nothrow) {
        constexpr auto k_order =
            Mutant == 8 ? std::memory_order_relaxed : std::memory_order_acquire;
        std::uint64_t now = word_.load(k_order);
        const std::uint64_t mine = Mutant == 4 ? epoch_of(now) : seen.value;
        while (epoch_of(now) == mine) {
            asks_.add();
            word_.wait(now, std::memory_order_relaxed);
            now = word_.load(k_order);
        }
        leave();
    }

    void notify_one() noexcept(Sync::k_nothrow) {
        if (!move()) return;
        asks_.add();
        word_.notify_one();
    }
    void notify_all() noexcept(Sync::k_nothrow) {
        if (!move()) return;
        asks_.add();
        if constexpr (Mutant == 7) {
            word_.notify_one();
        } else {
            word_.notify_all();
        }
    }

    [[nodiscard]] std::uint64_t asks() const noexcept { return asks_.made(); }

 private:
    static constexpr std::uint64_t k_waiter = 1;
    static constexpr std::uint64_t k_epoch = std::uint64_t{1} << 32;
    static constexpr std::uint64_t epoch_of(std::uint64_t word) noexcept { return word >> 32; }
    static constexpr std::uint64_t waiters_of(std::uint64_t word) noexcept {
        return word & (k_epoch - 1);
    }

    /// False if nobody is there to be woken. Else no thread that is prepared will fall asleep.
    bool move() noexcept(Sync::k_nothrow) {
        // A look before the read-modify-write saves it, and is a lost wake-up without fences.
        if (Mutant == 3 && waiters_of(word_.load(std::memory_order_relaxed)) == 0) return false;
        if constexpr (Mutant == 5) return waiters_of(word_.load(std::memory_order_acquire)) != 0;
        constexpr auto k_order =
            Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release;
        return waiters_of(word_.fetch_add(k_epoch, k_order)) != 0;
    }
    // Relaxed, but in the middle of every release sequence that passes through the word.
    void leave() noexcept(Sync::k_nothrow) { word_.fetch_sub(k_waiter, std::memory_order_relaxed); }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> word_{0};
    [[no_unique_address]] ask_count<Work> asks_;
};

}  // namespace cyclone::wake
