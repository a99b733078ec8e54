// A number under a queue lock: every waiting thread spins on a word of its own.
//
// Source      Mellor-Crummey and Scott 1991 (the MCS list-based queue lock)
// Cost        two read-modify-writes when alone (swap in, compare-and-swap out); contended, a
//             constant number of line transfers a call, however many wait
// Progress    blocking, first come first served
// Invariants  I1 tail_ is the last place of the queue, null when the lock is free
//             I2 a place is on its thread's stack and is touched by the predecessor only before
//                that one's unlock() ends, by the successor only before it spins
//             I3 value_ is touched inside only
// Orders      the swap of tail_ acquires what the compare-and-swap out released; a handover is the
//             release of `waits` and its acquire; `next` publishes a place whose words are set
#pragma once

#include "base/cache_line.hpp"
#include "base/spin.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "counter/counter.hpp"

namespace cyclone::counter {

template <class Work = no_work, int Mutant = 0, class Sync = sync::native>
class mcs_lock {
    struct alignas(k_cache_line) place {
        typename Sync::template atomic<place*> next;
        typename Sync::template atomic<int> waits{1};
    };

 public:
    using handle = plain_handle<mcs_lock>;
    static constexpr traits k_traits{.first_come = true};

    std::uint64_t next() noexcept(Sync::k_nothrow) {
        place here;
        lock(here);
        const std::uint64_t mine = value_.get();
        if constexpr (Mutant == 1) widen_window();
        if constexpr (Mutant == 2) {
            unlock(here);
            widen_window();
            value_.set(mine + 1);
            return mine;
        }
        value_.set(mine + 1);
        unlock(here);
        return mine;
    }

 private:
    void lock(place& here) noexcept(Sync::k_nothrow) {
        place* const before = tail_.exchange(&here, std::memory_order_acq_rel);
        if (before == nullptr) return;
        before->next.store(&here, std::memory_order_release);
        spin_wait<Sync> wait;
        while (Mutant != 1 && here.waits.load(std::memory_order_acquire) != 0) wait.once();
    }

    void unlock(place& here) noexcept(Sync::k_nothrow) {
        place* after = here.next.load(std::memory_order_acquire);
        if (after == nullptr) {
            place* last = &here;
            if (tail_.compare_exchange_strong(last, nullptr, std::memory_order_release,
                                              std::memory_order_relaxed))
                return;
            spin_wait<Sync> wait;  // somebody has swapped in and is about to link
            while ((after = here.next.load(std::memory_order_acquire)) == nullptr) wait.once();
        }
        after->waits.store(0, std::memory_order_release);
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<place*> tail_;
    // Not beside the tail: who queues must not disturb who is inside.
    alignas(k_no_false_sharing) typename Sync::template var<std::uint64_t> value_;
};

}  // namespace cyclone::counter
