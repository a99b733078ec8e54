// What a clock does to timers: a wheel in ticks of a microsecond, driven by the clock, judged by
// true time. The loop sleeps until the clock reaches the next deadline and no longer, as if waking
// cost nothing, so that what is early or late is the clock's doing.
#pragma once

#include <vector>

#include "clock/check.hpp"
#include "lab/bench.hpp"
#include "variants/timer/hierarchical_wheel.hpp"

namespace cyclone::clock {

enum class due : std::uint8_t {
    after,  ///< so much time after the start: a timeout
    at,     ///< at an instant of reference time: a lease, an appointment
};

/// Timers of one length, each started anew when it fires, along the timeline of a scenario.
class timer_drill {
    using wheel = timer::hierarchical_wheel<>;
    static constexpr ns k_tick = 1000;

 public:
    struct plan {
        due when = due::after;
        std::size_t timers = 100;
        ns timeout = 30 * k_second;
        ns warm_up = 3600 * k_second;  ///< of local time; firings in it are not kept
    };

    timer_drill(maker make, const scenario& what, std::uint64_t seed, const plan& how)
        : line_(what, seed), course_(k_second, 1'700'000'000 * k_second), how_(how), random_(seed) {
        leg first = line_.next();
        while (!first.asks) first = line_.next();
        first.heard = true;
        const sample born = *course_.exchange(first);
        clock_ = make({}, born);
        epoch_ = born.reference;
        begun_ = born.local;
        nodes_ = std::vector<slot>(how.timers);
        for (slot& one : nodes_) {
            one.bind(&timer_drill::on_fire, this);
            const auto spread = static_cast<std::uint64_t>(how.timeout);
            start(one, 1 + static_cast<ns>(random_.uniform(spread)));
        }
    }
    ~timer_drill() {
        for (slot& one : nodes_) wheel_.stop(one);
    }
    timer_drill(const timer_drill&) = delete;
    timer_drill& operator=(const timer_drill&) = delete;

    /// Runs for so much local time after the warm-up.
    void run(ns duration) {
        const ns end = begun_ + how_.warm_up + duration;
        while (course_.local() < end) feed(line_.next());
    }

    /// True time at firing less true time due, one a firing: negative is early.
    [[nodiscard]] const std::vector<ns>& lateness() const noexcept { return lateness_; }

 private:
    struct slot : wheel::node {
        ns due = 0;  // true time; for due::after without the reference's steps
    };

    [[nodiscard]] ns truth_here() const noexcept {
        const ns truth = course_.truth_in(here_ - course_.local(), ppb_);
        return how_.when == due::after ? truth - stepped_ : truth;
    }

    void start(slot& one, ns timeout) {
        if (here_ < course_.local()) here_ = course_.local();
        one.due = truth_here() + timeout;
        const ns target = how_.when == due::after ? clock_->now(here_) + timeout : one.due;
        const ns ticks = (target - epoch_ + k_tick - 1) / k_tick;
        wheel_.start(one, static_cast<timer::tick>(std::max<ns>(ticks, 0)));
    }

    static void on_fire(void* context, timer::entry& self) {
        auto& here = *static_cast<timer_drill*>(context);
        auto& one = static_cast<slot&>(self);
        if (here.here_ >= here.begun_ + here.how_.warm_up) {
            here.lateness_.push_back(here.truth_here() - one.due);
        }
        here.start(one, here.how_.timeout);
    }

    /// The first local time in (here_, end] at which the clock shows `value`; it is monotone.
    [[nodiscard]] ns first_showing(ns value, ns end) const {
        ns below = here_;
        ns above = end;
        while (above - below > 1) {
            const ns middle = below + (above - below) / 2;
            (clock_->now(middle) >= value ? above : below) = middle;
        }
        return above;
    }

    /// Fires what is due in the next `gap` ns of local time, and goes there.
    void pass(ns gap, std::int64_t ppb) {
        ppb_ = ppb;
        here_ = course_.local();
        const ns end = here_ + gap;
        for (;;) {
            const timer::tick next = wheel_.next_deadline();
            const ns value = epoch_ + static_cast<ns>(next) * k_tick;
            if (clock_->now(end) < value) break;
            if (clock_->now(here_) < value) here_ = first_showing(value, end);
            const ns shown = clock_->now(here_) - epoch_;
            wheel_.advance(std::max(wheel_.now(), static_cast<timer::tick>(shown / k_tick)));
        }
        course_.run(gap, ppb);
        here_ = course_.local();
    }

    void feed(const leg& l) {
        pass(l.gap, l.ppb);
        course_.step(l.step);
        stepped_ += l.step;
        if (!l.asks) return;
        const ns sent = course_.local();
        pass(l.out, l.ppb);
        const ns stamp = course_.truth();
        pass(l.back, l.ppb);
        if (l.heard) clock_->observe(sample_of(sent, stamp, course_.local()));
    }

    timeline line_;
    course course_;
    plan how_;
    rng random_;
    wheel wheel_{0};
    std::unique_ptr<any> clock_;
    std::vector<slot> nodes_;
    std::vector<ns> lateness_;
    ns epoch_ = 0;    // what the clock showed at tick 0
    ns begun_ = 0;    // local
    ns here_ = 0;     // local: where on the leg the loop stands
    ns stepped_ = 0;  // by the reference, so far
    std::int64_t ppb_ = 0;
};

/// The figures of a distribution of signed nanoseconds; `prefix` before each name.
inline void put_quantiles(std::map<std::string, double>& out, const std::string& prefix,
                          std::vector<ns> signed_ns) {
    if (signed_ns.empty()) return;
    const auto early = std::ranges::count_if(signed_ns, [](ns x) { return x < 0; });
    const auto count = static_cast<double>(signed_ns.size());
    out[prefix + "early_share"] = static_cast<double>(early) / count;
    std::ranges::sort(signed_ns);
    const auto at = [&](double q) {
        return static_cast<double>(signed_ns[static_cast<std::size_t>(q * (count - 1))]);
    };
    out[prefix + "early_max_ns"] = std::max(0.0, -at(0));
    out[prefix + "late_max_ns"] = std::max(0.0, at(1));
    out[prefix + "p50_ns"] = at(0.5);
    for (ns& one : signed_ns) one = one < 0 ? -one : one;
    std::ranges::sort(signed_ns);
    out[prefix + "off_p50_ns"] = at(0.5);
    out[prefix + "off_p99_ns"] = at(0.99);
    out[prefix + "off_max_ns"] = at(1);
}

}  // namespace cyclone::clock
