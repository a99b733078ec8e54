#include "timer/lockstep.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>

#include "base/rng.hpp"

namespace cyclone::timer {

namespace {

struct model_timer {
    class lockstep* owner = nullptr;
    std::uint8_t id = 0;
    bool pending = false;
    tick deadline = 0;
    tick delta = 0;  ///< deadline - now() when it was started
    std::uint64_t sequence = 0;
    op script;
};

/// Variant and model, side by side. Callbacks must not throw through a variant, so the first
/// violation is remembered and everything after it ignored.
class lockstep {
 public:
    lockstep(factory make, const lockstep_options& options)
        : subject_(make(options.origin)),
          nodes_(subject_->make_nodes(options.timers)),
          declared_(subject_->declared()),
          exact_(subject_->lateness_max(k_tick_max) == 0),
          options_(options),
          random_(options.split_seed),
          timers_(options.timers) {
        for (std::size_t i = 0; i < timers_.size(); ++i) {
            timers_[i].owner = this;
            timers_[i].id = static_cast<std::uint8_t>(i);
            (*nodes_)[i].bind(&lockstep::on_fire, &timers_[i]);
        }
    }

    lockstep_result run(const program& operations) {
        for (step_ = 0; step_ < operations.size() && !broken_; ++step_) {
            apply(operations[step_]);
            compare();
        }
        if (!broken_) drain();
        if (broken_) abandon();
        return {std::move(broken_), std::move(trace_)};
    }

 private:
    using place = std::tuple<tick, std::uint64_t, std::uint8_t>;

    void fail(const char* property, std::string detail) {
        if (!broken_) broken_ = violation{property, std::move(detail), step_};
    }

    void apply(const op& operation) {
        switch (operation.kind) {
            case op_kind::start: return start(operation.timer, operation.delta);
            case op_kind::start_past: return start_past(operation.timer, operation.delta);
            case op_kind::stop: return stop(operation.timer);
            case op_kind::advance: return advance(subject_->now() + operation.delta);
            case op_kind::advance_to_next: {
                if (queue_.empty()) return;
                if (options_.sleep_by_model) {
                    return advance(std::max(subject_->now(), std::get<0>(*queue_.begin())));
                }
                if (declared_.next == next_kind::none) return;
                return advance(std::max(subject_->now(), subject_->next_deadline()));
            }
            case op_kind::script: timers_[operation.timer].script = operation; return;
        }
    }

    void start(std::uint8_t id, tick delta) { start_at(id, subject_->now() + delta); }

    void start_past(std::uint8_t id, tick delta) {
        const tick now = subject_->now();
        start_at(id, now > delta ? now - delta : 0);
    }

    void start_at(std::uint8_t id, tick deadline) {
        const tick now = subject_->now();
        const bool was_pending = timers_[id].pending;
        forget(id);
        remember(id, std::max(deadline, now + 1), now);
        if (was_pending) {
            subject_->restart((*nodes_)[id], deadline);
        } else {
            subject_->start((*nodes_)[id], deadline);
        }
        if (!(*nodes_)[id].pending()) fail("exactly_once", fmt::format("t{} idle after start", id));
        if ((*nodes_)[id].deadline() != timers_[id].deadline) {
            fail("exactly_once", fmt::format("t{} holds deadline {}, expected {}", id,
                                             (*nodes_)[id].deadline(), timers_[id].deadline));
        }
    }

    void stop(std::uint8_t id) {
        const bool expected = timers_[id].pending;
        forget(id);
        const bool stopped = subject_->stop((*nodes_)[id]);
        if (stopped != expected) {
            fail("exact_cancel",
                 fmt::format("stop(t{}) said {}, expected {}", id, stopped, expected));
        }
        if ((*nodes_)[id].pending())
            fail("exact_cancel", fmt::format("t{} pending after stop", id));
    }

    void advance(tick to) {
        while (!broken_ && options_.split_seed != 0 && to - subject_->now() > 1 &&
               random_.uniform(4) != 0) {
            const tick piece = 1 + random_.uniform(to - subject_->now() - 1);
            advance_once(subject_->now() + piece);
        }
        advance_once(to);
    }

