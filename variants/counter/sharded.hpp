// Ranges of numbers: a handle takes 64 at once and hands them out by itself. What is given up for
// the speed is the order between threads, and numbers are lost with a handle (S4, S6).
//
// Source      Boyd-Wickizer et al. 2010 (sloppy counters: a core takes from a shared count in lots)
// Cost        a 64th of a read-modify-write a call
// Progress    wait-free, as fetch_add.hpp
// Invariants  I1 [next_, end_) of a handle was taken by it and by nobody else
//             I2 numbers below value_ are returned, in some handle's range, or lost with a handle
// Orders      relaxed, as in fetch_add.hpp
#pragma once

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "counter/counter.hpp"

namespace cyclone::counter {

template <class Work = no_work, int Mutant = 0, class Sync = sync::native>
class sharded {
    static constexpr std::uint64_t k_batch = 64;

 public:
    static constexpr traits k_traits{.rises = order::per_handle,
                                     .progresses = progress::wait_free,
                                     .first_come = false,
                                     .batch = k_batch};

    class handle {
     public:
        explicit handle(sharded& owner) noexcept : owner_(&owner) {}

        std::uint64_t next() noexcept(Sync::k_nothrow) {
            if (next_ == end_) {
                next_ = owner_->take();
                end_ = next_ + k_batch + (Mutant == 1 ? 1 : 0);
            }
            const std::uint64_t mine = next_++;
            if constexpr (Mutant == 3) next_ = end_;
            return mine;
        }

     private:
        sharded* owner_;
        std::uint64_t next_ = 0;
        std::uint64_t end_ = 0;
    };

 private:
    std::uint64_t take() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 2) {
            const std::uint64_t seen = value_.load(std::memory_order_relaxed);
            widen_window();
            value_.store(seen + k_batch, std::memory_order_relaxed);
            return seen;
        }
        return value_.fetch_add(k_batch, std::memory_order_relaxed);
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> value_;
};

}  // namespace cyclone::counter
