// W3: the hold model.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"
#include "experiments/timer/workloads/watch.hpp"

namespace cyclone::timer {

/// W3, hold: n timers whose intervals have mean n ticks, so that one expires a tick on average
/// whatever n is; each starts again as it expires. An operation is one expiry with its new start.
/// The population is loaded in its steady state: with what remains of intervals, not whole ones.
/// Params: dist (k_dists in draws.hpp), worst (watch.hpp).
template <class V>
class hold final : public timer_batches<V> {
    static constexpr std::size_t k_settle_ticks = 4096;

 public:
    hold(const lab::request& what, rng random) : hold(what, random, intervals(what, random)) {}

    void forget() override { watch_.forget(); }
    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = this->all_.values();
        watch_.tell(found, "advance");
        return found;
    }

 protected:
    std::uint64_t measured() override {
        auto& timers = this->all_.timers;
        const std::uint64_t before = this->all_.fired;
        for (std::size_t i = 0; i < k_batch; ++i) watch_.advance(timers, timers.now() + 1);
        return this->all_.fired - before;
    }

 private:
    hold(const lab::request& what, rng& random, std::vector<tick> whole)
        : timer_batches<V>(what.n, remains_of(whole, random, what.n), random), watch_(what, false) {
        this->all_.start_again = true;
        this->all_.load(what.n);
        this->all_.deltas = std::move(whole);
        this->all_.next_delta = 0;
        this->all_.age(1, k_settle_ticks);
    }
    [[nodiscard]] static std::vector<tick> intervals(const lab::request& what, rng& random) {
        const std::size_t count = std::max<std::size_t>(k_draws, 2 * what.n);
        return interval_draws(random, count, dist_param(what), static_cast<double>(what.n));
    }

    watch<V> watch_;
};

}  // namespace cyclone::timer
