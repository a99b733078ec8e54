// Soft timers: no clock interrupt a timer. The loop passes a trigger state each time round and asks
// there, with one comparison, whether anything is due. A wrapper: advance() costs that comparison
// while nothing is, and is the inner variant's otherwise.
//
// Source      Aron and Druschel 2000 (soft timers; trigger states, and a periodic backup tick)
// Cost        advance() with nothing due: one comparison and one store. START adds a comparison,
//             and the first START after time has moved brings the inner variant up to date
// Accuracy    the inner variant's as seen by a caller who advances tick by tick. A loop that is
//             woken by its events and by a periodic backup tick, and by nothing for the timers'
//             sake, adds less than the longer of its longest iteration and the backup period
// Invariants  I1 nothing pending is due before next_, and now_ < next_ outside advance()
//             I2 next_ == k_never exactly if nothing is pending
//             I3 inner_.now() <= now_
// Limits      STOP does not raise next_ unless nothing is left: one call forwarded in vain is
//             cheaper than a search on every STOP
// Not equivalent to the original, which lives in a kernel and checks at system calls, traps and
// interrupts: here the loop's own iterations are the trigger states.
#pragma once

#include <algorithm>

#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Inner, class Work = no_work, int Mutant = 0>
class soft_timers {
    static_assert(Inner::k_traits.next != next_kind::none, "the inner variant must tell when");

 public:
    using node = typename Inner::node;

    static constexpr traits k_traits{.fire_order = Inner::k_traits.fire_order,
                                     .next = next_kind::lower_bound,
                                     .start = Inner::k_traits.start,
                                     .stop = Inner::k_traits.stop,
                                     .per_tick = Inner::k_traits.per_tick,
                                     .load = Inner::k_traits.load,
                                     .horizon = Inner::k_traits.horizon};

    explicit soft_timers(tick now) : inner_(now), now_(now) {}

    void start(node& timer, tick deadline) {
        catch_up();
        inner_.start(timer, deadline);
        next_ = std::min(next_, timer.deadline());
    }

    bool stop(node& timer) {
        if (!inner_.stop(timer)) return false;
        if (inner_.size() == 0 && Mutant != 3) next_ = k_never;
        return true;
    }

    void restart(node& timer, tick deadline) {
        [[maybe_unused]] const bool was_pending = timer.pending();
        catch_up();
        inner_.restart(timer, deadline);
        if (Mutant == 1 && was_pending) return;  // an earlier deadline goes unseen
        next_ = std::min(next_, timer.deadline());
    }

    /// The trigger state. What is not due costs one comparison.
    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        if (Mutant == 4 ? to <= next_ : to < next_) return 0;
        const std::size_t fired = inner_.advance(to);
        if constexpr (Mutant != 2) next_ = inner_.next_deadline();
        return fired;
    }

    [[nodiscard]] tick next_deadline() const noexcept { return next_; }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return inner_.size(); }
    [[nodiscard]] static constexpr tick lateness_max(tick delta) noexcept {
        return Inner::lateness_max(delta);
    }
    [[nodiscard]] const auto& work() const noexcept { return inner_.work(); }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return inner_.fixed_bytes() + sizeof(*this) - sizeof(Inner);
    }

    [[nodiscard]] std::string check() const {
        // The inner variant's own lower bound may be lower than next_: it counts cascades too.
        if (next_ <= now_) return "I1: next_ has passed";
        if (Inner::k_traits.next == next_kind::exact && inner_.next_deadline() < next_)
            return "I1: a timer before next_";
        if ((next_ == k_never) != (inner_.size() == 0)) return "I2: next_ without a timer";
        if (inner_.now() > now_) return "I3: the inner clock is ahead";
        return inner_.check();
    }

 private:
    /// The inner variant must know the time at which a timer is started: S2 and its accuracy hang
    /// on it. Nothing is due before next_ (I1), so nothing fires here. In a callback both agree.
    void catch_up() {
        if (Mutant != 5 && inner_.now() != now_) inner_.advance(now_);
    }

    Inner inner_;
    tick now_;
    tick next_ = k_never;
};

}  // namespace cyclone::timer
