// The worst tick at a wheel's boundary. Counted, not timed.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// boundary: n timers whose deadlines lie in the second slot of the level-2 wheel of base 64 (ticks
/// 4161 to 8191), all started at tick 0. The one tick measured is the step to 4096, at which a
/// cascading wheel hands that slot down; no timer is due on it.
template <class V>
class boundary_tick final : public timer_batches<V> {
    static constexpr tick k_boundary = 4096;

 public:
    boundary_tick(const lab::request& what, rng random)
        : timer_batches<V>(what.n, draws(what, random), random) {
        this->all_.load(what.n);
        this->all_.timers.advance(k_boundary - 1);
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 1; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> found{{"fired", static_cast<double>(this->all_.fired)}};
        if (const auto spent = this->work()) {
            found["worst_tick_relinks"] = static_cast<double>(spent->relinks);
            found["worst_tick_work"] = static_cast<double>(spent->sum());
        }
        return found;
    }

 protected:
    std::uint64_t measured() override {
        this->all_.timers.advance(k_boundary);
        return 1;
    }

 private:
    [[nodiscard]] static std::vector<tick> draws(const lab::request& what, rng& random) {
        std::vector<tick> deltas(std::max<std::size_t>(what.n, 2));
        for (tick& delta : deltas) delta = k_boundary + 65 + random.uniform(k_boundary - 65);
        return deltas;
    }
};

}  // namespace cyclone::timer
