// Slack: a timer may fire up to an eighth of its distance late, and of the ticks allowed the
// roundest is chosen, so that timers started apart come to share a tick and the loop wakes less
// often. A wrapper: the inner variant does the rest.
//
// Source      van de Ven 2008 (timer slack); the choice of the tick by clearing the low bits of the
//             latest one allowed is that of Linux's wheel timers from 2010 to 2016
// Cost        the inner variant's, and O(1) for the rounding
// Accuracy    never early; late by at most distance / 8, rounded down, and what the inner adds
// Invariants  I1 inner.deadline() lies in [deadline(), deadline() + slack(distance)]
//             I2 pending_ holds the pending nodes: as many as the inner variant's
// Not equivalent to coalescing with the fewest wake-ups: each timer is rounded by itself, without a
// look at the others.
#pragma once

#include <bit>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Inner, class Work = no_work, int Mutant = 0>
class coalescing {
 public:
    class node : public entry, public list_link {
     public:
        node() noexcept : node(nullptr, nullptr) {}
        node(callback fn, void* context) noexcept
            : entry(fn, context), inner_(&node::on_fire, this) {}

     private:
        friend class coalescing;
        static void on_fire(void* context, entry&) {
            auto& self = *static_cast<node*>(context);
            list_unlink(self);
            self.fire();
        }

        typename Inner::node inner_;
    };

    /// Rounding mixes deadlines, so order is given up; everything else is the inner variant's.
    static constexpr traits k_traits{.fire_order = order::unordered,
                                     .next = Inner::k_traits.next,
                                     .start = Inner::k_traits.start,
                                     .stop = Inner::k_traits.stop,
                                     .per_tick = Inner::k_traits.per_tick,
                                     .load = Inner::k_traits.load,
                                     .horizon = Inner::k_traits.horizon};

    explicit coalescing(tick now) : inner_(now) {}
    coalescing(const coalescing&) = delete;
    coalescing& operator=(const coalescing&) = delete;
    ~coalescing() {
        while (!pending_.empty()) stop(static_cast<node&>(*pending_.next));
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now(), k_traits.horizon));
        inner_.start(timer.inner_, rounded(timer.deadline()));
        pending_.push_back(timer);
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        if constexpr (Mutant != 3) inner_.stop(timer.inner_);
        list_unlink(timer);
        timer.set_idle();
        return true;
    }

    void restart(node& timer, tick deadline) {
        if (!timer.pending()) return start(timer, deadline);
        timer.set_deadline(effective_deadline(deadline, now(), k_traits.horizon));
        inner_.restart(timer.inner_, rounded(timer.deadline()));
    }

    std::size_t advance(tick to) { return inner_.advance(to); }
    [[nodiscard]] tick next_deadline() const { return inner_.next_deadline(); }
    [[nodiscard]] tick now() const noexcept { return inner_.now(); }
    [[nodiscard]] std::size_t size() const noexcept { return inner_.size(); }
    [[nodiscard]] const auto& work() const noexcept { return inner_.work(); }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return inner_.fixed_bytes(); }
    [[nodiscard]] std::string check() const {
        for (list_link* l = pending_.next; l != &pending_; l = l->next) {
            const auto& timer = static_cast<node&>(*l);
            const tick late = timer.inner_.deadline() - timer.deadline();
            if (late > slack(timer.deadline())) return "I1: outside the slack";
        }
        if (pending_.audit() != static_cast<std::ptrdiff_t>(inner_.size())) return "I2: sizes";
        return inner_.check();
    }

    [[nodiscard]] static constexpr tick slack(tick distance) noexcept { return distance / 8; }
    [[nodiscard]] static constexpr tick lateness_max(tick delta) noexcept {
        return slack(delta) + Inner::lateness_max(delta + slack(delta));
    }

 private:
    /// The tick in [deadline, deadline + slack] with the most trailing zeros: the latest, without
    /// the bits below the highest in which it differs from the earliest.
    [[nodiscard]] tick rounded(tick deadline) const noexcept {
        const tick allowed = deadline + slack(deadline - now());
        const tick latest = allowed < k_tick_max ? allowed : k_tick_max;
        const tick below = std::bit_floor((deadline - 1) ^ latest) - 1;
        if constexpr (Mutant == 1) return deadline & ~below;      // rounds down: early
        if constexpr (Mutant == 2) return latest + (latest & 1);  // rounds up beyond the slack
        CYCLONE_CHECK_THAT((latest & ~below) >= deadline);
        return latest & ~below;
    }

    Inner inner_;
    intrusive_list pending_;
};

}  // namespace cyclone::timer