    void advance_once(tick to) {
        const bool can_tell = declared_.next != next_kind::none;
        const tick promised = can_tell ? subject_->next_deadline() : 0;
        advancing_to_ = to;
        fired_now_ = 0;
        const std::size_t returned = subject_->advance(to);
        advancing_to_.reset();
        if (returned != fired_now_) {
            fail("exactly_once",
                 fmt::format("advance() returned {}, fired {}", returned, fired_now_));
        }
        if (subject_->now() != to) fail("clock", fmt::format("now() is {}", subject_->now()));
        if (can_tell && to < promised && fired_now_ > 0) {
            fail("next_deadline", fmt::format("fired at {}, promised not before {}", to, promised));
        }
        if (declared_.next == next_kind::exact && promised <= to && fired_now_ == 0) {
            fail("next_deadline", fmt::format("nothing fired at {}, promised {}", to, promised));
        }
        for (const model_timer& timer : timers_) {
            if (!timer.pending || latest(timer) > to) continue;
            fail("never_late",
                 fmt::format("t{} due {} still pending at {}, {} allowed", timer.id, timer.deadline,
                             to, subject_->lateness_max(timer.delta)));
        }
    }

    static void on_fire(void* context, entry& self) {
        auto& timer = *static_cast<model_timer*>(context);
        timer.owner->fire(timer, self);
    }

    void fire(model_timer& timer, entry& self) {
        if (broken_) return;
        ++fired_now_;
        if (!advancing_to_)
            return fail("exactly_once", fmt::format("t{} outside advance", timer.id));
        if (&self != &(*nodes_)[timer.id]) return fail("exactly_once", "callback got another node");
        if (!timer.pending)
            return fail("exactly_once", fmt::format("t{} fired while idle", timer.id));
        if (self.pending())
            return fail("exactly_once", fmt::format("t{} pending as it fires", timer.id));
        if (timer.deadline > *advancing_to_) {
            return fail("never_early", fmt::format("t{} due {} fired at {}", timer.id,
                                                   timer.deadline, *advancing_to_));
        }
        const auto [first, sequence, id] = *queue_.begin();
        const bool in_order =
            declared_.fire_order == order::unordered ||
            (declared_.fire_order == order::by_deadline && first == timer.deadline) ||
            id == timer.id;
        if (!in_order)
            fail("order", fmt::format("t{} due {} fired before t{} due {}", timer.id,
                                      timer.deadline, id, first));
        if (subject_->now() != *advancing_to_) fail("clock", "now() differs inside a callback");
        trace_.push_back({step_, timer.id, timer.deadline, subject_->now()});
        forget(timer.id);
        if (options_.reactions) react(timer.script);
    }

    void react(const op& script) {
        switch (script.on_fire) {
            case reaction::none: return;
            case reaction::restart_self: return start(script.timer, script.delta);
            case reaction::stop_other: return stop(script.other);
            case reaction::restart_other: return start(script.other, script.delta);
        }
    }

    /// What must hold between operations.
    void compare() {
        if (broken_) return;
        if (subject_->size() != queue_.size()) {
            fail("exactly_once",
                 fmt::format("size() is {}, expected {}", subject_->size(), queue_.size()));
        }
        if (options_.audit) {
            if (const std::string wrong = subject_->check(); !wrong.empty())
                fail("structure", wrong);
        }
        if (broken_ || declared_.next == next_kind::none) return;
        const tick next = subject_->next_deadline();
        if (queue_.empty()) {
            if (next != k_never)
                fail("next_deadline", fmt::format("{} with nothing pending", next));
            return;
        }
        tick last = k_never;
        for (const model_timer& timer : timers_) {
            if (timer.pending) last = std::min(last, latest(timer));
        }
        if (next <= subject_->now() || next > last) {
            fail("next_deadline",
                 fmt::format("{} at {}, first firing {}", next, subject_->now(), last));
        }
        if (exact_ && declared_.next == next_kind::exact && next != last) {
            fail("next_deadline", fmt::format("{} declared exact, first deadline {}", next, last));
        }
    }

