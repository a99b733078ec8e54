// The roof: the fastest that a timer could be. START links the node at the front of a doubly linked
// list, STOP takes it out, and time fires what was started last: what no scheme that can cancel
// does with less. Order costs extra, and this keeps none. It is a control and not a variant: it
// passes no conformance suite.
#pragma once

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class roof {
 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    static constexpr traits k_traits{.fire_order = order::unordered, .next = next_kind::none};

    explicit roof(tick now) : now_(now) {}
    ~roof() {
        while (!pending_.empty()) stop(static_cast<node&>(*pending_.next));
    }

    void start(node& timer, tick deadline) noexcept {
        timer.set_deadline(deadline);
        list_insert_before(*pending_.next, timer);
        last_ = &timer;
        ++size_;
    }
    bool stop(node& timer) noexcept {
        if (!timer.pending()) return false;
        list_unlink(timer);
        timer.set_idle();
        --size_;
        return true;
    }
    void restart(node& timer, tick deadline) noexcept {
        stop(timer);
        start(timer, deadline);
    }
    /// Fires the timer started last, as the floor does, and from the front whatever is due.
    std::size_t advance(tick to) {
        now_ = to;
        std::size_t fired = 0;
        if (last_ != nullptr && last_->pending()) fired += fire(*last_);
        while (!pending_.empty()) {
            auto& front = static_cast<node&>(*pending_.next);
            if (front.deadline() > to) break;
            fired += fire(front);
        }
        return fired;
    }
    [[nodiscard]] tick next_deadline() const noexcept { return k_never; }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return k_tick_max; }
    [[nodiscard]] std::string check() const { return {}; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

 private:
    std::size_t fire(node& timer) {
        list_unlink(timer);
        --size_;
        timer.fire();
        return 1;
    }

    [[no_unique_address]] Work work_;
    intrusive_list pending_;
    node* last_ = nullptr;
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
