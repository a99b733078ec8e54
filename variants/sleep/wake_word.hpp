// A word that says whether a wake is remembered, and on which one thread can sleep in the kernel.
// A shared inner piece; not a variant.
//
// Source      futex(2), FUTEX_WAIT_BITSET: an absolute timeout on the monotonic clock
// Cost        wake() one exchange, and one system call only if somebody sleeps
// Invariants  I1 k_asleep stands in the word only inside wait_until()
//             I2 what takes a wake is an exchange: a plain store could wipe out the next one
// Limits      one sleeper
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sync.hpp"
#include "sleep/sleep.hpp"

namespace cyclone::sleep {

// Seeded bugs, by the same number in all variants: 2 drops the wake that came before the sleep;
// 3 a signal ends the sleep; 5 a wake is never taken; 7 wake() does not tell the kernel.
template <class Work, int Mutant>
class wake_word {
 public:
    void wake() noexcept {
        // Release: what was done before the wake is seen by whoever takes it.
        if (word_.exchange(k_woken, std::memory_order_release) != k_asleep) return;
        if constexpr (Mutant != 7) futex(FUTEX_WAKE_PRIVATE, 1, nullptr, 0);
    }

    void before() noexcept {
        if constexpr (Mutant == 2) word_.exchange(k_awake, std::memory_order_acquire);
    }
    /// Whether a wake was remembered, which it is no more. No system call.
    [[nodiscard]] bool take() noexcept {
        if (word_.load(std::memory_order_relaxed) != k_woken) return false;
        if constexpr (Mutant == 5) return true;
        return word_.exchange(k_awake, std::memory_order_acquire) == k_woken;
    }

    /// Sleeps in the kernel. The deadline may have passed; k_never is none.
    [[nodiscard]] result<woke> wait_until(ns deadline) {
        std::uint32_t found = k_awake;
        if (!word_.compare_exchange_strong(found, k_asleep, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
            return take() ? woke::wake : woke::deadline;  // only woken can have been found
        }
        const timespec at = timespec_of(deadline);
        const timespec* until = deadline == k_never ? nullptr : &at;
        int failed = 0;
        do {
            calls_.add();
            failed = futex(FUTEX_WAIT_BITSET_PRIVATE, k_asleep, until, FUTEX_BITSET_MATCH_ANY);
            if (failed == ETIMEDOUT || (Mutant == 3 && failed == EINTR)) break;
            if (failed != 0 && failed != EINTR && failed != EAGAIN) break;
        } while (word_.load(std::memory_order_relaxed) == k_asleep);
        if (Mutant == 5 && word_.load(std::memory_order_acquire) == k_woken) return woke::wake;
        // It may have come after the deadline did: then it still is a wake, and is not lost.
        if (word_.exchange(k_awake, std::memory_order_acquire) == k_woken) return woke::wake;
        if (failed != ETIMEDOUT && failed != EINTR) return fail_call("futex", failed);
        return woke::deadline;
    }
    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_.made(); }

 private:
    static constexpr std::uint32_t k_awake = 0;
    static constexpr std::uint32_t k_woken = 1;
    static constexpr std::uint32_t k_asleep = 2;

    /// 0, or the errno.
    int futex(int what, std::uint32_t value, const timespec* until, std::uint32_t bits) noexcept {
        static_assert(sizeof word_ == sizeof(std::uint32_t));
        return ::syscall(SYS_futex, &word_, what, value, until, nullptr, bits) < 0 ? errno : 0;
    }

    sync::native::atomic<std::uint32_t> word_{k_awake};
    call_count<Work> calls_;
};

}  // namespace cyclone::sleep
