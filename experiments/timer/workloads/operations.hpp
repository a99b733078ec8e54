// One operation at a time: START, STOP, PER_TICK.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// start, stop: n timers pending, time stands still; a batch more, an eighth of n, is started and
/// stopped again, in random order. Only one of the two halves is measured.
template <class V>
class start_or_stop final : public timer_batches<V> {
 public:
    start_or_stop(const lab::request& what, rng random, bool measure_start)
        : timer_batches<V>(what.n + batch_for(what.n), timeout_draws(random, k_draws), random),
          n_(what.n),
          measure_start_(measure_start),
          random_(random),
          order_(batch_for(what.n)) {
        this->all_.load(n_);
        const auto first = this->all_.shuffled.begin() + static_cast<std::ptrdiff_t>(n_);
        std::copy(first, this->all_.shuffled.end(), order_.begin());
    }

    void prepare() override {
        shuffle(order_, random_);
        if (measure_start_) return;
        start_all();
        shuffle(order_, random_);
    }
    void restore() override {
        if (measure_start_) stop_all();
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override {
        return std::max<std::uint64_t>(8, 2048 / order_.size());
    }

 protected:
    std::uint64_t measured() override {
        measure_start_ ? start_all() : stop_all();
        return order_.size();
    }

 private:
    /// Small beside n, so that n is what is pending; large enough to time.
    [[nodiscard]] static std::size_t batch_for(std::uint64_t n) {
        return std::clamp<std::size_t>(n / 8, 16, k_batch);
    }
    void start_all() {
        auto& timers = this->all_.timers;
        for (auto* timer : order_) timers.start(*timer, timers.now() + this->all_.draw());
    }
    void stop_all() {
        for (auto* timer : order_) this->all_.timers.stop(*timer);
    }

    std::size_t n_;
    bool measure_start_;
    rng random_;
    std::vector<typename V::node*> order_;
};

/// PER_TICK: one advance(now + 1) after another with n timers pending, over one scan of a wheel of
/// `table` slots (fewer ticks where each looks at every timer: they say as much).
/// mode=idle: nothing expires while we look; the timers lie far ahead, spread evenly over the
/// slots. mode=expire: every timer expires once during the scan and is started again outside it.
template <class V>
class ticks final : public timer_batches<V> {
 public:
    ticks(const lab::request& what, rng random)
        : timer_batches<V>(what.n, draws(what, random), random),
          expires_(expires(what)),
          span_(span(what)) {
        // The least that a callback can do: what is counted is the scheme, not the harness.
        for (auto& timer : this->all_.nodes) timer.bind(&ticks::count, &this->all_.fired);
        if (!expires_) this->all_.load(what.n);
    }
    void prepare() override {
        if (expires_) this->all_.load(this->all_.nodes.size());
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 2; }

 protected:
    std::uint64_t measured() override {
        auto& timers = this->all_.timers;
        for (std::size_t i = 0; i < span_; ++i) timers.advance(timers.now() + 1);
        return span_;
    }

 private:
    static void count(void* fired, entry&) { ++*static_cast<std::uint64_t*>(fired); }

    [[nodiscard]] static bool expires(const lab::request& what) {
        const std::string mode = what.param("mode", std::string("idle"));
        if (mode != "idle" && mode != "expire") {
            throw lab::usage_error{"--param mode=" + mode + ": not one of idle, expire"};
        }
        return mode == "expire";
    }
    [[nodiscard]] static std::size_t table(const lab::request& what) {
        const std::size_t slots = what.param("table", std::uint64_t{4096});
        if (slots == 0) throw lab::usage_error{"--param table=0: a wheel has slots"};
        return slots;
    }
    [[nodiscard]] static std::size_t span(const lab::request& what) {
        const bool sample = V::k_traits.per_tick == growth::n && !expires(what);
        return sample ? std::min<std::size_t>(table(what), 64) : table(what);
    }
    [[nodiscard]] static std::vector<tick> draws(const lab::request& what, rng& random) {
        const tick first = expires(what) ? 1 : tick{1} << 40;
        std::vector<tick> spread(what.n);
        const std::size_t slots = table(what);
        const std::size_t gap = what.n < slots ? slots / what.n : 1;
        for (std::size_t i = 0; i < what.n; ++i) spread[i] = first + i * gap % slots;
        shuffle(spread, random);
        return spread;
    }

    bool expires_;
    std::size_t span_;
};

}  // namespace cyclone::timer
