// What a bad hash does to the ticks of a wheel. Counted, not timed.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// buckets: n timers whose times decide their buckets in a wheel of `table` slots; an operation is
/// a tick, a batch one revolution. dist: uniform over 32 revolutions; const, 16 of them; multiples
/// of one, up to 31; zipf, where the r-th tick comes with probability log(1 + 1/r) / log(N), 1/r
/// but for the first few. mode=living: all start at one instant, so that only the times choose
/// their buckets, 8 revolutions further away, so that none expires while we look. mode=expire: the
/// steady state, in which a timer starts again as it expires.
/// values, where work is counted: the mean and the variance over the ticks of the nodes that a tick
/// looks at; and what share of that variance uniform times would have, measured beside it.
template <class V>
class buckets final : public timer_batches<V> {
    static constexpr tick k_ahead = 8;
    static constexpr tick k_most = 32;

 public:
    buckets(const lab::request& what, rng random)
        : timer_batches<V>(what.n, draws(what, random, what.param("dist", "uniform")), random),
          table_(table(what)),
          expires_(mode(what) == "expire"),
          control_(what.n, draws(what, random, "uniform"), random) {
        for (auto* const some : {&this->all_, &control_}) {
            for (auto& timer : some->nodes) timer.bind(&buckets::on_fire, some);
            some->start_again = expires_;
            if (!expires_) continue;
            const auto left = remains_of(some->deltas, random, what.n);
            for (std::size_t i = 0; i < left.size(); ++i)
                some->timers.start(*some->shuffled[i], std::max<tick>(left[i], 1));
            revolve(*some, nullptr);
        }
    }
    void forget() override { mine_ = beside_ = {}; }
    void prepare() override {
        if (!expires_) start_anew(this->all_);
    }
    void restore() override {
        if (!counts_work<V>) return;
        if (!expires_) start_anew(control_);
        revolve(control_, &beside_);
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return expires_ ? 8 : 2; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = this->all_.values();
        if (!counts_work<V> || mine_.ticks == 0) return found;
        found["nodes_per_tick"] = mine_.mean();
        found["variance_per_tick"] = mine_.variance();
        if (mine_.variance() > 0)
            found["uniform_share_of_variance"] = beside_.variance() / mine_.variance();
        return found;
    }

 protected:
    std::uint64_t measured() override {
        revolve(this->all_, &mine_);
        return table_;
    }

 private:
    struct moments {
        std::uint64_t ticks = 0;
        double sum = 0;
        double squares = 0;

        void add(double nodes) noexcept {
            ++ticks;
            sum += nodes;
            squares += nodes * nodes;
        }
        [[nodiscard]] double mean() const noexcept { return sum / static_cast<double>(ticks); }
        [[nodiscard]] double variance() const noexcept {
            return squares / static_cast<double>(ticks) - mean() * mean();
        }
    };

    /// The least that a callback can do.
    static void on_fire(void* context, entry& self) {
        auto& here = *static_cast<population<V>*>(context);
        ++here.fired;
        if (here.start_again)
            here.timers.start(static_cast<typename V::node&>(self),
                              here.timers.now() + here.draw());
    }
    void start_anew(population<V>& some) {
        for (auto& timer : some.nodes) some.timers.stop(timer);
        for (auto* timer : some.shuffled)
            some.timers.start(*timer, some.timers.now() + k_ahead * table_ + some.draw());
    }
    void revolve(population<V>& some, moments* into) {
        for (tick i = 0; i < table_; ++i) {
            const std::uint64_t before = some.timers.work().totals().nodes;
            some.timers.advance(some.timers.now() + 1);
            if (!counts_work<V> || into == nullptr) continue;
            into->add(static_cast<double>(some.timers.work().totals().nodes - before));
        }
    }

    [[nodiscard]] static tick table(const lab::request& what) {
        const std::uint64_t slots = what.param("table", std::uint64_t{4096});
        if (slots < 1 || slots > 1U << 16) throw lab::usage_error{"--param table: 1 to 65536"};
        return slots;
    }
    [[nodiscard]] static std::string mode(const lab::request& what) {
        const std::string text = what.param("mode", std::string("living"));
        if (text != "living" && text != "expire")
            throw lab::usage_error{"--param mode=" + text + ": not one of living, expire"};
        return text;
    }
    [[nodiscard]] static tick one(rng& random, const std::string& dist, tick slots) {
        const tick most = k_most * slots;
        if (dist == "uniform") return 1 + random.uniform(most);
        if (dist == "const") return most / 2;
        if (dist == "multiples") return slots * (1 + random.uniform(k_most - 1));
        const double whole = std::log(static_cast<double>(most) + 1);
        if (dist == "zipf") return static_cast<tick>(std::exp(random.unit() * whole));
        throw lab::usage_error{"--param dist=" + dist +
                               ": not one of uniform, const, multiples, zipf"};
    }
    [[nodiscard]] static std::vector<tick> draws(const lab::request& what, rng& random,
                                                 const std::string& dist) {
        std::vector<tick> all(k_draws);
        for (tick& delay : all) delay = one(random, dist, table(what));
        return all;
    }

    tick table_;
    bool expires_;
    population<V> control_;  ///< the same number of timers with uniform times
    moments mine_;
    moments beside_;
};

}  // namespace cyclone::timer
