// A condition variable over a sync policy: a word that moves with every signal, and the kernel's
// compare-and-sleep on it. A shared inner piece; not a variant.
//
// Source      Drepper 2011 (futexes: the word is read under the mutex, so that a signal between
//             unlock and sleep is seen as a word that has moved)
// Cost        a wait: one system call asleep, and the mutex twice; a signal: one, nobody asleep or
//             not
// Orders      relaxed throughout: what the condition is about is carried by the mutex
// Invariants  I1 the word that wait() sleeps on was read while the mutex was held and the condition
//                was false; whoever makes it true does so later, under the mutex, and moves the
//                word after that
// Limits      a waiter that is off the core between its reading and its sleep while exactly 2^32
//             signals pass sleeps on
#pragma once

#include <cstdint>

#include "base/sync.hpp"

namespace cyclone::wake {

/// Mutant 1 reads the word after the mutex is given back; 2 signals one of all who wait.
template <sync::policy Sync, int Mutant = 0>
class condvar {
 public:
    /// Gives `held` back, sleeps until it is signalled or for no reason, and takes `held` again.
    void wait(typename Sync::mutex& held) {
        std::uint32_t seen = moves_.load(std::memory_order_relaxed);
        held.unlock();
        if constexpr (Mutant == 1) seen = moves_.load(std::memory_order_relaxed);
        moves_.wait(seen, std::memory_order_relaxed);
        held.lock();
    }

    /// Wakes all who wait. The mutex need not be held.
    void notify_all() noexcept(Sync::k_nothrow) {
        moves_.fetch_add(1, std::memory_order_relaxed);
        if constexpr (Mutant == 2) {
            moves_.notify_one();
        } else {
            moves_.notify_all();
        }
    }

 private:
    typename Sync::template atomic<std::uint32_t> moves_{0};
};

}  // namespace cyclone::wake
