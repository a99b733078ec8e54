// One word: a flag that somebody may be asleep, and beside it a number that moves with every notify
// that finds the flag. Notify with nobody there reads the word and is done.
//
// Source      Franke, Russell and Kirkwood 2002 (compare-and-sleep on a word of the program's own);
//             the fences are those of Dekker's protocol
// Cost        notify: a fence and a load; with the flag up also a compare-and-swap and a system
//             call. prepare: a read-modify-write and a fence. sleep: a system call unless the word
//             moved
// Progress    wait-free but for notify's compare-and-swap, which fails only if another notify or
//             prepare succeeded
// Orders      The fence between publish and the look at the word, and the one between the raised
//             flag and the second look, are one after the other: if notify's is first the look sees
//             the publication, else notify sees the flag (W1). The fence also releases and the load
//             in sleep() acquires (W2). Everything else is relaxed
// Invariants  I1 who sleeps does so on a word with the flag up, and that word is its key
//             I2 whatever takes the flag down moves the number and wakes everybody
// Limits      one flag for all, so that notify_one() wakes all. cancel() cannot know whether
//             another thread needs the flag and leaves it: the next notify asks the kernel in vain.
//             A thread stopped inside notify, the flag down and nobody woken yet, holds back the
//             wakes of all others. A thread off the core between its key and its sleep while
//             exactly 2^31 notifies find the flag sleeps on
#pragma once

#include "wake/wake.hpp"

namespace cyclone::wake {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class futex_word {
 public:
    static constexpr traits k_traits{.stale_asks = true, .notifies = progress::lock_free};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() noexcept { return {}; }

    [[nodiscard]] key prepare() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 3) return {word_.load(std::memory_order_relaxed)};
        const std::uint32_t before = word_.fetch_or(k_flag, std::memory_order_relaxed);
        if constexpr (Mutant != 2) Sync::fence(std::memory_order_seq_cst);
        return {before | k_flag};
    }
    void cancel(key) noexcept {}

    void sleep(key seen) noexcept(Sync::k_nothrow) {
        auto mine = static_cast<std::uint32_t>(seen.value);
        if constexpr (Mutant == 3) {  // the flag goes up after the second look
            mine = word_.fetch_or(k_flag, std::memory_order_relaxed) | k_flag;
        }
        while (word_.load(Mutant == 7 ? std::memory_order_relaxed : std::memory_order_acquire) ==
               mine) {
            asks_.add();
            word_.wait(mine, std::memory_order_relaxed);
        }
    }

    void notify_one() noexcept(Sync::k_nothrow) { notify_all(); }
    void notify_all() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant != 1) Sync::fence(std::memory_order_seq_cst);
        std::uint32_t seen = word_.load(std::memory_order_relaxed);
        do {
            if ((seen & k_flag) == 0) return;  // nobody, or another notify has just been here
            // Weak: a spurious failure costs one more turn of a loop that is there anyway.
        } while (!word_.compare_exchange_weak(seen, moved(seen), std::memory_order_relaxed,
                                              std::memory_order_relaxed));
        asks_.add();
        if constexpr (Mutant == 6) {
            word_.notify_one();
        } else {
            word_.notify_all();
        }
    }

    [[nodiscard]] std::uint64_t asks() const noexcept { return asks_.made(); }

 private:
    static constexpr std::uint32_t k_flag = 1;

    static constexpr std::uint32_t moved(std::uint32_t word) noexcept {
        if constexpr (Mutant == 4) return word;      // wakes whoever sleeps; who does not yet, will
        if constexpr (Mutant == 5) return word + 2;  // the flag stays up
        return word + k_flag;                        // carries into the number
    }

    typename Sync::template atomic<std::uint32_t> word_{0};
    [[no_unique_address]] ask_count<Work> asks_;
};

}  // namespace cyclone::wake
