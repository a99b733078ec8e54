// W1 with a given share of cancelled timers.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"
#include "experiments/timer/workloads/timeouts.hpp"
#include "experiments/timer/workloads/watch.hpp"

namespace cyclone::timer {

/// W1 with --param cancel=p: requests arrive as a Poisson process, so fast that n are in flight on
/// average. With probability p a request is answered, at a uniformly random instant before its
/// timeout, and the timer is stopped; otherwise the timer expires. An operation is one request. The
/// loop turns when something arrives or is answered, and not in every tick.
///
/// When and what is decided in prepare(); the measured part does it. A timer that fires late, as
/// some schemes allow, gives its node back late; spare nodes see to that.
template <class V>
class requests final : public timer_batches<V> {
    using node = typename V::node;

 public:
    requests(const lab::request& what, rng random)
        : timer_batches<V>(what.n + what.n / 2 + k_batch, ttl_draws(what, random, k_draws), random),
          random_(random),
          cancel_(number_param(what, "cancel", 0, 0, 1)),
          gap_(mean_of(this->all_.deltas) * (1 - cancel_ / 2) / static_cast<double>(what.n)),
          watch_(what, false) {
        for (node* timer : this->all_.shuffled) timer->bind(&requests::on_fire, this);
        idle_.assign(this->all_.shuffled.rbegin(), this->all_.shuffled.rend());
        load(what.n);
        // As many requests again: what the load could not know is forgotten.
        for (std::uint64_t i = 0; i < std::max<std::uint64_t>(what.n, k_batch); i += k_batch) {
            prepare();
            measured();
        }
        forget();
    }

    void forget() override {
        watch_.forget();
        this->all_.fired = started_ = cancelled_ = dropped_ = pending_ = 0;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return counted_batches<V>(); }

    void prepare() override {
        plan_.clear();
        clock_ = std::max(clock_, static_cast<double>(this->all_.timers.now()));
        for (std::size_t i = 0; i < k_batch; ++i) {
            clock_ += random_.exponential(gap_);
            const auto arrival = static_cast<tick>(clock_);
            answer_until(arrival);
            const tick delta = this->all_.draw();
            plan_.push_back({arrival, delta, plan_answer(arrival, delta)});
        }
    }

    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = this->all_.values();
        const auto starts = static_cast<double>(started_);
        found["cancelled_share"] = static_cast<double>(cancelled_) / starts;
        found["mean_pending"] = static_cast<double>(pending_) / starts;
        found["dropped"] = static_cast<double>(dropped_);
        watch_.tell(found, "advance");
        return found;
    }

 protected:
    std::uint64_t measured() override {
        V& timers = this->all_.timers;
        for (const step& todo : plan_) {
            if (todo.when > timers.now()) watch_.advance(timers, todo.when);
            if (todo.delta == 0) {
                answer(todo.slot);
            } else {
                arrive(todo);
            }
        }
        return k_batch;
    }

 private:
    static constexpr std::size_t k_no_slot = ~std::size_t{0};

    struct step {
        tick when;
        tick delta;        // 0: an answer
        std::size_t slot;  // where the answer finds the node; k_no_slot: none comes
    };
    using due = std::pair<tick, std::size_t>;  // an answer and its slot, earliest first

    /// Requests in flight in the steady state: a long-lived one is met more often, at any age.
    void load(std::uint64_t n) {
        std::vector<std::pair<tick, tick>> lives(this->all_.deltas.size());  // deadline, end
        std::vector<tick> ends(lives.size());
        tick sum = 0;
        for (std::size_t i = 0; i < lives.size(); ++i) {
            const tick delta = this->all_.deltas[i];
            lives[i] = {delta, life(delta)};
            ends[i] = sum += lives[i].second;
        }
        std::vector<std::pair<tick, tick>> left(n);  // until the deadline, until the end
        for (auto& [deadline, end] : left) {
            const tick instant = random_.uniform(sum);
            const auto at = std::upper_bound(ends.begin(), ends.end(), instant) - ends.begin();
            const auto& [whole, lived] = lives[static_cast<std::size_t>(at)];
            end = ends[static_cast<std::size_t>(at)] - instant;
            deadline = whole - (lived - end);
        }
        if (V::k_traits.load == load_order::ascending) std::sort(left.begin(), left.end());
        if (V::k_traits.load == load_order::descending) std::sort(left.rbegin(), left.rend());
        for (const auto& [deadline, end] : left)
            arrive({0, deadline, end < deadline ? slot_for(end) : k_no_slot});
    }

    /// How long a request lives that has `delta` ticks: to its deadline, or until it is answered.
    [[nodiscard]] tick life(tick delta) {
        if (delta < 2 || random_.unit() >= cancel_) return delta;
        return 1 + random_.uniform(delta - 1);
    }
    [[nodiscard]] std::size_t plan_answer(tick arrival, tick delta) {
        const tick lived = life(delta);
        return lived < delta ? slot_for(arrival + lived) : k_no_slot;
    }
    /// A slot is given out again as soon as its answer is planned: plans are done in their order.
    [[nodiscard]] std::size_t slot_for(tick when) {
        if (free_slots_.empty()) {
            free_slots_.push_back(slots_.size());
            slots_.push_back(nullptr);
        }
        const std::size_t slot = free_slots_.back();
        free_slots_.pop_back();
        answers_.emplace(when, slot);
        return slot;
    }
    void answer_until(tick when) {
        for (; !answers_.empty() && answers_.top().first <= when; answers_.pop()) {
            plan_.push_back({answers_.top().first, 0, answers_.top().second});
            free_slots_.push_back(answers_.top().second);
        }
    }

    void arrive(const step& todo) {
        if (idle_.empty()) {  // only if more timers are late than there are spare nodes
            ++dropped_;
            return;
        }
        node* const timer = idle_.back();
        idle_.pop_back();
        V& timers = this->all_.timers;
        timers.start(*timer, timers.now() + todo.delta);
        ++started_;
        pending_ += this->all_.nodes.size() - idle_.size();
        if (todo.slot != k_no_slot) slots_[todo.slot] = timer;
    }
    void answer(std::size_t slot) {
        node* const timer = std::exchange(slots_[slot], nullptr);
        if (timer == nullptr || !this->all_.timers.stop(*timer)) return;
        ++cancelled_;
        idle_.push_back(timer);
    }

    static void on_fire(void* context, entry& self) {
        auto& here = *static_cast<requests*>(context);
        ++here.all_.fired;
        here.all_.digest = here.all_.digest * 31 + here.all_.timers.now();
        here.idle_.push_back(static_cast<node*>(&self));
    }

    rng random_;
    double cancel_;
    double gap_;  // ticks between two arrivals
    double clock_ = 0;
    std::vector<step> plan_;
    std::priority_queue<due, std::vector<due>, std::greater<>> answers_;
    std::vector<node*> slots_;
    std::vector<std::size_t> free_slots_;
    std::vector<node*> idle_;
    std::uint64_t started_ = 0;
    std::uint64_t cancelled_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t pending_ = 0;  // summed over the starts
    watch<V> watch_;
};

/// The two forms of W1 under one name.
template <class V>
[[nodiscard]] std::unique_ptr<lab::batches> make_timeouts(const lab::request& what, rng random) {
    if (what.params.contains("cancel")) return std::make_unique<requests<V>>(what, random);
    return std::make_unique<timeouts<V>>(what, random);
}

}  // namespace cyclone::timer
