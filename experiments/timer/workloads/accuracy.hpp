// The accuracy of a scheme. Counted, not timed.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "base/rng.hpp"
#include "lab/bench.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

/// accuracy: one timer at a time, n random (now, distance) pairs with distances log-uniform up to
/// 2^40 ticks, then every distance up to 4000 at every phase of 512, then n / 64 pairs of timers
/// whose deadlines are in one order: do they fire in it?
template <class V>
class accuracy final : public lab::batches {
 public:
    accuracy(const lab::request& what, rng random) : cases_(what.n), random_(random), timers_(0) {
        first_.bind(&accuracy::on_fire, this);
        second_.bind(&accuracy::on_fire, this);
    }

    std::uint64_t run() override {
        for (std::uint64_t i = 0; i < cases_; ++i) {
            // Time runs on from case to case; it starts over well before it ends.
            if (timers_.now() > k_tick_max / 2) return i;
            timers_.advance(timers_.now() + random_.uniform(1U << 12));
            const double exponent = random_.unit() * 40;
            one(1 + static_cast<tick>(std::exp2(exponent)));
        }
        for (tick delta = 1; delta <= 4000; ++delta) {
            for (tick phase = 0; phase < 512; ++phase) {
                timers_.advance(timers_.now() + ((phase - timers_.now()) & 511));
                one(delta);
            }
        }
        for (std::uint64_t i = 0; i < cases_ / 64; ++i) pair();
        return done_;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> found{
            {"cases", static_cast<double>(done_)},
            {"early", static_cast<double>(early_)},
            {"violations", static_cast<double>(violations_)},
            {"max_lateness", static_cast<double>(max_lateness_)},
            {"max_relative_lateness", max_relative_},
            {"pairs", static_cast<double>(pairs_)},
            {"pairs_out_of_order", static_cast<double>(inversions_)}};
        if (counts_work<V>) found["relinks_after_start"] = static_cast<double>(relinks_);
        return found;
    }
    [[nodiscard]] std::uint64_t digest() const override { return done_ * 31 + max_lateness_; }

 private:
    void one(tick delta) {
        const tick deadline = timers_.now() + delta;
        timers_.start(first_, deadline);
        const std::uint64_t relinks = timers_.work().totals().relinks;
        sleep_until_idle(first_);
        relinks_ += timers_.work().totals().relinks - relinks;
        ++done_;
        if (timers_.now() < deadline) {
            ++early_;
            return;
        }
        const tick late = timers_.now() - deadline;
        if (late > V::lateness_max(delta)) ++violations_;
        max_lateness_ = std::max(max_lateness_, late);
        max_relative_ =
            std::max(max_relative_, static_cast<double>(late) / static_cast<double>(delta));
    }

    /// A far timer due at d; when it is nearly due, a near one due at d + 1.
    void pair() {
        const tick far = 64 + random_.uniform(1U << 16);
        const tick deadline = timers_.now() + far;
        timers_.start(first_, deadline);
        timers_.advance(deadline - 1);
        if (!first_.pending()) return;
        timers_.start(second_, deadline + 1);
        last_fired_ = nullptr;
        sleep_until_idle(first_);
        sleep_until_idle(second_);
        ++pairs_;
        if (last_fired_ == &first_) ++inversions_;
    }

    void sleep_until_idle(const entry& timer) {
        while (timer.pending()) timers_.advance(timers_.next_deadline());
    }

    static void on_fire(void* context, entry& self) {
        static_cast<accuracy*>(context)->last_fired_ = &self;
    }

    std::uint64_t cases_;
    rng random_;
    V timers_;
    typename V::node first_;
    typename V::node second_;
    const entry* last_fired_ = nullptr;
    std::uint64_t done_ = 0;
    std::uint64_t early_ = 0;
    std::uint64_t violations_ = 0;
    tick max_lateness_ = 0;
    double max_relative_ = 0;
    std::uint64_t relinks_ = 0;
    std::uint64_t pairs_ = 0;
    std::uint64_t inversions_ = 0;
};

}  // namespace cyclone::timer
