// W2: keep-alives that are restarted.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// W2, keep-alive: n connections, each with an idle timer that every packet restarts; those that
/// expire start again. An operation is one packet.
/// Params: ttl and tick (draws.hpp); ratio, how many packets there are to one expiry. Without a
/// ratio 1024 packets arrive a tick. With one, packets are a Poisson process, as slow as the ratio
/// asks, and a turn of the loop comes with each packet that is not in the same tick.
template <class V>
class restarts final : public timer_batches<V> {
 public:
    restarts(const lab::request& what, rng random)
        : timer_batches<V>(what.n, ttl_draws(what, random, k_draws), random),
          random_(random),
          hits_(k_batch),
          when_(k_batch) {
        if (const double ratio = number_param(what, "ratio", 0, 1, 1e6); ratio > 0)
            gap_ = quiet_for(this->all_.deltas, ratio) / static_cast<double>(what.n);
        this->all_.start_again = true;
        this->all_.load(what.n);
        if (gap_ == 0) this->all_.age(k_age_step, age_steps(what.n));
        if (gap_ > 0) settle(what.n);
    }

    void forget() override { this->all_.fired = packets_ = 0; }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return counted_batches<V>(); }
    void prepare() override {
        const tick now = this->all_.timers.now();
        clock_ = std::max(clock_, static_cast<double>(now));
        for (std::size_t i = 0; i < k_batch; ++i) {
            hits_[i] = random_.uniform(this->all_.nodes.size());
            if (gap_ > 0) clock_ += random_.exponential(gap_);
            when_[i] = gap_ > 0 ? static_cast<tick>(clock_) : now + 1;
        }
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = this->all_.values();
        found["packets"] = static_cast<double>(packets_);
        if (this->all_.fired > 0)
            found["restarts_per_fire"] =
                static_cast<double>(packets_) / static_cast<double>(this->all_.fired);
        return found;
    }

 protected:
    std::uint64_t measured() override {
        auto& timers = this->all_.timers;
        for (std::size_t i = 0; i < k_batch; ++i) {
            if (when_[i] > timers.now()) timers.advance(when_[i]);
            timers.restart(this->all_.nodes[hits_[i]], timers.now() + this->all_.draw());
        }
        packets_ += k_batch;
        return k_batch;
    }

 private:
    /// The mean gap g between the packets of one connection, in ticks, at which `ratio` packets
    /// come to one expiry. A timer set to T expires with probability s = E exp(-T / g) and starts
    /// again, and an exponential gap has no memory: s / (1 - s) expiries a packet.
    [[nodiscard]] static double quiet_for(const std::vector<tick>& times, double ratio) {
        double low = 1e-3;
        double high = 1e18;
        for (int step = 0; step < 200; ++step) {
            const double gap = std::sqrt(low * high);
            double share = 0;
            for (std::size_t i = 0; i < times.size(); i += 16)
                share += std::exp(-static_cast<double>(times[i]) / gap);
            share /= static_cast<double>((times.size() + 15) / 16);
            (share < 1 / (ratio + 1) ? low : high) = gap;
        }
        return low;
    }
    /// Packets until every connection has had a few: nothing is measured yet.
    void settle(std::uint64_t n) {
        for (std::uint64_t done = 0; done < std::min<std::uint64_t>(4 * n, 1U << 22);
             done += k_batch) {
            prepare();
            measured();
        }
        forget();
    }

    rng random_;
    std::vector<std::size_t> hits_;
    std::vector<tick> when_;
    double gap_ = 0;  // ticks between two packets of any connection; 0: 1024 a tick
    double clock_ = 0;
    std::uint64_t packets_ = 0;
};

}  // namespace cyclone::timer
