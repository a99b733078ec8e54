// The floor: a waker that never sleeps, so that whoever waits looks again and again. It is a legal
// one but for W4; its cost is that of the loop and the calls, and of a handover between two cores.
#pragma once

#include "base/spin.hpp"
#include "wake/wake.hpp"

namespace cyclone::wake {

template <class Work = no_work, int Mutant = 0>
class floor {
 public:
    static constexpr traits k_traits{};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() noexcept { return {}; }
    [[nodiscard]] key prepare() noexcept {
        asm volatile("" : : : "memory");  // or a loop of calls would be nothing
        return {};
    }
    void cancel(key) noexcept { asm volatile("" : : : "memory"); }
    void sleep(key) noexcept { spin_wait<>(0).once(); }  // the other one may need the core
    void notify_one() noexcept { asm volatile("" : : : "memory"); }
    void notify_all() noexcept { asm volatile("" : : : "memory"); }
    [[nodiscard]] std::uint64_t asks() const noexcept { return 0; }
};

}  // namespace cyclone::wake
