// The workloads of a counter benchmark, templates over the variant.
//
//   next   threads that call next() as fast as they can, with a little work of their own in between
//   paced  one thread that calls next() at instants fixed beforehand (lab/open_loop.hpp)
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include "base/cache_line.hpp"
#include "base/rng.hpp"
#include "counter/counter.hpp"
#include "lab/bench.hpp"
#include "lab/open_loop.hpp"
#include "lab/thread_driver.hpp"

namespace cyclone::counter {

/// The compiler may not drop what was computed.
inline void keep(std::uint64_t value) { asm volatile("" : : "r"(value)); }

/// Local work: a chain of `steps` multiplications, about a nanosecond each. A count and not a time,
/// so that every variant and every run does the same.
inline void think(std::uint64_t steps) {
    std::uint64_t chain = steps;
    for (; steps > 0; --steps) {
        chain = chain * 0x9e3779b97f4a7c15 + 1;
        asm volatile("" : "+r"(chain));
    }
}

/// A thread that sleeps. In a process of one thread glibc's mutex leaves its atomic operations out,
/// and a lock looks cheaper than fetch-and-add; where counters are shared there is another thread.
class bystander {
 public:
    bystander() : thread_([this] { end_.acquire(); }) {}
    ~bystander() {
        end_.release();
        thread_.join();
    }
    bystander(const bystander&) = delete;
    bystander& operator=(const bystander&) = delete;

 private:
    std::binary_semaphore end_{0};
    std::thread thread_;
};

/// What one thread counts in all variants with one thread: the same for all that keep S2.
template <class V>
[[nodiscard]] std::uint64_t first_numbers_digest() {
    const auto counter = std::make_unique<V>();
    typename V::handle handle(*counter);
    std::uint64_t digest = 0;
    for (int i = 0; i < 64; ++i) digest = digest * 31 + handle.next();
    return digest;
}

/// Params: threads, think (the most steps of local work between two calls; uniform from 0, without
/// which the thread that has the line keeps it). n: calls of each thread in a batch.
/// A batch ends when the last thread has done its n. What each thread gets done when nobody waits
/// for it, the fairness, is measured apart, in a round of fixed time before the batches.
template <class V>
class crowd final : public lab::batches {
 public:
    explicit crowd(const lab::request& what)
        : calls_(what.n), think_(what.param("think", std::uint64_t{0})) {
        const std::uint64_t threads = what.param("threads", std::uint64_t{1});
        if (threads == 0 || threads > k_threads_max) {
            throw lab::usage_error{fmt::format("--param threads: 1 to {}", k_threads_max)};
        }
        if (think_ > k_think_max) {
            throw lab::usage_error{fmt::format("--param think: 0 to {}", k_think_max)};
        }
        if (what.by != lab::meter::time && threads > 1) {
            throw lab::usage_error{
                "only --meter time can measure more than one thread: "
                "what they do depends on how they meet"};
        }
        auto team = lab::thread_team::start(static_cast<unsigned>(threads), what.cpus);
        if (!team) throw lab::usage_error{to_string(team.error())};
        team_ = std::move(*team);
        const rng seed(what.seed);
        for (unsigned i = 0; i < threads; ++i) {
            workers_.push_back(std::make_unique<worker>(counter_, seed.stream(i)));
        }
        if (what.by == lab::meter::time && threads > 1) measure_fairness(what.min_time_s);
    }

    void forget() override { skew_ = {}; }
    void prepare() override {
        team_->muster([this](unsigned index, lab::stop_flag&) {
            return lab::repeat_count(calls_, [&, me = workers_[index].get()] { return step(*me); });
        });
    }
    std::uint64_t run() override {
        const lab::round_report done = team_->go();
        skew_.record(static_cast<std::uint64_t>(done.skew_ns));
        return done.total().ops;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }
    [[nodiscard]] std::vector<lab::thread_record> threads() const override { return fairness_; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        if (team_->size() == 1) return {};
        return {{"start_skew_p50_ns", static_cast<double>(skew_.quantile(0.5))},
                {"start_skew_max_ns", static_cast<double>(skew_.max())}};
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_numbers_digest<V>(); }

 private:
    static constexpr std::uint64_t k_threads_max = 256;
    static constexpr std::uint64_t k_think_max = 1'000'000;

    struct alignas(k_no_false_sharing) worker {
        worker(V& counter, rng draws) : handle(counter), random(draws) {}
        typename V::handle handle;
        rng random;
    };

    bool step(worker& me) {
        keep(me.handle.next());
        if (think_ > 0) think(me.random.uniform(think_ + 1));
        return true;
    }

    void measure_fairness(double min_time_s) {
        const auto window_ns = static_cast<std::int64_t>(std::clamp(min_time_s, 0.01, 0.1) * 1e9);
        fairness_ =
            team_
                ->run([&](unsigned index, lab::stop_flag& stop) {
                    return lab::repeat_for(window_ns, stop,
                                           [&, me = workers_[index].get()] { return step(*me); });
                })
                .threads;
    }

    bystander asleep_;
    V counter_;
    std::uint64_t calls_;
    std::uint64_t think_;
    std::vector<std::unique_ptr<worker>> workers_;
    std::vector<lab::thread_record> fairness_;
    lab::histogram skew_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

/// Params: rate (calls a second), arrivals (fixed, poisson). n: calls in a batch. The time of a
/// batch is what the schedule says; what is measured are the latencies.
template <class V>
class paced final : public lab::batches {
 public:
    explicit paced(const lab::request& what) : handle_(counter_) {
        if (what.by != lab::meter::time) {
            throw lab::usage_error{
                "workload paced is measured with --meter time only: "
                "it waits for the clock"};
        }
        const std::uint64_t rate = what.param("rate", std::uint64_t{100'000});
        if (rate == 0 || rate > k_rate_max) {
            throw lab::usage_error{fmt::format("--param rate: 1 to {} a second", k_rate_max)};
        }
        if (what.n / rate > k_seconds_max) {
            throw lab::usage_error{
                fmt::format("--n {} at {} a second takes more than {} s: ask "
                            "for fewer",
                            what.n, rate, k_seconds_max)};
        }
        rng random(what.seed);
        when_ = lab::make_schedule(arrivals_of(what.param("arrivals", std::string{"fixed"})),
                                   static_cast<double>(rate), what.n, random);
    }

    void forget() override { *spent_ = {}; }
    std::uint64_t run() override {
        lab::run_open_loop(when_, *spent_, [this] { keep(handle_.next()); });
        return when_.due_ns.size();
    }
    [[nodiscard]] std::optional<lab::latency_record> latency() const override {
        return spent_->written(when_.rate_per_s);
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_numbers_digest<V>(); }

 private:
    static constexpr std::uint64_t k_rate_max = 5'000'000;
    static constexpr std::uint64_t k_seconds_max = 60;

    static lab::arrivals arrivals_of(const std::string& name) {
        if (name == "fixed") return lab::arrivals::fixed;
        if (name == "poisson") return lab::arrivals::poisson;
        throw lab::usage_error{"--param arrivals: fixed or poisson, not " + name};
    }

    bystander asleep_;
    V counter_;
    typename V::handle handle_;
    lab::schedule when_;
    std::unique_ptr<lab::latencies> spent_ = std::make_unique<lab::latencies>();
};

}  // namespace cyclone::counter
