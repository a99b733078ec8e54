// A number under the library's mutex: obviously correct, so everything else is held to it.
//
// Source      Dijkstra 1965 (mutual exclusion as a problem); the lock is the C library's
// Cost        uncontended two atomic operations; contended a system call to sleep and one to wake
// Progress    blocking; who waits is served in no order
// Invariants  I1 value_ is touched only under mutex_
#pragma once

#include <mutex>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "counter/counter.hpp"

namespace cyclone::counter {

template <class Work = no_work, int Mutant = 0, class Sync = sync::native>
class mutex_oracle {
 public:
    using handle = plain_handle<mutex_oracle>;
    static constexpr traits k_traits{};

    std::uint64_t next() {
        if constexpr (Mutant == 1) {
            const std::uint64_t seen = read();
            widen_window();
            const std::lock_guard lock(mutex_);
            value_.set(seen + 1);
            return seen;
        }
        const std::lock_guard lock(mutex_);
        const std::uint64_t mine = value_.get();
        value_.set(mine + 1);
        return mine;
    }

 private:
    std::uint64_t read() {
        const std::lock_guard lock(mutex_);
        return value_.get();
    }

    alignas(k_no_false_sharing) typename Sync::mutex mutex_;
    typename Sync::template var<std::uint64_t> value_{Mutant == 2 ? 1U : 0U};
};

}  // namespace cyclone::counter
