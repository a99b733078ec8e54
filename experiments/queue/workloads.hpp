// The workloads of a queue benchmark, templates over the variant.
//
//   transfer   one producer and one consumer, both as fast as they can: timers-queues P1
//   fan_in     several producers, one consumer: P4 without its pauses
//   pingpong   two threads and two queues, one item on its way: P2
//   pair       one thread that pushes and pops: what the calls cost when nobody else is there
//
// An operation is an item (pingpong: a round trip). Whoever cannot go on pauses, and yields after a
// while (base/spin.hpp). What that came to is in the values: tries that found the queue full or
// empty for each item, and how much of a round all threads were at work together: a figure of
// threads that did not meet is a figure of something else.
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "base/spin.hpp"
#include "experiments/counter/workloads.hpp"
#include "lab/bench.hpp"
#include "lab/thread_driver.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

using counter::bystander;
using counter::keep;

inline constexpr std::uint64_t k_ring_default = 1024;
inline constexpr std::uint64_t k_ring_max = 1U << 20;

/// Param capacity of a request.
[[nodiscard]] inline std::size_t ring_of(const lab::request& what) {
    const std::uint64_t capacity = what.param("capacity", k_ring_default);
    if (capacity == 0 || capacity > k_ring_max) {
        throw lab::usage_error{fmt::format("--param capacity: 1 to {}", k_ring_max)};
    }
    return capacity;
}

/// The same items in all variants; their order, which a stack turns round, is not in it.
template <class V>
[[nodiscard]] std::uint64_t first_items_digest() {
    const auto queue = std::make_unique<V>(std::size_t{64});
    std::uint64_t digest = 0;
    for (std::uint64_t item = 0; item < 64; ++item) {
        if (!queue->try_push(std::uint64_t{item})) return 0;
    }
    for (int i = 0; i < 64; ++i) {
        const auto one = queue->try_pop();
        digest += one ? *one * *one + 1 : 0;
    }
    return digest;
}

/// Pushes until it succeeds; returns how many tries did not.
template <class V>
std::uint64_t push_surely(V& queue, std::uint64_t item) {
    std::uint64_t failed = 0;
    for (spin_wait<> wait; !queue.try_push(std::uint64_t{item}); wait.once()) ++failed;
    return failed;
}

/// Pops until there is an item; returns how many tries found none.
template <class V>
std::uint64_t pop_surely(V& queue) {
    std::uint64_t failed = 0;
    for (spin_wait<> wait;; wait.once(), ++failed) {
        const auto one = queue.try_pop();
        if (!one) continue;
        keep(*one);
        return failed;
    }
}

/// How long a team was at work together, over all rounds.
class togetherness {
 public:
    void add(const lab::round_report& done) {
        skew_.record(static_cast<std::uint64_t>(done.skew_ns));
        const auto wall = static_cast<double>(std::max<std::int64_t>(done.wall_ns, 1));
        // Intervals inside one of length `wall`: all of them overlap for at least this long.
        double together = wall;
        for (const lab::thread_record& one : done.threads) {
            together -= wall - static_cast<double>(one.wall_ns);
        }
        least_ = std::min(least_, std::max(together, 0.0) / wall);
    }
    void write_to(std::map<std::string, double>& values) const {
        values["overlap_min"] = least_;
        values["start_skew_p50_ns"] = static_cast<double>(skew_.quantile(0.5));
        values["start_skew_max_ns"] = static_cast<double>(skew_.max());
    }

 private:
    lab::histogram skew_;
    double least_ = 1;
};

[[nodiscard]] inline std::unique_ptr<lab::thread_team> team_of(std::uint64_t threads,
                                                               const lab::request& what) {
    if (what.by != lab::meter::time) {
        throw lab::usage_error{
            "only --meter time can measure more than one thread: what they do depends on how they "
            "meet"};
    }
    auto team = lab::thread_team::start(static_cast<unsigned>(threads), what.cpus);
    if (!team) throw lab::usage_error{to_string(team.error())};
    return std::move(*team);
}

/// Params: capacity; of fan_in also producers. n: items in a batch, shared out among producers.
/// Thread 0 is the consumer. A batch ends when it has everything.
template <class V>
class transfer final : public lab::batches {
 public:
    explicit transfer(const lab::request& what)
        : queue_(ring_of(what)), items_(what.n), producers_(producers_of(what)) {
        if (items_ < producers_) {
            throw lab::usage_error{fmt::format("--n {}: at least one item for each of {} producers",
                                               items_, producers_)};
        }
        team_ = team_of(producers_ + 1, what);
    }

