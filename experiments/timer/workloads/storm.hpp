// W4: many timers on one tick, and timers just above the boundaries of a wheel's levels.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"
#include "experiments/timer/workloads/watch.hpp"

namespace cyclone::timer {

/// W4, storm: n timers, all started at tick 0 in a random order, and the ticks around their
/// deadlines one by one. An operation is one timer; what is looked for is the worst tick.
/// Params: kind=one_tick, all deadlines are `at` (10 000 unless given); kind=level, they lie in the
/// 64 ticks above base^level (base 64, 256, 8, ...; 64^2 unless given). worst=0 leaves the clock
/// alone (watch.hpp).
template <class V>
class storm final : public lab::batches {
    static constexpr tick k_before = 2;   // ticks looked at before the boundary,
    static constexpr tick k_after = 256;  // and after it, one by one
    static constexpr tick k_width = 64;   // how far above the boundary deadlines go
    static constexpr tick k_most = tick{1} << 40;

 public:
    storm(const lab::request& what, rng random) : random_(random), n_(what.n), watch_(what, true) {
        const std::string kind = what.param("kind", std::string("one_tick"));
        if (kind != "one_tick" && kind != "level")
            throw lab::usage_error{"--param kind=" + kind + ": not one of one_tick, level"};
        width_ = kind == "level" ? k_width : 0;
        boundary_ = kind == "level" ? power(what) : what.param("at", std::uint64_t{10'000});
        if (boundary_ <= k_before || boundary_ > k_most)
            throw lab::usage_error{"--param at (or base^level): from 3 to 2^40 ticks"};
        if (boundary_ + width_ > V::k_traits.horizon)
            throw lab::usage_error{"the deadlines lie beyond this variant's horizon"};
    }

    void forget() override {
        watch_.forget();
        worst_ns_.clear();
    }
    void prepare() override {
        std::vector<tick> draws(std::max<std::size_t>(n_, 2));
        for (tick& delta : draws)
            delta = boundary_ + (width_ == 0 ? 0 : 1 + random_.uniform(width_));
        all_.emplace(n_, std::move(draws), random_);
        all_->load(n_);
        all_->timers.advance(boundary_ - k_before);
    }
    std::uint64_t run() override {
        V& timers = all_->timers;
        const work_totals before = timers.work().totals();
        for (tick i = 0; i < k_before + k_after; ++i) watch_.advance(timers, timers.now() + 1);
        late();
        spent_ = spent_ + (timers.work().totals() - before);
        return n_;
    }
    void restore() override {
        fired_ = all_->fired;
        digest_ += all_->digest;
        if (watch_.worst_ns() > 0) worst_ns_.push_back(watch_.worst_ns());
        watch_.forget_ns();
    }

    [[nodiscard]] std::optional<work_totals> work() const override {
        if constexpr (counts_work<V>) return spent_;
        return std::nullopt;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> found{{"fired", static_cast<double>(fired_)}};
        watch_.tell(found, "tick");
        if (worst_ns_.empty()) return found;
        // The largest of all batches is what the machine did once; the scheme does it every time.
        std::vector<double> sorted = worst_ns_;
        std::sort(sorted.begin(), sorted.end());
        found["worst_tick_ns"] = sorted[sorted.size() / 2];
        return found;
    }
    [[nodiscard]] std::uint64_t digest() const override { return digest_; }

 private:
    [[nodiscard]] static tick power(const lab::request& what) {
        const std::uint64_t base = what.param("base", std::uint64_t{64});
        const std::uint64_t level = what.param("level", std::uint64_t{2});
        if (base < 2 || level < 1 || level > 40)
            throw lab::usage_error{"--param base: at least 2; --param level: 1 to 40"};
        tick boundary = 1;
        for (std::uint64_t i = 0; i < level && boundary <= k_most; ++i) boundary *= base;
        return boundary;
    }
    /// What a scheme fires late is a storm as well. Ticks on which it has nothing to do are left
    /// out where it can tell them.
    void late() {
        V& timers = all_->timers;
        for (tick i = 0; timers.size() > 0 && i < (tick{1} << 20); ++i) {
            tick to = timers.now() + 1;
            if constexpr (V::k_traits.next != next_kind::none)
                to = std::max(to, timers.next_deadline());
            watch_.advance(timers, to);
        }
    }

    rng random_;
    std::size_t n_;
    tick boundary_ = 0;
    tick width_ = 0;
    std::optional<population<V>> all_;
    work_totals spent_;
    watch<V> watch_;
    std::vector<double> worst_ns_;  // of each batch
    std::uint64_t fired_ = 0;
    std::uint64_t digest_ = 0;
};

}  // namespace cyclone::timer
