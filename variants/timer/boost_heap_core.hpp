// What the Boost.Heap peers share: a heap with handles, the deadline by value in its element.
//
// `Kind` names the heap: a struct with a template heap<Item, Later> that has Boost's mutable
// interface (push() that gives a handle; erase, increase and decrease of what a handle names).
// RESTART moves the element where it stands, in the direction that it knows.
//
// Invariants  I1 each element's deadline is its node's, and the node's handle names the element
//             I2 no element comes before the top
// Mutant 1: RESTART changes the deadline and leaves the element where it stands. Mutant 2: RESTART
// leaves the element's deadline as it was. Mutant 3: STOP removes the top, whoever it is.
#pragma once

#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Kind, class Work, int Mutant>
class boost_heap_core {
 public:
    struct node;

 private:
    struct item {
        tick deadline;
        node* timer;
    };
    /// Boost's heaps keep the greatest at the top.
    struct later {
        bool operator()(const item& a, const item& b) const noexcept {
            return a.deadline > b.deadline;
        }
    };
    using heap = typename Kind::template heap<item, later>;

 public:
    struct node : entry {
        using entry::entry;
        typename heap::handle_type handle{};
    };

    static constexpr traits k_traits{
        .fire_order = order::by_deadline, .start = growth::log_n, .stop = growth::log_n};

    explicit boost_heap_core(tick now) : now_(now) {}
    boost_heap_core(const boost_heap_core&) = delete;
    boost_heap_core& operator=(const boost_heap_core&) = delete;
    ~boost_heap_core() {
        for (const item& it : items_) it.timer->set_idle();
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        const tick at = effective_deadline(deadline, now_);
        timer.handle = items_.push({at, &timer});  // may throw: the node must still be idle then
        timer.set_deadline(at);
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        if constexpr (Mutant == 3) {
            items_.pop();
        } else {
            items_.erase(timer.handle);
        }
        timer.set_idle();
        return true;
    }

    void restart(node& timer, tick deadline) {
        if (!timer.pending()) return start(timer, deadline);
        const tick before = timer.deadline();
        const tick at = effective_deadline(deadline, now_);
        timer.set_deadline(at);
        if constexpr (Mutant == 2) return;
        if constexpr (Mutant == 1) {
            (*timer.handle).deadline = at;
        } else if (at < before) {
            items_.increase(timer.handle, {at, &timer});
        } else if (at > before) {
            items_.decrease(timer.handle, {at, &timer});
        }
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (!items_.empty() && items_.top().deadline <= to) {
            node& timer = *items_.top().timer;
            items_.pop();
            ++fired;
            timer.fire();
        }
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        return items_.empty() ? k_never : items_.top().deadline;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] no_work work() const noexcept { return {}; }

    /// An estimate: what Boost allocates an element of this kind, see Kind::k_element_bytes.
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return sizeof(*this) + items_.size() * Kind::k_element_bytes;
    }

    [[nodiscard]] std::string check() const {
        for (const item& it : items_) {
            if (it.deadline != it.timer->deadline()) return "I1: deadline of an element";
            if ((*it.timer->handle).timer != it.timer) return "I1: handle of a node";
            if (it.deadline < items_.top().deadline) return "I2: an element before the top";
        }
        return {};
    }

 private:
    heap items_;
    tick now_;
};

}  // namespace cyclone::timer