    void forget() override {
        met_ = {};
        full_ = empty_ = done_ = 0;
    }
    void prepare() override {
        team_->muster([this](unsigned index, lab::stop_flag&) {
            return index == 0 ? consume() : produce(index - 1);
        });
    }
    std::uint64_t run() override {
        const lab::round_report done = team_->go();
        met_.add(done);
        done_ += items_;
        empty_ += done.threads[0].failed;
        for (std::size_t i = 1; i < done.threads.size(); ++i) full_ += done.threads[i].failed;
        return items_;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        const auto items = static_cast<double>(std::max<std::uint64_t>(done_, 1));
        std::map<std::string, double> all{{"full_per_item", static_cast<double>(full_) / items},
                                          {"empty_per_item", static_cast<double>(empty_) / items}};
        met_.write_to(all);
        return all;
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_items_digest<V>(); }

 private:
    static constexpr std::uint64_t k_producers_max = 64;

    static std::uint64_t producers_of(const lab::request& what) {
        if (what.workload != "fan_in") return 1;
        const std::uint64_t producers = what.param("producers", std::uint64_t{2});
        if (producers == 0 || producers > k_producers_max) {
            throw lab::usage_error{fmt::format("--param producers: 1 to {}", k_producers_max)};
        }
        return producers;
    }

    lab::tally produce(std::uint64_t producer) {
        const std::uint64_t rest = producer < items_ % producers_ ? 1 : 0;
        lab::tally done{items_ / producers_ + rest, 0};
        for (std::uint64_t i = 0; i < done.ops; ++i) done.failed += push_surely(queue_, i);
        return done;
    }
    lab::tally consume() {
        lab::tally done{items_, 0};
        for (std::uint64_t i = 0; i < items_; ++i) done.failed += pop_surely(queue_);
        return done;
    }

    V queue_;
    std::uint64_t items_;
    std::uint64_t producers_;
    std::uint64_t done_ = 0;
    std::uint64_t full_ = 0;
    std::uint64_t empty_ = 0;
    togetherness met_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

/// Param: capacity, which decides nothing as long as it is above 0. n: round trips in a batch.
template <class V>
class pingpong final : public lab::batches {
 public:
    explicit pingpong(const lab::request& what)
        : there_(ring_of(what)), back_(ring_of(what)), trips_(what.n), team_(team_of(2, what)) {}

    void forget() override { met_ = {}; }
    void prepare() override {
        team_->muster([this](unsigned index, lab::stop_flag&) {
            lab::tally done{trips_, 0};
            for (std::uint64_t i = 0; i < trips_; ++i) {
                if (index == 0) done.failed += push_surely(there_, i);
                done.failed += pop_surely(index == 0 ? back_ : there_);
                if (index != 0) done.failed += push_surely(back_, i);
            }
            return done;
        });
    }
    std::uint64_t run() override {
        met_.add(team_->go());
        return trips_;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> all;
        met_.write_to(all);
        return all;
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_items_digest<V>(); }

 private:
    V there_;
    V back_;
    std::uint64_t trips_;
    togetherness met_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

/// Params: capacity, inside (items that are in while it works). n: pushes in a batch, and as many
/// pops.
template <class V>
class pair final : public lab::batches {
 public:
    explicit pair(const lab::request& what) : queue_(ring_of(what)), pairs_(what.n) {
        const std::uint64_t inside = what.param("inside", std::uint64_t{0});
        if (inside >= ring_of(what)) {
            throw lab::usage_error{"--param inside: fewer than the capacity"};
        }
        for (std::uint64_t i = 0; i < inside; ++i) keep(push_surely(queue_, i));
    }

    std::uint64_t run() override {
        std::uint64_t failed = 0;
        for (std::uint64_t i = 0; i < pairs_; ++i) {
            failed += queue_.try_push(std::uint64_t{i}) ? 0 : 1;
            const auto one = queue_.try_pop();
            if (one) keep(*one);
        }
        keep(failed);
        return pairs_;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }
    [[nodiscard]] std::uint64_t digest() const override { return first_items_digest<V>(); }

 private:
    bystander asleep_;
    V queue_;
    std::uint64_t pairs_;
};

}  // namespace cyclone::queue
