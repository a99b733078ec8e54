// One atomic fetch-and-add: what the hardware offers, and the roof of everything else here.
//
// Source      Gottlieb et al. 1983 (fetch-and-add as a primitive of the NYU Ultracomputer)
// Cost        one read-modify-write; contended, one transfer of the cache line a call
// Progress    wait-free where the processor has the instruction (x86 lock xadd, ARMv8.1 ldadd)
// Orders      relaxed: the numbers themselves are ordered by the modification order of one
//             variable, and nothing is published with them
#pragma once

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "counter/counter.hpp"

namespace cyclone::counter {

template <class Work = no_work, int Mutant = 0, class Sync = sync::native>
class fetch_add {
 public:
    using handle = plain_handle<fetch_add>;
    static constexpr traits k_traits{.progresses = progress::wait_free, .first_come = false};

    std::uint64_t next() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 1) {
            const std::uint64_t seen = value_.load(std::memory_order_relaxed);
            widen_window();
            value_.store(seen + 1, std::memory_order_relaxed);
            return seen;
        }
        return value_.fetch_add(Mutant == 2 ? 2 : 1, std::memory_order_relaxed);
    }

 private:
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> value_;
};

}  // namespace cyclone::counter
