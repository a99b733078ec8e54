// Insertion under Poisson arrivals, for the claims on sorted lists. Counted, not timed.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// poisson: timers start as a Poisson process and run to expiry; on average n are pending. After
/// five mean lifetimes, values.nodes_per_start is the mean number of timers that a START passes.
/// dist is that of the intervals: exp, uniform or const. The mean interval is 2^20 ticks, so that
/// two deadlines hardly ever fall on one tick.
template <class V>
class poisson_starts final : public lab::batches {
    static constexpr double k_mean = 1 << 20;

 public:
    poisson_starts(const lab::request& what, rng random)
        : mean_n_(static_cast<double>(what.n)),
          random_(random.stream(0)),  // gaps owe nothing to the intervals
          all_(what.n * 2 + 256, draws(what, random), random) {
        for (auto* timer : all_.shuffled) timer->bind(&poisson_starts::on_fire, this);
        idle_ = all_.shuffled;
        const auto warm = static_cast<std::uint64_t>(5 * k_mean / gap_mean());
        for (std::uint64_t i = 0; i < warm; ++i) arrive();
        starts_ = passed_ = 0;
        population_ = 0;
    }

    std::uint64_t run() override {
        const auto arrivals = static_cast<std::uint64_t>(20 * mean_n_) + 2000;
        for (std::uint64_t i = 0; i < arrivals; ++i) arrive();
        return arrivals;
    }
    [[nodiscard]] std::optional<work_totals> work() const override {
        if constexpr (!counts_work<V>) return std::nullopt;
        return work_totals{.nodes = passed_, .comparisons = 0, .relinks = 0, .slots = 0};
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        const auto starts = static_cast<double>(starts_);
        std::map<std::string, double> found{{"mean_pending", population_ / starts}};
        if (counts_work<V>) found["nodes_per_start"] = static_cast<double>(passed_) / starts;
        return found;
    }
    [[nodiscard]] std::uint64_t digest() const override { return all_.digest; }

 private:
    [[nodiscard]] double gap_mean() const noexcept { return k_mean / mean_n_; }

    [[nodiscard]] static std::vector<tick> draws(const lab::request& what, rng& random) {
        return interval_draws(random, k_draws, dist_param(what), k_mean);
    }

    void arrive() {
        arrival_ += random_.exponential(gap_mean());
        all_.timers.advance(std::max(all_.timers.now(), static_cast<tick>(arrival_)));
        CYCLONE_ASSERT(!idle_.empty());
        if (idle_.empty()) return;  // a Poisson population of mean n never doubles in practice
        auto& timer = *idle_.back();
        idle_.pop_back();
        population_ += static_cast<double>(all_.timers.size());
        const std::uint64_t before = all_.timers.work().totals().nodes;
        all_.timers.start(timer, all_.timers.now() + all_.draw());
        passed_ += all_.timers.work().totals().nodes - before;
        ++starts_;
    }

    static void on_fire(void* context, entry& self) {
        auto& here = *static_cast<poisson_starts*>(context);
        here.all_.digest = here.all_.digest * 31 + here.all_.timers.now();
        here.idle_.push_back(&static_cast<typename V::node&>(self));
    }

    double mean_n_;
    rng random_;
    population<V> all_;
    std::vector<typename V::node*> idle_;
    double arrival_ = 0;
    double population_ = 0;
    std::uint64_t starts_ = 0;
    std::uint64_t passed_ = 0;
};

}  // namespace cyclone::timer
