// Slack with the fewest wake-ups: a timer may fire anywhere in [deadline, deadline + slack], the
// loop sleeps until the first tick that some timer cannot do without, and there it fires everything
// whose deadline has come. No choice of wake-ups that serves the same timers has fewer.
//
// Source      van de Ven 2008 (a timer as a range); that the earliest right end is always a best
//             next point is the textbook argument for piercing intervals with the fewest points
// Cost        twice the inner variant's: one of it orders the latest ticks, another the deadlines
// Accuracy    never early; late by at most distance * PerMille / 1000, rounded down
// Invariants  I1 latest_ and due_ hold the nodes of pending_, and no others, outside advance()
//             I2 in due_ a timer has its deadline, in latest_ a tick within its slack
//             I3 the batch is empty outside advance()
//             I4 latest_ stands at now(), due_ no further
// Limits      the fewest for the timers known when the loop falls asleep; nobody knows the later
//             ones. An inner variant that is exact, so that a wake-up is where it is promised
// Not equivalent to the timer slack of Linux, which also fires early comers when another interrupt
// happens to come by: there the wake-ups of others are free, here no timer fires before the wake-up
// that next_deadline() promises (S8).
#pragma once

#include <algorithm>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Inner, class Work = no_work, int Mutant = 0, unsigned PerMille = 125>
class stabbing {
    static_assert(Inner::lateness_max(k_tick_max) == 0, "the inner variant must be exact");
    static_assert(Inner::k_traits.next != next_kind::none && PerMille <= 1000);

    /// What both inner variants did together.
    struct work_of_both {
        static constexpr bool k_counts = counts_work<Inner>;
        const Inner* one;
        const Inner* other;
        [[nodiscard]] work_totals totals() const noexcept {
            return one->work().totals() + other->work().totals();
        }
    };

 public:
    class node : public entry, public list_link {
     public:
        node() noexcept : node(nullptr, nullptr) {}
        node(callback fn, void* context) noexcept
            : entry(fn, context), latest_(&node::on_latest, this), due_(&node::on_due, this) {}

     private:
        friend class stabbing;
        /// Somebody can wait no longer: this tick is a wake-up.
        static void on_latest(void* context, entry&) {
            static_cast<node*>(context)->owner_->attained_ = true;
        }
        static void on_due(void* context, entry&) {
            auto& self = *static_cast<node*>(context);
            list_unlink(self);
            self.owner_->batch_.push_back(self);
        }

        typename Inner::node latest_;
        typename Inner::node due_;
        stabbing* owner_ = nullptr;  ///< valid while pending
    };

    /// A wake-up fires in the order of the deadlines, and the next one what was not due before.
    static constexpr traits k_traits{.fire_order = Inner::k_traits.fire_order == order::unordered
                                                       ? order::unordered
                                                       : order::by_deadline,
                                     .next = Inner::k_traits.next,
                                     .start = Inner::k_traits.start,
                                     .stop = Inner::k_traits.stop,
                                     .per_tick = Inner::k_traits.per_tick,
                                     .load = Inner::k_traits.load,
                                     .horizon = Inner::k_traits.horizon};

    explicit stabbing(tick now) : latest_(now), due_(now), now_(now) {}
    stabbing(const stabbing&) = delete;
    stabbing& operator=(const stabbing&) = delete;
    ~stabbing() {
        while (!pending_.empty()) stop(static_cast<node&>(*pending_.next));
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_, k_traits.horizon));
        timer.owner_ = this;
        latest_.start(timer.latest_, latest(timer.deadline()));
        due_.start(timer.due_, timer.deadline());
        pending_.push_back(timer);
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        if constexpr (Mutant != 2) latest_.stop(timer.latest_);
        const bool waits = due_.stop(timer.due_);
        if (Mutant != 5 || waits) list_unlink(timer);
        timer.set_idle();
        return true;
    }

    void restart(node& timer, tick deadline) {
        if (!timer.pending()) return start(timer, deadline);
        timer.set_deadline(effective_deadline(deadline, now_, k_traits.horizon));
        if constexpr (Mutant != 3) latest_.restart(timer.latest_, latest(timer.deadline()));
        due_.restart(timer.due_, timer.deadline());
        list_unlink(timer);  // it may have been in the batch
        pending_.push_back(timer);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        for (tick wake = latest_.next_deadline(); wake <= to; wake = latest_.next_deadline()) {
            attained_ = false;
            latest_.advance(wake);
            if (!attained_) continue;  // an inner variant that tells a lower bound only
            due_.advance(Mutant == 1 ? to : wake - (Mutant == 4 ? 1 : 0));
            fired += fire_batch();
        }
        latest_.advance(to);  // due_ follows at the next wake-up
        return fired;
    }

    /// The next wake-up: the first tick that a pending timer cannot do without.
    [[nodiscard]] tick next_deadline() const { return latest_.next_deadline(); }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return latest_.size(); }
    [[nodiscard]] work_of_both work() const noexcept { return {&latest_, &due_}; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return latest_.fixed_bytes() + due_.fixed_bytes() + sizeof(*this) - 2 * sizeof(Inner);
    }

    [[nodiscard]] std::string check() const {
        const auto pending = pending_.audit();
        if (pending != static_cast<std::ptrdiff_t>(latest_.size()) || latest_.size() != due_.size())
            return "I1: sizes";
        for (list_link* l = pending_.next; l != &pending_; l = l->next) {
            const auto& timer = static_cast<node&>(*l);
            if (timer.due_.deadline() != timer.deadline()) return "I2: deadline";
            const tick late = timer.latest_.deadline() - timer.deadline();
            if (late > slack(timer.deadline())) return "I2: outside the slack";
        }
        if (!batch_.empty()) return "I3: a timer left in the batch";
        if (latest_.now() != now_ || due_.now() > now_) return "I4: clocks";
        const std::string wrong = latest_.check();
        return wrong.empty() ? due_.check() : wrong;
    }

    /// In two parts, so that no distance overflows; the same as distance * PerMille / 1000.
    [[nodiscard]] static constexpr tick slack(tick distance) noexcept {
        return distance / 1000 * PerMille + distance % 1000 * PerMille / 1000;
    }
    [[nodiscard]] static constexpr tick lateness_max(tick delta) noexcept { return slack(delta); }

 private:
    [[nodiscard]] tick latest(tick deadline) const noexcept {
        return std::min(deadline + slack(deadline - now_), k_traits.horizon);
    }

    std::size_t fire_batch() {
        std::size_t fired = 0;
        while (!batch_.empty()) {
            auto& timer = static_cast<node&>(*batch_.next);
            list_unlink(timer);
            latest_.stop(timer.latest_);  // false for those whose latest tick this is
            ++fired;
            timer.fire();
        }
        return fired;
    }

    Inner latest_;  ///< by the last tick allowed: where to wake
    Inner due_;     ///< by deadline: what to fire there. Behind latest_ in time between wake-ups
    intrusive_list pending_;
    intrusive_list batch_;  ///< due, and not fired yet: only during advance()
    tick now_;
    bool attained_ = false;  ///< some timer's latest tick is the one that latest_ stands at
};

}  // namespace cyclone::timer
