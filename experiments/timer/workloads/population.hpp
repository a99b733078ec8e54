// What the workloads of the timer share: timers, their nodes, and what happens when one fires.
//
// Ticks are abstract. Random draws are made outside the measured region. Nodes are shuffled: the
// order in which timers are loaded, touched and cancelled has nothing to do with the order in which
// their nodes lie in memory, as in a server that has run for a while. A bench that walks its nodes
// in address order measures the prefetcher.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "lab/bench.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

inline constexpr std::size_t k_batch = 1024;
inline constexpr tick k_age_step = 128;

/// Steps of k_age_step ticks that give those pending different ages: four mean timeouts, and from a
/// quarter of a million timers on one and a half, since a heap takes seconds to pass one.
[[nodiscard]] constexpr std::size_t age_steps(std::uint64_t n) noexcept {
    return n < (1U << 18) ? 128 : 48;
}

/// Batches that a counting meter runs of a workload whose batch is one tick: enough to cross a
/// boundary of a wheel of 64 slots, fewer where a single START walks a list.
template <class V>
[[nodiscard]] constexpr std::uint64_t counted_batches() {
    return V::k_traits.start == growth::n ? 8 : 128;
}

/// A uniformly random order (Fisher and Yates). O(n).
template <class T>
void shuffle(std::vector<T>& items, rng& random) {
    for (std::size_t i = items.size(); i > 1; --i)
        std::swap(items[i - 1], items[random.uniform(i)]);
}

/// A variant that can be told beforehand how many timers will be pending.
template <class V>
concept reserves = requires(V& timers, std::size_t count) {
    timers.reserve(count);
};

/// A variant that says how many entries it holds, those of cancelled timers included.
template <class V>
concept tells_held = requires(const V& timers) {
    { timers.held() } -> std::convertible_to<std::size_t>;
};

/// What a fired timer does in a benchmark: counts, and perhaps starts again.
template <class V>
struct population {
    using node = typename V::node;

    V timers;
    std::vector<node> nodes;
    std::vector<node*> shuffled;  ///< every node once, in an order that memory does not know
    std::vector<tick> deltas;     ///< drawn beforehand, used in turn
    std::size_t next_delta = 0;
    std::uint64_t fired = 0;
    std::uint64_t digest = 0;
    bool start_again = false;

    population(std::size_t count, std::vector<tick> draws, rng& random)
        : timers(0), nodes(count), shuffled(count), deltas(std::move(draws)) {
        if constexpr (reserves<V>) timers.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            nodes[i].bind(&population::on_fire, this);
            shuffled[i] = &nodes[i];
        }
        shuffle(shuffled, random);
    }
    population(const population&) = delete;
    population& operator=(const population&) = delete;
    ~population() {
        for (node& timer : nodes) timers.stop(timer);
    }

    [[nodiscard]] tick draw() noexcept {
        if (++next_delta == deltas.size()) next_delta = 0;
        return deltas[next_delta];
    }

    /// Starts the first `count` of the shuffled nodes, in the order in which this variant loads
    /// fastest. Which node gets which deadline is the same for every variant.
    void load(std::size_t count) {
        std::vector<std::pair<tick, node*>> ahead(count);
        for (std::size_t i = 0; i < count; ++i) ahead[i] = {draw(), shuffled[i]};
        const auto earlier = [](const auto& a, const auto& b) { return a.first < b.first; };
        if (V::k_traits.load == load_order::ascending)
            std::stable_sort(ahead.begin(), ahead.end(), earlier);
        if (V::k_traits.load == load_order::descending)
            std::stable_sort(ahead.rbegin(), ahead.rend(), earlier);
        for (const auto& [delta, timer] : ahead) timers.start(*timer, timers.now() + delta);
    }

    /// Lets timers expire and start again for a few mean lifetimes, so that those pending have
    /// different ages; in long steps, since nothing is measured yet.
    void age(tick step, std::size_t steps) {
        for (std::size_t i = 0; i < steps; ++i) timers.advance(timers.now() + step);
        fired = 0;
    }

    /// What every workload reports of its variant, beside its own figures.
    [[nodiscard]] std::map<std::string, double> values() const {
        std::map<std::string, double> found{
            {"fixed_bytes", static_cast<double>(timers.fixed_bytes())},
            {"fired", static_cast<double>(fired)}};
        if constexpr (tells_held<V>) found["held"] = static_cast<double>(timers.held());
        return found;
    }

    static void on_fire(void* context, entry& self) {
        auto& here = *static_cast<population*>(context);
        ++here.fired;
        here.digest = here.digest * 31 + here.timers.now();
        if (here.start_again)
            here.timers.start(static_cast<node&>(self), here.timers.now() + here.draw());
    }
};

/// Base of the workloads over a population: what all of them report.
template <class V>
class timer_batches : public lab::batches {
 public:
    timer_batches(std::size_t count, std::vector<tick> draws, rng& random)
        : all_(count, std::move(draws), random) {}
    [[nodiscard]] std::optional<work_totals> work() const override {
        if constexpr (counts_work<V>) return spent_;
        return std::nullopt;
    }
    [[nodiscard]] std::map<std::string, double> values() const override { return all_.values(); }
    [[nodiscard]] std::uint64_t digest() const override { return all_.digest + all_.timers.size(); }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }

    std::uint64_t run() final {
        const work_totals before = all_.timers.work().totals();
        const std::uint64_t ops = measured();
        spent_ = spent_ + (all_.timers.work().totals() - before);
        return ops;
    }

 protected:
    virtual std::uint64_t measured() = 0;

    population<V> all_;

 private:
    work_totals spent_;
};

}  // namespace cyclone::timer
