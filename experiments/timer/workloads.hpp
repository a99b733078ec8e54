// The workloads of a timer benchmark, templates over the variant. What each one does, who starts
// and who stops, is said above it; the numbers W1, W2, W3 are those of the timer literature:
// timeouts that are almost always cancelled, keep-alives that are restarted, and the hold model.
//
// Ticks are abstract. Random draws are made outside the measured region.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/rng.hpp"
#include "lab/bench.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

/// What a fired timer does in a benchmark: counts, and perhaps starts again.
template <class V>
struct population {
    using node = typename V::node;

    V timers;
    std::vector<node> nodes;
    std::vector<tick> deltas;  ///< drawn beforehand, used in turn
    std::size_t next_delta = 0;
    std::uint64_t fired = 0;
    std::uint64_t digest = 0;
    bool start_again = false;

    population(std::size_t count, std::vector<tick> draws)
        : timers(0), nodes(count), deltas(std::move(draws)) {
        for (node& timer : nodes) timer.bind(&population::on_fire, this);
    }

    [[nodiscard]] tick draw() noexcept {
        if (++next_delta == deltas.size()) next_delta = 0;
        return deltas[next_delta];
    }

    /// Starts nodes [0, count), in the order in which this variant loads fastest.
    void load(std::size_t count) {
        std::vector<tick> ahead(count);
        for (tick& delta : ahead) delta = draw();
        if (V::k_traits.load == load_order::ascending) std::sort(ahead.begin(), ahead.end());
        if (V::k_traits.load == load_order::descending) std::sort(ahead.rbegin(), ahead.rend());
        for (std::size_t i = 0; i < count; ++i) timers.start(nodes[i], timers.now() + ahead[i]);
    }