    /// Sleeps from deadline to deadline until nothing is pending; callbacks start nothing more.
    void drain() {
        options_.reactions = false;
        const std::size_t wakes_max = 64 + queue_.size() * 16;
        for (std::size_t wakes = 0; subject_->size() > 0 && !broken_; ++wakes) {
            if (wakes == wakes_max)
                return fail("next_deadline", "sleeping from one to the next ends nowhere");
            const bool can_tell = declared_.next != next_kind::none;
            advance(can_tell ? subject_->next_deadline() : subject_->now() + (tick{1} << 41));
            compare();
        }
        if (!broken_ && !queue_.empty()) fail("exactly_once", "empty with timers still pending");
    }

    /// After a violation the structure may be damaged: leave it, and its nodes, where they are.
    void abandon() {
        static_cast<void>(subject_.release());
        static_cast<void>(nodes_.release());
    }

    [[nodiscard]] tick latest(const model_timer& timer) const {
        return timer.deadline + subject_->lateness_max(timer.delta);
    }

    void remember(std::uint8_t id, tick deadline, tick now) {
        model_timer& timer = timers_[id];
        timer.pending = true;
        timer.deadline = deadline;
        timer.delta = deadline - now;
        timer.sequence = ++sequence_;
        queue_.emplace(deadline, timer.sequence, id);
    }

    void forget(std::uint8_t id) {
        model_timer& timer = timers_[id];
        if (timer.pending) queue_.erase({timer.deadline, timer.sequence, id});
        timer.pending = false;
    }

    std::unique_ptr<any> subject_;
    std::unique_ptr<node_array> nodes_;
    traits declared_;
    bool exact_;
    lockstep_options options_;
    rng random_;
    std::vector<model_timer> timers_;
    std::set<place> queue_;
    std::uint64_t sequence_ = 0;
    std::size_t step_ = 0;
    std::optional<tick> advancing_to_;
    std::size_t fired_now_ = 0;
    std::optional<violation> broken_;
    std::vector<firing> trace_;
};

using fired_timer = std::tuple<std::size_t, tick, std::uint8_t>;

/// What fired during which operation, counted from `origin`; sorted if the order within an
/// advance() is the variant's own affair.
std::vector<fired_timer> fired_timers(const lockstep_result& result, tick origin, bool ordered) {
    std::vector<fired_timer> fired;
    for (const firing& f : result.trace) fired.emplace_back(f.step, f.deadline - origin, f.timer);
    if (!ordered) std::sort(fired.begin(), fired.end());
    return fired;
}

}  // namespace

lockstep_result run_lockstep(factory make, const program& operations,
                             const lockstep_options& options) {
    return lockstep(make, options).run(operations);
}

std::optional<violation> check_invariances(factory make, const program& operations,
                                           std::uint64_t seed) {
    const auto probe = make(0);
    const bool ordered = probe->declared().fire_order == order::fifo;
    const bool exact = probe->lateness_max(k_tick_max) == 0;
    const auto whole = run_lockstep(make, operations, {.reactions = false, .sleep_by_model = true});
    if (whole.broken) return whole.broken;
    const auto split = run_lockstep(
        make, operations, {.reactions = false, .sleep_by_model = true, .split_seed = seed | 1});
    if (split.broken) return split.broken;
    const auto fired = fired_timers(whole, 0, ordered);
    if (fired != fired_timers(split, 0, ordered)) {
        return violation{"split_invariance", "advance(a); advance(b) fires other timers", 0};
    }
    // Near 2^32, 2^53 and 2^62, and shortly before some low bits of time wrap.
    rng random(seed ^ operations.size() * 0x9e3779b97f4a7c15);
    const tick wrap = (tick{1} << (6 + random.uniform(55))) - 1 - random.uniform(60);
    for (const tick shift :
         {(tick{1} << 32) - 3, (tick{1} << 53) - (tick{1} << 51), tick{1} << 62, wrap}) {
        if (shift > probe->declared().horizon / 2) continue;
        const auto moved = run_lockstep(
            make, operations, {.origin = shift, .reactions = false, .sleep_by_model = true});
        if (moved.broken) return moved.broken;
        if (exact && fired != fired_timers(moved, shift, ordered)) {
            return violation{"time_shift_invariance", fmt::format("differs from tick {} on", shift),
                             0};
        }
    }
    return std::nullopt;
}

}  // namespace cyclone::timer
