// How far a scheme that rounds deadlines strays from them. Counted, not timed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include "base/rng.hpp"
#include "lab/bench.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

/// A variant that says when it would fire if it might be early.
template <class V>
concept tells_nearest = requires(tick t) {
    { V::rounded_to_nearest(t, t).error } -> std::convertible_to<std::int64_t>;
};

/// rounding: n random (now, interval) pairs with intervals log-uniform up to 2^40 ticks, then every
/// interval up to 7200 at every phase of 60. How many ticks before or after its deadline does the
/// timer fire? As the variant says of the scheme as published, where that may be early
/// (rounded_to_nearest), otherwise as a timer does that is really run.
/// values: the largest error by its interval, either way; how many erred by 45 % at least, and how
/// many were early.
template <class V>
class rounding final : public lab::batches {
    static constexpr double k_much = 0.45;

 public:
    rounding(const lab::request& what, rng random) : cases_(what.n), random_(random), timers_(0) {
        timer_.bind([](void*, entry&) {}, nullptr);
    }
    std::uint64_t run() override {
        const std::uint64_t before = done_;
        for (std::uint64_t i = 0; i < cases_; ++i) {
            pass(1 + random_.uniform(1U << 12));
            one(1 + static_cast<tick>(std::exp2(random_.unit() * 40)));
        }
        for (tick interval = 1; interval <= 7200; ++interval) {
            for (tick phase = 0; phase < 60; ++phase) {
                pass((phase + 60 - now() % 60) % 60);
                one(interval);
            }
        }
        return done_ - before;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        return {{"cases", static_cast<double>(done_)},
                {"early", static_cast<double>(early_)},
                {"cases_of_45_percent", static_cast<double>(much_)},
                {"max_relative_error", max_relative_}};
    }
    [[nodiscard]] std::uint64_t digest() const override { return done_ * 31 + early_; }

 private:
    [[nodiscard]] tick now() const { return tells_nearest<V> ? now_ : timers_.now(); }

    /// Time runs on from case to case, and starts over well before it ends.
    void pass(tick ticks) {
        if constexpr (tells_nearest<V>) {
            now_ = (now_ + ticks) % (tick{1} << 60);
        } else {
            if (timers_.now() < k_tick_max / 2) timers_.advance(timers_.now() + ticks);
        }
    }
    [[nodiscard]] std::int64_t error_of(tick deadline) {
        if constexpr (tells_nearest<V>) {
            return V::rounded_to_nearest(now_, deadline).error;
        } else {
            timers_.start(timer_, deadline);
            while (timer_.pending()) timers_.advance(timers_.next_deadline());
            return static_cast<std::int64_t>(timers_.now()) - static_cast<std::int64_t>(deadline);
        }
    }
    void one(tick interval) {
        const std::int64_t error = error_of(now() + interval);
        ++done_;
        if (error < 0) ++early_;
        const double relative =
            std::abs(static_cast<double>(error)) / static_cast<double>(interval);
        if (relative >= k_much) ++much_;
        max_relative_ = std::max(max_relative_, relative);
    }

    std::uint64_t cases_;
    rng random_;
    V timers_;
    typename V::node timer_;
    tick now_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t early_ = 0;
    std::uint64_t much_ = 0;
    double max_relative_ = 0;
};

}  // namespace cyclone::timer
