// When is the next deadline? The question that a loop asks before it sleeps.
#pragma once

#include <set>
#include <string>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

inline constexpr std::size_t k_asks = 16;  ///< questions a batch, in one state

/// Asks so often that what surrounds the asking is small; each time anew.
template <class Ask>
std::uint64_t ask_again(Ask ask) {
    tick sum = 0;
    for (std::size_t i = 0; i < k_asks; ++i) {
        sum += ask();
        asm volatile("" : "+r"(sum) : : "memory");
    }
    return k_asks;
}

/// next: n timeouts pending, the earliest of which fires and starts again between the batches; an
/// operation is one next_deadline(). how=walk asks a tree of as many deadlines instead, which is
/// walked down from its root to the left as a tree must that does not keep its leftmost node.
template <class V>
class next_asked final : public timer_batches<V> {
 public:
    next_asked(const lab::request& what, rng random)
        : timer_batches<V>(what.n, timeout_draws(random, k_draws), random), walks_(walks(what)) {
        if (walks_) {
            for (std::size_t i = 0; i < what.n; ++i) tree_.insert(this->all_.draw());
        } else {
            this->all_.start_again = true;
            this->all_.load(what.n);
        }
    }
    void prepare() override {
        for (std::size_t i = 0; i < k_changes; ++i) walks_ ? change_tree() : change_timers();
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 128; }

 protected:
    std::uint64_t measured() override {
        if (walks_) return ask_again([this] { return *tree_.lower_bound(0); });
        return ask_again([this] { return this->all_.timers.next_deadline(); });
    }

 private:
    static constexpr std::size_t k_changes = 8;

    void change_timers() {
        V& timers = this->all_.timers;
        timers.advance(timers.next_deadline());
    }
    void change_tree() {
        const tick first = *tree_.begin();
        tree_.erase(tree_.begin());
        tree_.insert(first + this->all_.draw());
    }
    [[nodiscard]] static bool walks(const lab::request& what) {
        const std::string how = what.param("how", std::string("ask"));
        if (how != "ask" && how != "walk")
            throw lab::usage_error{"--param how=" + how + ": not one of ask, walk"};
        return how == "walk";
    }

    bool walks_;
    std::multiset<tick> tree_;  ///< how=walk only
};

/// gaps: of the next 4096 ticks every n-th has a deadline, from the first or the n-th or any
/// between on, as often as any other; n = 4096 leaves a single timer. All are started anew between
/// the batches, at another time. An operation is one next_deadline().
template <class V>
class gaps final : public timer_batches<V> {
    static constexpr tick k_range = 4096;

 public:
    gaps(const lab::request& what, rng random)
        : timer_batches<V>(count(what), {1}, random), gap_(what.n), random_(random) {}

    void prepare() override {
        V& timers = this->all_.timers;
        for (auto& timer : this->all_.nodes) timers.stop(timer);
        timers.advance(timers.now() + random_.uniform(k_range));
        tick deadline = timers.now() + 1 + random_.uniform(gap_);
        for (auto* timer : this->all_.shuffled) {
            timers.start(*timer, deadline);
            deadline += gap_;
        }
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 256; }

 protected:
    std::uint64_t measured() override {
        return ask_again([this] { return this->all_.timers.next_deadline(); });
    }

 private:
    [[nodiscard]] static std::size_t count(const lab::request& what) {
        if (what.n < 1 || what.n > k_range)
            throw lab::usage_error{"gaps: --n is a gap of 1 to 4096 ticks"};
        return k_range / what.n;
    }

    tick gap_;
    rng random_;
};

}  // namespace cyclone::timer
