// The floor: a number of each handle's own, shared with nobody. It keeps no promise of the contract
// but S3; its cost is that of the loop, the call and an addition.
#pragma once

#include "base/work.hpp"
#include "counter/counter.hpp"

namespace cyclone::counter {

template <class Work = no_work, int Mutant = 0>
class floor {
 public:
    static constexpr traits k_traits{
        .rises = order::per_handle, .progresses = progress::wait_free, .first_come = false};

    class handle {
     public:
        explicit handle(floor&) noexcept {}
        std::uint64_t next() noexcept {
            asm volatile("" : "+r"(value_));  // or a loop of calls would become one addition
            return value_++;
        }

     private:
        std::uint64_t value_ = 0;
    };
};

}  // namespace cyclone::counter
