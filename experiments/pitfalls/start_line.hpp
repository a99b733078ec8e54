#pragma once
// Threads that run at once: each on a processor of its own, none before the others are there.

#include <algorithm>
#include <sched.h>
#include <thread>

#include "base/sync.hpp"

namespace cyclone::pitfalls {

/// Puts the calling thread on the processor `k` places after the first; where that is not allowed
/// the thread stays where it is. Two new threads may else share one processor for milliseconds.
inline void settle(unsigned k) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(k % std::max(1U, std::thread::hardware_concurrency()), &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

class start_line {
 public:
    /// Returns when `threads` have arrived. Spins, then yields: a machine with one processor must
    /// let the other thread come.
    void arrive(unsigned threads) {
        here_.fetch_add(1, std::memory_order_acq_rel);
        for (unsigned spins = 0; here_.load(std::memory_order_acquire) < threads; ++spins) {
            if (spins < 1000) {
                sync::native::pause();
            } else {
                std::this_thread::yield();
            }
        }
    }

 private:
    sync::native::atomic<unsigned> here_{0};
};

}  // namespace cyclone::pitfalls
