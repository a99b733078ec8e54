// W6: threads that arm and cancel timers which one loop owns.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"
#include "lab/thread_driver.hpp"

namespace cyclone::timer {

/// A variant that other threads than its owner may ask to start and stop a timer.
template <class V>
concept takes_remotes = requires(V& timers, typename V::node& timer, tick deadline) {
    timers.remote_start(timer, deadline);
    timers.remote_stop(timer);
    timer.state();
};

/// What a thread meets when it wants to arm or cancel: the variant's own way where it has one, else
/// a mutex around it, which is the plain alternative.
template <class V>
class shared_timers {
 public:
    enum class outcome : std::uint8_t { armed, cancelled, not_yet };

    explicit shared_timers(V& timers) : timers_(timers) {}

    /// Arms an idle timer, cancels one that is armed. not_yet: it is still on its way out.
    outcome toggle(typename V::node& timer, tick delta) {
        if constexpr (takes_remotes<V>) {
            using state = decltype(timer.state());
            const state now = timer.state();
            if (now == state::cancelling) return outcome::not_yet;
            if (now == state::idle || now == state::fired) {
                timers_.remote_start(timer, time_.value.load(std::memory_order_relaxed) + delta);
                return outcome::armed;
            }
            timers_.remote_stop(timer);
            return outcome::cancelled;
        } else {
            const std::lock_guard held(mutex_);
            if (timers_.stop(timer)) return outcome::cancelled;
            timers_.start(timer, timers_.now() + delta);
            return outcome::armed;
        }
    }
    /// The owner's turn.
    void turn() {
        if constexpr (takes_remotes<V>) {
            timers_.advance(timers_.now() + 1);
            time_.value.store(timers_.now(), std::memory_order_relaxed);
        } else {
            const std::lock_guard held(mutex_);
            timers_.advance(timers_.now() + 1);
        }
    }

 private:
    V& timers_;
    std::mutex mutex_;
    padded<sync::native::atomic<tick>> time_;
};

/// W6, threads: thread 0 owns the timers and advances tick by tick; the others, each with its share
/// of the n nodes, pick one at random, arm it if it is idle and cancel it if it is armed. An
/// operation is one such; a batch ends when every thread has done 4096. It is measured with --meter
/// time only, since what is done depends on how the threads meet.
/// Params: threads (2 to 8; 2), ttl and tick (const:1s).
template <class V>
class threads final : public lab::batches {
    static constexpr std::uint64_t k_calls = 4096;
    static constexpr std::uint64_t k_threads_max = 8;

 public:
    threads(const lab::request& what, rng random)
        : all_(what.n, ttl_draws(what, random, k_draws, "const:1s"), random), shared_(all_.timers) {
        if (what.by != lab::meter::time)
            throw lab::usage_error{"workload threads is measured with --meter time only"};
        const std::uint64_t count = what.param("threads", std::uint64_t{2});
        if (count < 2 || count > k_threads_max)
            throw lab::usage_error{"--param threads: 2 to 8, the owner among them"};
        if (what.n < count - 1) throw lab::usage_error{"--n: at least a timer a thread"};
        auto team = lab::thread_team::start(static_cast<unsigned>(count), what.cpus);
        if (!team) throw lab::usage_error{to_string(team.error())};
        team_ = std::move(*team);
        for (unsigned i = 0; i + 1 < count; ++i)
            workers_.emplace_back(std::make_unique<worker>(random.stream(i)));
        for (std::size_t i = 0; i < all_.shuffled.size(); ++i)
            workers_[i % workers_.size()]->mine.push_back(all_.shuffled[i]);
    }
    ~threads() override {
        for (int i = 0; i < 2; ++i) shared_.turn();  // what is on its way in or out arrives
    }

    void forget() override {
        for (auto& each : workers_) each->armed = each->cancelled = 0;
        all_.fired = 0;
    }
    void prepare() override {
        left_.value.store(workers_.size(), std::memory_order_relaxed);
        for (auto& each : workers_) each->deal(all_.deltas);
        team_->muster([this](unsigned index, lab::stop_flag&) {
            return index == 0 ? own() : work(*workers_[index - 1]);
        });
    }
    std::uint64_t run() override {
        done_ = team_->go();
        return done_.total().ops;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = all_.values();
        std::uint64_t cancelled = 0;
        std::uint64_t armed = 0;
        for (const auto& each : workers_) {
            cancelled += each->cancelled;
            armed += each->armed;
        }
        found["armed"] = static_cast<double>(armed);
        found["cancelled"] = static_cast<double>(cancelled);
        return found;
    }
    /// How threads meet differs from run to run: there is no result to compare.
    [[nodiscard]] std::uint64_t digest() const override { return 0; }

 private:
    struct choice {
        std::size_t which;
        tick delta;
    };
    struct alignas(k_no_false_sharing) worker {
        explicit worker(rng draws) : random(draws), todo(k_calls) {}
        void deal(const std::vector<tick>& deltas) {
            for (choice& next : todo)
                next = {random.uniform(mine.size()), deltas[random.uniform(deltas.size())]};
        }
        rng random;
        std::vector<typename V::node*> mine;
        std::vector<choice> todo;
        std::uint64_t armed = 0;
        std::uint64_t cancelled = 0;
    };

    lab::tally own() {
        while (left_.value.load(std::memory_order_acquire) > 0) shared_.turn();
        return {};
    }
    lab::tally work(worker& me) {
        using outcome = typename shared_timers<V>::outcome;
        lab::tally done;
        for (const choice& next : me.todo) {
            const outcome what = shared_.toggle(*me.mine[next.which], next.delta);
            me.armed += what == outcome::armed ? 1 : 0;
            me.cancelled += what == outcome::cancelled ? 1 : 0;
            ++(what == outcome::not_yet ? done.failed : done.ops);
        }
        left_.value.fetch_sub(1, std::memory_order_release);
        return done;
    }

    population<V> all_;
    shared_timers<V> shared_;
    padded<sync::native::atomic<std::size_t>> left_;
    std::vector<std::unique_ptr<worker>> workers_;
    lab::round_report done_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

}  // namespace cyclone::timer
