// How a thread waits for another one without the kernel: pause for a while, then give the core
// away.
//
// Pausing alone is right while the other thread runs. Where threads outnumber cores it may be off
// the core, and to spin through a whole time slice would only keep it there. That is for real
// threads: under a policy that schedules its threads itself, only the policy is told.
#pragma once

#include <concepts>
#include <thread>

#include "base/sync.hpp"

namespace cyclone {

/// One wait: call once() each time the condition was found false. No state is shared.
template <sync::policy Sync = sync::native>
class spin_wait {
 public:
    static constexpr unsigned k_patience = 256;  ///< some microseconds: longer than a handover

    /// `patience` pauses before every further call yields; 0 yields from the start.
    explicit constexpr spin_wait(unsigned patience = k_patience) noexcept : left_(patience) {}

    void once() noexcept(Sync::k_nothrow) {
        if constexpr (std::derived_from<Sync, sync::native>) {
            if (left_ == 0) {
                std::this_thread::yield();
                return;
            }
            --left_;
        }
        Sync::pause();
    }

 private:
    unsigned left_;
};

}  // namespace cyclone
