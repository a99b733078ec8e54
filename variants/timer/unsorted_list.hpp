// One unsorted list: START and STOP cost next to nothing, every tick looks at every timer.
//
// Source      Varghese and Lauck 1987, section 3.1 (scheme 1)
// Cost        START O(1); STOP O(1); PER_TICK O(n) nodes; next O(n) nodes
// Accuracy    exact; timers that one advance() fires leave in the order of their starts, whatever
//             their deadlines (tick by tick that is the order of deadlines too)
// Invariants  I1 every pending node is in pending_, or in the list of the advance() now running
//             I2 size_ counts them
// Not equivalent to the paper's scheme in one respect: it compares absolute deadlines where the
// paper decrements every timer, so a tick reads each node and writes none.
#pragma once

#include <algorithm>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class unsorted_list {
 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    static constexpr traits k_traits{.fire_order = order::unordered, .per_tick = growth::n};

    explicit unsorted_list(tick now) : now_(now) {}
    ~unsorted_list() {
        while (!pending_.empty()) stop(static_cast<node&>(*pending_.next));
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        pending_.push_back(timer);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        if (Mutant == 2 && timer.deadline() <= now_) return false;  // it is in the batch
        list_unlink(timer);
        timer.set_idle();
        if constexpr (Mutant != 1) --size_;
        return true;
    }

    void restart(node& timer, tick deadline) {
        stop(timer);
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        intrusive_list due;
        collect(due);
        std::size_t fired = 0;
        while (!due.empty()) {
            auto& timer = static_cast<node&>(*due.next);
            list_unlink(timer);
            --size_;
            ++fired;
            timer.fire();
        }
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        tick earliest = k_never;
        for (list_link* l = pending_.next; l != &pending_; l = l->next) {
            work_.node();
            earliest = std::min(earliest, static_cast<node*>(l)->deadline());
        }
        return earliest;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    [[nodiscard]] std::string check() const {
        const std::ptrdiff_t length = pending_.audit();
        if (length < 0) return "I1: broken link";
        if (static_cast<std::size_t>(length) > size_) return "I2: more nodes than size()";
        return {};
    }

 private:
    /// Moves what is due to `due`. Callbacks run afterwards, so that they may stop a batch-mate.
    void collect(intrusive_list& due) noexcept {
        for (list_link* l = pending_.next; l != &pending_;) {
            work_.node();
            auto& timer = static_cast<node&>(*l);
            l = l->next;
            if (Mutant == 3 ? timer.deadline() >= now_ : timer.deadline() > now_) continue;
            list_unlink(timer);
            due.push_back(timer);
        }
    }

    [[no_unique_address]] mutable Work work_;
    intrusive_list pending_;
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
