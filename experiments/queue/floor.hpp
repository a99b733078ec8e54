// The floor: a queue that passes nothing on. Each access keeps to itself, so threads share no line;
// it keeps no promise of the contract. Its cost is that of the loops, the calls and an answer.
#pragma once

#include <concepts>

#include "base/work.hpp"
#include "experiments/queue/parcel.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, class T = std::uint64_t>
class floor {
 public:
    using value_type = T;
    template <class Other>
    using with = floor<Work, Mutant, Other>;
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = 0;

    explicit floor(std::size_t, std::uint64_t = 0) noexcept {}

    class access {
     public:
        using value_type = T;

        explicit access(floor&) noexcept {}

        bool try_push(T&& item) noexcept {
            // Or the producer's loop would be nothing.
            if constexpr (std::same_as<T, std::uint64_t>) {
                asm volatile("" : : "r"(item));
            } else {
                asm volatile("" : : "r"(&item) : "memory");
            }
            return true;
        }
        popped<T> try_pop() noexcept {
            std::uint64_t number = 0;
            asm volatile("" : "+r"(number));
            return popped<T>(parcel_of<T>(number));
        }
    };

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }
};

}  // namespace cyclone::queue
