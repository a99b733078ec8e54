// W1: timeouts that are almost always cancelled.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"
#include "experiments/timer/workloads/watch.hpp"

namespace cyclone::timer {

/// W1, timeouts: n requests in flight, each with a timeout that its answer cancels. An operation
/// starts the timeout of a new request and stops that of a random old one; a tick passes every
/// 1024 operations, and the few timeouts that expire start again.
/// Params: ttl and tick (draws.hpp), worst (watch.hpp); with cancel it is requests.hpp.
template <class V>
class timeouts final : public timer_batches<V> {
 public:
    timeouts(const lab::request& what, rng random)
        : timer_batches<V>(what.n + k_batch, ttl_draws(what, random, k_draws), random),
          random_(random),
          pending_(what.n),
          idle_(k_batch),
          victims_(k_batch),
          watch_(what, false) {
        this->all_.start_again = true;
        this->all_.load(what.n);
        this->all_.age(k_age_step, age_steps(what.n));
        for (std::size_t i = 0; i < what.n; ++i) pending_[i] = this->all_.shuffled[i];
        for (std::size_t i = 0; i < k_batch; ++i) idle_[i] = this->all_.shuffled[what.n + i];
    }

    void forget() override { watch_.forget(); }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return counted_batches<V>(); }
    void prepare() override {
        for (std::size_t& victim : victims_) victim = random_.uniform(pending_.size());
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = this->all_.values();
        watch_.tell(found, "advance");
        return found;
    }

 protected:
    std::uint64_t measured() override {
        auto& timers = this->all_.timers;
        watch_.advance(timers, timers.now() + 1);
        for (std::size_t i = 0; i < k_batch; ++i) {
            timers.start(*idle_[i], timers.now() + this->all_.draw());
            timers.stop(*pending_[victims_[i]]);
            std::swap(idle_[i], pending_[victims_[i]]);
        }
        return k_batch;
    }

 private:
    rng random_;
    std::vector<typename V::node*> pending_;
    std::vector<typename V::node*> idle_;
    std::vector<std::size_t> victims_;
    watch<V> watch_;
};

}  // namespace cyclone::timer
