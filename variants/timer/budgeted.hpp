// A quota on callbacks: advance_some(to, budget) fires at most that many and says whether more are
// due, so that a storm of timers cannot keep a loop from its sockets. A wrapper: what is due moves
// from the inner variant to a list of its own and is fired from there.
//
// Source      Mogul and Ramakrishnan 1997 (a quota a round for each source of work); the bounded,
//             resumable advance as max_execute in Snellman's ratas
// Cost        the inner variant's, and O(1) a timer that fires
// Accuracy    advance() as the inner variant, exact; advance_some() is late by the rounds it takes
// Invariants  I1 a pending node is in waiting_ while the inner variant has it, else in ready_
//             I2 ready_ is in order of deadline, all of it due, and nothing waiting is earlier
//             I3 the inner clock is not ahead; it is behind only where a spent budget stopped it
// Limits      timers due at one tick move to the list together: the quota is on callbacks, which
//             cost, and not on links, which do not
// Not equivalent to priorities: a timer that is due waits behind those due before it, never behind
// an important one.
#pragma once

#include <limits>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Inner, class Work = no_work, int Mutant = 0>
class budgeted {
    static_assert(Inner::lateness_max(k_tick_max) == 0, "the inner variant must be exact");
    static_assert(Inner::k_traits.next != next_kind::none);

 public:
    class node : public entry, public list_link {
     public:
        node() noexcept : node(nullptr, nullptr) {}
        node(callback fn, void* context) noexcept
            : entry(fn, context), inner_(&node::on_due, this) {}

     private:
        friend class budgeted;
        static void on_due(void* context, entry&) {
            auto& self = *static_cast<node*>(context);
            list_unlink(self);
            if constexpr (Mutant == 3) return list_insert_before(*self.owner_->ready_.next, self);
            self.owner_->ready_.push_back(self);
        }

        typename Inner::node inner_;
        budgeted* owner_ = nullptr;  ///< valid while pending
    };

    static constexpr traits k_traits = Inner::k_traits;

    /// What a call of advance_some() did.
    struct progress {
        std::size_t fired;  ///< callbacks run, at most the budget
        bool more;  ///< something due at now() is left: call again, at the same tick or later
    };

    explicit budgeted(tick now) : inner_(now), now_(now) {}
    budgeted(const budgeted&) = delete;
    budgeted& operator=(const budgeted&) = delete;
    ~budgeted() {
        while (!ready_.empty()) stop(static_cast<node&>(*ready_.next));
        while (!waiting_.empty()) stop(static_cast<node&>(*waiting_.next));
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_, k_traits.horizon));
        timer.owner_ = this;
        inner_.start(timer.inner_, timer.deadline());
        waiting_.push_back(timer);
        ++size_;
    }

    /// Exact also for a timer that is due and was left by a budget: it never fires.
    bool stop(node& timer) {
        if (!timer.pending()) return false;
        const bool waits = inner_.stop(timer.inner_);
        if (Mutant != 1 || waits) list_unlink(timer);
        timer.set_idle();
        --size_;
        return true;
    }

    void restart(node& timer, tick deadline) {
        if (Mutant == 2 && timer.pending() && !timer.inner_.pending()) return;  // due: too late
        stop(timer);
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        return advance_some(to, std::numeric_limits<std::size_t>::max()).fired;
    }

    /// Sets now() to `to`, then fires what is due, earliest first, until `budget` callbacks have
    /// run. What is left stays pending and is exact to stop() and restart(); the next call, of this
    /// or of advance(), begins with it. A budget of 0 only moves the clock. O(budget) and what the
    /// inner variant does for the ticks passed.
    progress advance_some(tick to, std::size_t budget) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (collect(to, budget - fired)) {
            auto& timer = static_cast<node&>(*ready_.next);
            if (fired == budget + (Mutant == 5 ? 1 : 0)) {
                if constexpr (Mutant == 4) stop(timer);
                return {fired, true};
            }
            list_unlink(timer);
            --size_;
            ++fired;
            timer.fire();
        }
        return {fired, false};
    }

    /// As S8; now() itself while something that is due is left over.
    [[nodiscard]] tick next_deadline() const {
        if (!ready_.empty()) return now_;
        const tick next = inner_.next_deadline();
        return next < now_ ? now_ : next;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const auto& work() const noexcept { return inner_.work(); }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return inner_.fixed_bytes() + sizeof(*this) - sizeof(Inner);
    }

    [[nodiscard]] std::string check() const {
        const auto waiting = waiting_.audit();
        const auto ready = ready_.audit();
        if (waiting != static_cast<std::ptrdiff_t>(inner_.size())) return "I1: sizes";
        if (ready < 0 || size_ != static_cast<std::size_t>(waiting + ready)) return "I1: size()";
        tick last = 0;
        for (list_link* l = ready_.next; l != &ready_; l = l->next) {
            const auto& timer = static_cast<node&>(*l);
            if (timer.deadline() > now_ || timer.inner_.pending()) return "I2: not ready";
            if (timer.deadline() < last && k_ordered) return "I2: order";
            last = timer.deadline();
        }
        for (list_link* l = waiting_.next; l != &waiting_; l = l->next) {
            const auto& timer = static_cast<node&>(*l);
            if (timer.inner_.deadline() != timer.deadline()) return "I1: deadline";
            if (timer.deadline() < last && k_ordered) return "I2: an earlier timer waits";
        }
        if (inner_.now() > now_) return "I3: the inner clock is ahead";
        return inner_.check();
    }

 private:
    static constexpr bool k_ordered = k_traits.fire_order != order::unordered;

    /// Sees to it that the first timer due by `to` is in ready_; false if there is none. Never
    /// takes more of a long step than the budget needs, so that the rest of it can wait as well.
    bool collect(tick to, std::size_t budget) {
        if (!ready_.empty()) return true;
        if (budget >= inner_.size()) {
            inner_.advance(to);
            return !ready_.empty();
        }
        for (tick next = inner_.next_deadline(); next <= to; next = inner_.next_deadline()) {
            inner_.advance(next);
            if (!ready_.empty()) return true;
        }
        inner_.advance(to);
        return false;
    }

    Inner inner_;
    intrusive_list waiting_;
    intrusive_list ready_;
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
