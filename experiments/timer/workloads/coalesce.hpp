// Wake-ups that slack saves. In virtual time, counted, not timed.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/slacks.hpp"

namespace cyclone::timer {

/// What a loop over one set of periodic timers does in a span of virtual time.
struct slept {
    std::uint64_t wakeups = 0;    ///< turns of the loop, those that found nothing due among them
    std::uint64_t fruitless = 0;  ///< those: where next_deadline() is a lower bound only
    std::uint64_t fired = 0;
    std::uint64_t early = 0;
    std::uint64_t violations = 0;  ///< later than the variant says
};

/// How a timer is set again.
enum class rearm : std::uint8_t {
    fire,   ///< a period after it fired, as a loop that knows only its own time does
    phase,  ///< for the next multiple of its period, as a clock that must not drift does
};

/// n timers, their periods, and the phase at which each begins.
struct periodic {
    std::vector<tick> periods;
    std::vector<tick> phases;  ///< 1 to the period
    rearm how = rearm::phase;
    tick settle = 0;  ///< nothing is counted before
    tick end = 0;
};

/// The loop sleeps until next_deadline(), and nothing else ever wakes it.
template <class V>
class sleeper {
 public:
    explicit sleeper(const periodic& what) : what_(what), timers_(0), all_(what.periods.size()) {
        for (std::size_t i = 0; i < all_.size(); ++i) {
            all_[i].owner = this;
            all_[i].period = what.periods[i];
            all_[i].node.bind(&sleeper::on_fire, &all_[i]);
            set(all_[i], what.phases[i]);
        }
    }
    sleeper(const sleeper&) = delete;
    sleeper& operator=(const sleeper&) = delete;
    ~sleeper() {
        for (one& timer : all_) timers_.stop(timer.node);
    }

    slept run() {
        for (tick next = timers_.next_deadline(); next <= what_.end;
             next = timers_.next_deadline()) {
            const std::size_t fired = timers_.advance(next);
            if (next <= what_.settle) continue;
            ++seen_.wakeups;
            seen_.fruitless += fired == 0 ? 1 : 0;
        }
        return seen_;
    }

 private:
    struct one {
        sleeper* owner = nullptr;
        typename V::node node;
        tick period = 0;
        tick due = 0;
        tick set_at = 0;
    };

    void set(one& timer, tick due) {
        timer.due = due;
        timer.set_at = timers_.now();
        timers_.start(timer.node, due);
    }
    void fire(one& timer) {
        const tick now = timers_.now();
        if (now > what_.settle) ++seen_.fired;
        if (now < timer.due) ++seen_.early;
        if (now > timer.due && now - timer.due > V::lateness_max(timer.due - timer.set_at))
            ++seen_.violations;
        const tick from = what_.how == rearm::fire ? now : timer.due;
        const tick periods_missed = (now - from) / timer.period;
        set(timer, from + (periods_missed + 1) * timer.period);
    }
    static void on_fire(void* context, entry&) {
        auto& timer = *static_cast<one*>(context);
        timer.owner->fire(timer);
    }

