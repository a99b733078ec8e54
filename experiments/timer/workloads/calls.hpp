// The longest that one call keeps its caller: what is done with interrupts off, or under a lock.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// call: n timers pending, and one START or STOP more (param op), a batch each. at=any: of a
/// timeout like those pending. at=last: of a timer due after all of them, the longest way for a
/// list in order that is searched from its head.
/// values: the most work that one call did, where work is counted.
template <class V>
class single_call final : public timer_batches<V> {
 public:
    single_call(const lab::request& what, rng random)
        : timer_batches<V>(what.n + 1, timeout_draws(random, k_draws), random),
          start_(one_of(what, "op", "start", "stop")),
          last_(one_of(what, "at", "last", "any")),
          timer_(*this->all_.shuffled[what.n]) {
        this->all_.load(what.n);
    }
    void forget() override { most_ = 0; }
    void prepare() override {
        deadline_ = last_ ? k_last : this->all_.timers.now() + this->all_.draw();
        if (!start_) this->all_.timers.start(timer_, deadline_);
    }
    void restore() override {
        if (start_) this->all_.timers.stop(timer_);
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 64; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = this->all_.values();
        if (counts_work<V>) found["most_work"] = static_cast<double>(most_);
        return found;
    }

 protected:
    std::uint64_t measured() override {
        V& timers = this->all_.timers;
        const std::uint64_t before = timers.work().totals().sum();
        if (start_) {
            timers.start(timer_, deadline_);
        } else {
            timers.stop(timer_);
        }
        most_ = std::max(most_, timers.work().totals().sum() - before);
        return 1;
    }

 private:
    static constexpr tick k_last = tick{1} << 30;  ///< 12 days: beyond every timeout

    /// Whether `key` is the first of its two words, which it is when nothing is said.
    [[nodiscard]] static bool one_of(const lab::request& what, const std::string& key,
                                     const std::string& first, const std::string& second) {
        const std::string text = what.param(key, first);
        if (text == first || text == second) return text == first;
        throw lab::usage_error{"--param " + key + "=" + text + ": not one of " + first + ", " +
                               second};
    }

    bool start_;
    bool last_;
    typename V::node& timer_;
    tick deadline_ = 0;
    std::uint64_t most_ = 0;
};

}  // namespace cyclone::timer
