// A number under a ticket lock: take a ticket, wait until it is served.
//
// Source      Reed and Kanodia 1979 (sequencers and event counts, of which it is the simplest use);
//             the name from Mellor-Crummey and Scott 1991, section 2.2
// Cost        one read-modify-write; contended, all who wait read the line at each handover
// Progress    blocking, first come first served: who is off the core holds up all behind it
// Invariants  I1 serving_ <= tickets_; the thread whose ticket is serving_ is inside, nobody else
//             I2 value_ is touched inside only
// Orders      the release of serving_ and its acquire carry value_; a ticket carries nothing
#pragma once

#include "base/cache_line.hpp"
#include "base/spin.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "counter/counter.hpp"

namespace cyclone::counter {

template <class Work = no_work, int Mutant = 0, class Sync = sync::native>
class ticket_lock {
 public:
    using handle = plain_handle<ticket_lock>;
    static constexpr traits k_traits{.first_come = true};

    std::uint64_t next() noexcept(Sync::k_nothrow) {
        const std::uint64_t ticket = tickets_.fetch_add(1, std::memory_order_relaxed);
        spin_wait<Sync> wait;
        while (!serves(serving_.load(std::memory_order_acquire), ticket)) wait.once();
        const std::uint64_t mine = value_.get();
        if constexpr (Mutant == 1) {
            serving_.store(ticket + 1, std::memory_order_release);
            widen_window();
            value_.set(mine + 1);
            return mine;
        }
        if constexpr (Mutant == 2) {  // adds, since two inside would set it back and end all turns
            widen_window();
            value_.set(mine + 1);
            serving_.fetch_add(1, std::memory_order_release);
            return mine;
        }
        value_.set(mine + 1);
        serving_.store(ticket + 1, std::memory_order_release);
        return mine;
    }

 private:
    static constexpr bool serves(std::uint64_t serving, std::uint64_t ticket) noexcept {
        return Mutant == 2 ? serving + 1 >= ticket : serving == ticket;
    }

    // Tickets apart from the rest: who arrives must not disturb who is inside.
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tickets_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> serving_;
    typename Sync::template var<std::uint64_t> value_;
};

}  // namespace cyclone::counter
