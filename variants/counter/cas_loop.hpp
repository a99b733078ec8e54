// Load, compare-and-swap, and again if another thread came between.
//
// Source      Herlihy 1991 (compare-and-swap as the universal primitive)
// Cost        one read-modify-write when alone; contended, one for every loser too
// Progress    lock-free: a failed attempt means that another succeeded
// Orders      relaxed, as in fetch_add.hpp
#pragma once

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "counter/counter.hpp"

namespace cyclone::counter {

template <class Work = no_work, int Mutant = 0, class Sync = sync::native>
class cas_loop {
 public:
    using handle = plain_handle<cas_loop>;
    static constexpr traits k_traits{.progresses = progress::lock_free, .first_come = false};

    std::uint64_t next() noexcept(Sync::k_nothrow) {
        std::uint64_t seen = value_.load(std::memory_order_relaxed);
        if constexpr (Mutant == 1) {
            const std::uint64_t mine = seen;
            widen_window();
            value_.compare_exchange_strong(seen, mine + 1, std::memory_order_relaxed,
                                           std::memory_order_relaxed);
            return mine;
        }
        // Weak: a spurious failure costs one more turn of a loop that is there anyway.
        while (!value_.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed,
                                             std::memory_order_relaxed)) {
        }
        return Mutant == 2 ? seen + 1 : seen;
    }

 private:
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> value_;
};

}  // namespace cyclone::counter