    const periodic& what_;
    V timers_;
    std::vector<one> all_;
    slept seen_;
};

/// The same without any variant: wake-ups of a loop whose timers fire exactly when they are due.
[[nodiscard]] inline std::uint64_t exact_wakeups(const periodic& what) {
    using due = std::pair<tick, tick>;  // and its period
    std::priority_queue<due, std::vector<due>, std::greater<>> heap;
    for (std::size_t i = 0; i < what.periods.size(); ++i)
        heap.emplace(what.phases[i], what.periods[i]);
    std::uint64_t wakeups = 0;
    for (tick last = 0; heap.top().first <= what.end;) {
        const auto [when, period] = heap.top();
        heap.pop();
        if (when > what.settle && when != last) ++wakeups;
        last = when;
        heap.emplace(when + period, period);
    }
    return wakeups;
}

/// coalesce: n periodic timers of random phase; a loop that sleeps until the first that must be
/// served. Counted over as long as the longest period, after as long a time to settle (at least
/// 10 s each). values: kept, the wake-ups over those of exact timers; fruitless, how much of that
/// found nothing due; cut, 1 - kept; kept_0 to kept_250 the same for the slacks of k_slacks, where
/// the variant can be had with them, and how often more slack made more wake-ups. An operation is
/// one firing.
/// Params: ttl and tick (draws.hpp) of the periods, by default round ones from 0.2 s to 60 s in
/// equal shares; rearm=phase or fire.
template <class V>
class coalesce final : public lab::batches {
 public:
    coalesce(const lab::request& what, rng random) : tick_s_(seconds_of(what)) {
        const auto least = static_cast<tick>(10 / tick_s_);
        what_.periods = ttl_draws(what, random, what.n, k_round_ttl);
        for (const tick period : what_.periods) what_.phases.push_back(1 + random.uniform(period));
        what_.how = how(what);
        what_.settle =
            std::max(least, *std::max_element(what_.periods.begin(), what_.periods.end()));
        what_.end = 2 * what_.settle;
        if (what_.end > V::k_traits.horizon / 4)
            throw lab::usage_error{"these periods are longer than the variant's horizon"};
    }

    std::uint64_t run() override {
        exact_ = exact_wakeups(what_);
        own_ = sleeper<V>(what_).run();
        if constexpr (slack_family<V>::k_adjustable)
            by_slack_ = for_each_slack<V>([&]<class W>() { return sleeper<W>(what_).run(); });
        return own_.fired;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        const double span_s = static_cast<double>(what_.end - what_.settle) * tick_s_;
        std::map<std::string, double> found{
            {"cases", static_cast<double>(own_.fired)},
            {"early", static_cast<double>(own_.early)},
            {"violations", static_cast<double>(own_.violations)},
            {"fired_per_s", static_cast<double>(own_.fired) / span_s},
            {"wakeups_per_s", static_cast<double>(own_.wakeups) / span_s},
            {"exact_per_s", static_cast<double>(exact_) / span_s},
            {"kept", kept(own_)},
            {"fruitless", static_cast<double>(own_.fruitless) / static_cast<double>(exact_)},
            {"cut", 1 - kept(own_)}};
        if constexpr (slack_family<V>::k_adjustable) {
            std::vector<std::uint64_t> wakeups;
            for (std::size_t i = 0; i < k_slacks.size(); ++i) {
                found["kept_" + std::to_string(k_slacks[i])] = kept(by_slack_[i]);
                wakeups.push_back(by_slack_[i].wakeups);
            }
            found["rises"] = static_cast<double>(rises(wakeups));
        }
        return found;
    }
    [[nodiscard]] std::uint64_t digest() const override { return own_.fired * 31 + own_.wakeups; }

 private:
    static constexpr const char* k_round_ttl = "mix:0.2s,0.5s,1s,3s,5s,10s,30s,60s";

    [[nodiscard]] double kept(const slept& seen) const {
        return static_cast<double>(seen.wakeups) / static_cast<double>(exact_);
    }
    [[nodiscard]] static double seconds_of(const lab::request& what) {
        lab::request second = what;
        second.params["ttl"] = "const:1000s";
        rng fixed(0);
        return 1000.0 / static_cast<double>(ttl_draws(second, fixed, 1).front());
    }
    [[nodiscard]] static rearm how(const lab::request& what) {
        const std::string name = what.param("rearm", std::string("phase"));
        if (name != "phase" && name != "fire")
            throw lab::usage_error{"--param rearm=" + name + ": not one of phase, fire"};
        return name == "fire" ? rearm::fire : rearm::phase;
    }

    periodic what_;
    double tick_s_;  ///< seconds in a tick
    std::uint64_t exact_ = 0;
    slept own_;
    std::array<slept, k_slacks.size()> by_slack_{};
};

}  // namespace cyclone::timer
