// Many timers, few times to live.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// ttl_classes: n timers with k distinct times to live (param k; 0: each its own), which lie evenly
/// between 2^17 and 2^18 ticks whatever k is; they were started one after another during 2^17
/// ticks. An operation (param op) is on random ones of them: start, stop, both and next_deadline()
/// after (cycle), or next_deadline() alone.
/// ttl_count: the same with n = k, and `timers` of them.
template <class V, bool NIsClasses>
class ttl_classes final : public timer_batches<V> {
    static constexpr tick k_range = tick{1} << 17;
    enum class part : std::uint8_t { start, stop, next, cycle };

 public:
    ttl_classes(const lab::request& what, rng random)
        : timer_batches<V>(timers(what), draws(what, random), random),
          op_(part_of(what)),
          random_(random),
          some_(std::clamp<std::size_t>(timers(what) / 8, 16, k_batch)) {
        auto& all = this->all_;
        all.start_again = true;
        for (std::size_t i = 0; i < all.nodes.size(); ++i) {
            all.timers.advance(k_range * i / all.nodes.size());
            all.timers.start(*all.shuffled[i], all.timers.now() + all.draw());
        }
    }
    void prepare() override {
        auto& all = this->all_;
        all.timers.advance(all.timers.now() + 1);
        shuffle_front();
        if (op_ == part::start) stop_some();
    }
    void restore() override {
        if (op_ == part::stop) start_some();
    }

 protected:
    std::uint64_t measured() override {
        switch (op_) {
            case part::start: start_some(); break;
            case part::stop: stop_some(); break;
            case part::next: ask_some(); break;
            case part::cycle: cycle_some(); break;
        }
        return some_;
    }

 private:
    /// The first some_ of `shuffled` become a random choice.
    void shuffle_front() {
        auto& order = this->all_.shuffled;
        for (std::size_t i = 0; i < some_; ++i)
            std::swap(order[i], order[i + random_.uniform(order.size() - i)]);
    }
    void start_some() {
        auto& all = this->all_;
        for (std::size_t i = 0; i < some_; ++i)
            all.timers.start(*all.shuffled[i], all.timers.now() + all.draw());
    }
    void stop_some() {
        for (std::size_t i = 0; i < some_; ++i) this->all_.timers.stop(*this->all_.shuffled[i]);
    }
    void ask() {
        tick next = this->all_.timers.next_deadline();
        asm volatile("" : "+r"(next) : : "memory");
    }
    void ask_some() {
        for (std::size_t i = 0; i < some_; ++i) ask();
    }
    void cycle_some() {
        auto& all = this->all_;
        for (std::size_t i = 0; i < some_; ++i) {
            all.timers.stop(*all.shuffled[i]);
            all.timers.start(*all.shuffled[i], all.timers.now() + all.draw());
            if constexpr (V::k_traits.next != next_kind::none) ask();
        }
    }

    [[nodiscard]] static part part_of(const lab::request& what) {
        const std::string op = what.param("op", std::string("cycle"));
        if (op == "start") return part::start;
        if (op == "stop") return part::stop;
        if (op == "cycle") return part::cycle;
        if (op == "next" && V::k_traits.next != next_kind::none) return part::next;
        throw lab::usage_error{"--param op=" + op +
                               ": not one of start, stop, cycle, and next if it can be told"};
    }
    [[nodiscard]] static std::size_t timers(const lab::request& what) {
        const std::uint64_t count =
            NIsClasses ? what.param("timers", std::uint64_t{16384}) : what.n;
        if (count < 16 || count > 1U << 20) throw lab::usage_error{"ttl: 16 to 2^20 timers"};
        return count;
    }
    [[nodiscard]] static std::size_t classes(const lab::request& what) {
        const std::uint64_t k = NIsClasses ? what.n : what.param("k", std::uint64_t{0});
        const std::uint64_t all = timers(what);
        if (k > k_range) throw lab::usage_error{"ttl: at most 2^17 distinct times"};
        return k == 0 ? std::min<std::uint64_t>(all, k_range) : k;
    }
    /// Every class as often as any other, in random order.
    [[nodiscard]] static std::vector<tick> draws(const lab::request& what, rng& random) {
        const std::size_t k = classes(what);
        std::vector<tick> all(std::max(k_draws, k));
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = k_range + k_range / k * (i % k);
        shuffle(all, random);
        return all;
    }

    part op_;
    rng random_;
    std::size_t some_;
};

}  // namespace cyclone::timer