    /// Lets timers expire and start again for a few mean lifetimes, so that those pending have
    /// different ages; in long steps, since nothing is measured yet.
    void age(tick step, std::size_t steps) {
        for (std::size_t i = 0; i < steps; ++i) timers.advance(timers.now() + step);
        fired = 0;
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
    timer_batches(std::size_t count, std::vector<tick> draws) : all_(count, std::move(draws)) {}
    ~timer_batches() override {
        for (auto& timer : all_.nodes) all_.timers.stop(timer);
    }
    [[nodiscard]] std::optional<work_totals> work() const override {
        if constexpr (counts_work<V>) return spent_;
        return std::nullopt;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        return {{"fixed_bytes", static_cast<double>(all_.timers.fixed_bytes())},
                {"fired", static_cast<double>(all_.fired)}};
    }
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

/// Delays of network timeouts: lognormal with 99 % between 200 and 30 000 ticks (0.2 s to 30 s).
inline std::vector<tick> timeout_draws(rng& random, std::size_t count) {
    const double mu = (std::log(200.0) + std::log(30000.0)) / 2;
    const double sigma = (std::log(30000.0) - std::log(200.0)) / (2 * 2.5758);
    std::vector<tick> draws(count);
    for (tick& delta : draws) delta = 1 + static_cast<tick>(random.lognormal(mu, sigma));
    return draws;
}

/// Delays with mean `mean` ticks: exp, uniform on (0, 2 mean), or const.
inline std::vector<tick> interval_draws(rng& random, std::size_t count, const std::string& dist,
                                        double mean) {
    std::vector<tick> draws(count);
    for (tick& delta : draws) {
        double value = mean;
        if (dist == "exp") value = random.exponential(mean);
        if (dist == "uniform") value = 2 * mean * random.unit();
        delta = 1 + static_cast<tick>(value);
    }
    return draws;
}

inline void require_dist(const std::string& dist, bool with_const) {
    if (dist == "exp" || dist == "uniform" || (with_const && dist == "const")) return;
    throw lab::usage_error{"--param dist=" + dist + ": not one of exp, uniform" +
                           (with_const ? ", const" : "")};
}

inline constexpr std::size_t k_batch = 1024;
inline constexpr std::size_t k_draws = 1U << 16;
inline constexpr tick k_age_step = 128;
inline constexpr std::size_t k_age_steps = 128;  // 16 384 ticks: several mean timeouts

/// Batches that a counting meter runs of a workload whose batch is one tick: enough to cross a
/// boundary of a wheel of 64 slots, fewer where a single START walks a list.
template <class V>
[[nodiscard]] constexpr std::uint64_t counted_batches() {
    return V::k_traits.start == growth::n ? 8 : 128;
}

/// start, stop: n timers pending, time stands still; a batch more, an eighth of n, is started and
/// stopped again, in random order. Only one of the two halves is measured.
template <class V>
class start_or_stop final : public timer_batches<V> {
 public:
    start_or_stop(const lab::request& what, rng random, bool measure_start)
        : timer_batches<V>(what.n + batch_for(what.n), timeout_draws(random, k_draws)),
          n_(what.n),
          measure_start_(measure_start),
          random_(random),
          order_(batch_for(what.n)) {
        this->all_.load(n_);
        std::iota(order_.begin(), order_.end(), n_);
    }

    void prepare() override {
        shuffle();
        if (measure_start_) return;
        start_all();
        shuffle();
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
    void shuffle() {
        for (std::size_t i = order_.size() - 1; i > 0; --i) {
            std::swap(order_[i], order_[random_.uniform(i + 1)]);
        }
    }
    void start_all() {
        auto& timers = this->all_.timers;
        for (const std::size_t i : order_) {
            timers.start(this->all_.nodes[i], timers.now() + this->all_.draw());
        }
    }
    void stop_all() {
        for (const std::size_t i : order_) this->all_.timers.stop(this->all_.nodes[i]);
    }

    std::size_t n_;
    bool measure_start_;
    rng random_;
    std::vector<std::size_t> order_;
};

/// W1, timeouts: n requests in flight, each with a timeout that its answer cancels. An operation
/// starts the timeout of a new request and stops that of a random old one; a tick passes every
/// 1024 operations, and the few timeouts that expire start again.
template <class V>
class timeouts final : public timer_batches<V> {
 public:
    timeouts(const lab::request& what, rng random)
        : timer_batches<V>(what.n + k_batch, timeout_draws(random, k_draws)),
          random_(random),
          pending_(what.n),
          idle_(k_batch),
          victims_(k_batch) {
        this->all_.start_again = true;
        this->all_.load(what.n);
        this->all_.age(k_age_step, k_age_steps);
        for (std::size_t i = 0; i < what.n; ++i) pending_[i] = &this->all_.nodes[i];
        for (std::size_t i = 0; i < k_batch; ++i) idle_[i] = &this->all_.nodes[what.n + i];
        for (std::size_t i = what.n - 1; i > 0; --i)
            std::swap(pending_[i], pending_[random_.uniform(i + 1)]);
    }

    [[nodiscard]] std::uint64_t fixed_batches() const override { return counted_batches<V>(); }
    void prepare() override {
        for (std::size_t& victim : victims_) victim = random_.uniform(pending_.size());
    }

 protected:
    std::uint64_t measured() override {
        auto& timers = this->all_.timers;
        timers.advance(timers.now() + 1);
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
};

/// W2, keep-alive: n connections, each with an idle timer that every packet restarts.
template <class V>
class restarts final : public timer_batches<V> {
 public:
    restarts(const lab::request& what, rng random)
        : timer_batches<V>(what.n, timeout_draws(random, k_draws)),
          random_(random),
          hits_(k_batch) {
        this->all_.start_again = true;
        this->all_.load(what.n);
        this->all_.age(k_age_step, k_age_steps);
    }

    [[nodiscard]] std::uint64_t fixed_batches() const override { return counted_batches<V>(); }
    void prepare() override {
        for (std::size_t& hit : hits_) hit = random_.uniform(this->all_.nodes.size());
    }

 protected:
    std::uint64_t measured() override {
        auto& timers = this->all_.timers;
        timers.advance(timers.now() + 1);
        for (const std::size_t hit : hits_)
            timers.restart(this->all_.nodes[hit], timers.now() + this->all_.draw());
        return k_batch;
    }

 private:
    rng random_;
    std::vector<std::size_t> hits_;
};

/// PER_TICK: one advance(now + 1) after another with n timers pending, over one scan of a wheel of
/// `table` slots (fewer ticks where each looks at every timer: they say as much).
/// mode=idle: nothing expires while we look; the timers lie far ahead, spread evenly over the
/// slots. mode=expire: every timer expires once during the scan and is started again outside it.
template <class V>
class ticks final : public timer_batches<V> {
 public:
    ticks(const lab::request& what, rng random)
        : timer_batches<V>(what.n, draws(what, random)),
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
        for (std::size_t i = what.n - 1; i > 0; --i) {
            std::swap(spread[i], spread[random.uniform(i + 1)]);
        }
        return spread;
    }

    bool expires_;
    std::size_t span_;
};

/// W3, hold: n timers whose intervals have mean n ticks, so that one expires a tick on average
/// whatever n is; each starts again as it expires. An operation is one expiry with its new start.
/// The population is loaded in its steady state: with what remains of intervals, not whole ones.
template <class V>
class hold final : public timer_batches<V> {
    static constexpr std::size_t k_settle_ticks = 4096;

 public:
    hold(const lab::request& what, rng random) : timer_batches<V>(what.n, remains(what, random)) {
        this->all_.start_again = true;
        this->all_.load(what.n);
        this->all_.deltas = interval_draws(random, std::max<std::size_t>(k_draws, 2 * what.n),
                                           dist(what), static_cast<double>(what.n));
        this->all_.next_delta = 0;
        this->all_.age(1, k_settle_ticks);
    }

 protected:
    std::uint64_t measured() override {
        auto& timers = this->all_.timers;
        const std::uint64_t before = this->all_.fired;
        for (std::size_t i = 0; i < k_batch; ++i) timers.advance(timers.now() + 1);
        return this->all_.fired - before;
    }

 private:
    [[nodiscard]] static std::string dist(const lab::request& what) {
        const std::string name = what.param("dist", std::string("exp"));
        require_dist(name, false);
        return name;
    }
    /// What remains of an exponential interval is exponential; of one uniform on (0, 2m), it has
    /// density (1 - x / 2m) / m, drawn by inversion.
    [[nodiscard]] static std::vector<tick> remains(const lab::request& what, rng& random) {
        const auto mean = static_cast<double>(what.n);
        if (dist(what) == "exp") return interval_draws(random, what.n, "exp", mean);
        std::vector<tick> draws(what.n);
        for (tick& delta : draws) {
            delta = 1 + static_cast<tick>(2 * mean * (1 - std::sqrt(1 - random.unit())));
        }
        return draws;
    }
};

}  // namespace cyclone::timer
