// Workloads that exist to test one published claim each: insertion into a list under Poisson
// arrivals, the worst tick at a wheel's boundary, and the accuracy of a scheme. What they find is
// in values(); they are counted, not timed.
#pragma once

#include "experiments/timer/workloads.hpp"

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
          random_(random),
          all_(what.n * 2 + 256, draws(what, random)) {
        for (auto& timer : all_.nodes) {
            timer.bind(&poisson_starts::on_fire, this);
            idle_.push_back(&timer);
        }
        const auto warm = static_cast<std::uint64_t>(5 * k_mean / gap_mean());
        for (std::uint64_t i = 0; i < warm; ++i) arrive();
        starts_ = passed_ = 0;
        population_ = 0;
    }
    ~poisson_starts() override {
        for (auto& timer : all_.nodes) all_.timers.stop(timer);
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
        const std::string dist = what.param("dist", std::string("exp"));
        require_dist(dist, true);
        return interval_draws(random, k_draws, dist, k_mean);
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

/// boundary: n timers whose deadlines lie in the second slot of the level-2 wheel of base 64 (ticks
/// 4161 to 8191), all started at tick 0. The one tick measured is the step to 4096, at which a
/// cascading wheel hands that slot down; no timer is due on it.
template <class V>
class boundary_tick final : public timer_batches<V> {
    static constexpr tick k_boundary = 4096;

 public:
    boundary_tick(const lab::request& what, rng random)
        : timer_batches<V>(what.n, draws(what, random)) {
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

/// accuracy: one timer at a time, n random (now, distance) pairs with distances log-uniform up to
/// 2^40 ticks, then every distance up to 4000 at every phase of 512, then n / 64 pairs of timers
/// whose deadlines are in one order: do they fire in it?
template <class V>
class accuracy final : public lab::batches {
 public:
    accuracy(const lab::request& what, rng random) : cases_(what.n), random_(random), timers_(0) {
        first_.bind(&accuracy::on_fire, this);
        second_.bind(&accuracy::on_fire, this);
    }

    std::uint64_t run() override {
        for (std::uint64_t i = 0; i < cases_; ++i) {
            // Time runs on from case to case; it starts over well before it ends.
            if (timers_.now() > k_tick_max / 2) return i;
            timers_.advance(timers_.now() + random_.uniform(1U << 12));
            const double exponent = random_.unit() * 40;
            one(1 + static_cast<tick>(std::exp2(exponent)));
        }
        for (tick delta = 1; delta <= 4000; ++delta) {
            for (tick phase = 0; phase < 512; ++phase) {
                timers_.advance(timers_.now() + (phase - timers_.now() & 511));
                one(delta);
            }
        }
        for (std::uint64_t i = 0; i < cases_ / 64; ++i) pair();
        return done_;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> found{
            {"cases", static_cast<double>(done_)},
            {"early", static_cast<double>(early_)},
            {"violations", static_cast<double>(violations_)},
            {"max_lateness", static_cast<double>(max_lateness_)},
            {"max_relative_lateness", max_relative_},
            {"pairs", static_cast<double>(pairs_)},
            {"pairs_out_of_order", static_cast<double>(inversions_)}};
        if (counts_work<V>) found["relinks_after_start"] = static_cast<double>(relinks_);
        return found;
    }
    [[nodiscard]] std::uint64_t digest() const override { return done_ * 31 + max_lateness_; }

 private:
    void one(tick delta) {
        const tick deadline = timers_.now() + delta;
        timers_.start(first_, deadline);
        const std::uint64_t relinks = timers_.work().totals().relinks;
        sleep_until_idle(first_);
        relinks_ += timers_.work().totals().relinks - relinks;
        ++done_;
        if (timers_.now() < deadline) {
            ++early_;
            return;
        }
        const tick late = timers_.now() - deadline;
        if (late > V::lateness_max(delta)) ++violations_;
        max_lateness_ = std::max(max_lateness_, late);
        max_relative_ =
            std::max(max_relative_, static_cast<double>(late) / static_cast<double>(delta));
    }

    /// A far timer due at d; when it is nearly due, a near one due at d + 1.
    void pair() {
        const tick far = 64 + random_.uniform(1U << 16);
        const tick deadline = timers_.now() + far;
        timers_.start(first_, deadline);
        timers_.advance(deadline - 1);
        if (!first_.pending()) return;
        timers_.start(second_, deadline + 1);
        last_fired_ = nullptr;
        sleep_until_idle(first_);
        sleep_until_idle(second_);
        ++pairs_;
        if (last_fired_ == &first_) ++inversions_;
    }

    void sleep_until_idle(const entry& timer) {
        while (timer.pending()) timers_.advance(timers_.next_deadline());
    }

    static void on_fire(void* context, entry& self) {
        static_cast<accuracy*>(context)->last_fired_ = &self;
    }

    std::uint64_t cases_;
    rng random_;
    V timers_;
    typename V::node first_;
    typename V::node second_;
    const entry* last_fired_ = nullptr;
    std::uint64_t done_ = 0;
    std::uint64_t early_ = 0;
    std::uint64_t violations_ = 0;
    tick max_lateness_ = 0;
    double max_relative_ = 0;
    std::uint64_t relinks_ = 0;
    std::uint64_t pairs_ = 0;
    std::uint64_t inversions_ = 0;
};

}  // namespace cyclone::timer
