// How many accesses a queue has, for variants whose accesses need no place of their own: one more
// than the contract allows is refused (S11) and not found out about later. An inner piece.
//
// It counts beside the algorithm and is no step of it: so it is native under every policy, and
// relaxed, since it orders nothing.
#pragma once

#include <stdexcept>

#include "base/sync.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

class access_count {
 public:
    /// A member of an access: counted while it is there.
    class one {
     public:
        /// std::length_error: there are k_accesses_max already.
        explicit one(access_count& of) : all_(of) {
            if (all_.number_.fetch_add(1, std::memory_order_relaxed) < k_accesses_max) return;
            all_.number_.fetch_sub(1, std::memory_order_relaxed);
            throw std::length_error("a queue has k_accesses_max accesses already: end one first");
        }
        ~one() { all_.number_.fetch_sub(1, std::memory_order_relaxed); }
        one(const one&) = delete;
        one& operator=(const one&) = delete;

     private:
        access_count& all_;
    };

 private:
    sync::native::atomic<unsigned> number_{0};
};

}  // namespace cyclone::queue
