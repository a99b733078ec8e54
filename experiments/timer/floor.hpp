// The floor: a timer that keeps nothing in order. It does what the harness cannot do without (the
// calls, the callbacks, the touching of nodes) and nothing else, so its cost is what every other
// row of a table contains besides its own. It is not a variant and passes no conformance suite.
#pragma once

#include <vector>

#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class floor {
 public:
    struct node : entry {
        using entry::entry;
    };

    static constexpr traits k_traits{.fire_order = order::unordered, .next = next_kind::none};

    explicit floor(tick now) : now_(now) {}

    void start(node& timer, tick deadline) noexcept {
        timer.set_deadline(deadline);
        last_ = &timer;
        ++size_;
    }
    bool stop(node& timer) noexcept {
        if (!timer.pending()) return false;
        timer.set_idle();
        --size_;
        return true;
    }
    void restart(node& timer, tick deadline) noexcept {
        timer.set_deadline(deadline);
        last_ = &timer;
    }
    /// Fires the timer started last: one expiry a tick, as the hold workload has on average.
    std::size_t advance(tick to) {
        now_ = to;
        if (last_ == nullptr || !last_->pending()) return 0;
        --size_;
        last_->fire();
        return 1;
    }
    [[nodiscard]] tick next_deadline() const noexcept { return k_never; }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return k_tick_max; }
    [[nodiscard]] std::string check() const { return {}; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

 private:
    [[no_unique_address]] Work work_;
    node* last_ = nullptr;
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
