// What a timer's life costs a wheel, by how long the life is.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"
#include "variants/timer/cascading_wheel.hpp"
#include "variants/timer/hashed_wheel.hpp"

namespace cyclone::timer {

/// lifetimes: n is the mean life of a timer in ticks, a life being uniform from n/2 to 3n/2;
/// `timers` of them (1000 unless told) are pending in the steady state. Whatever has expired is
/// started again at the next of 64 instants a mean life, with the life it is drawn, so that START
/// and the ticks can be counted apart. An operation is one life. Params: part=ticks counts all
/// advance() calls, part=starts the START calls; slots=256 takes the wheel that has so many in all
/// (below), otherwise the variant is as registered.
template <class V>
class lifetimes final : public timer_batches<V> {
    static constexpr tick k_instants = 64;  ///< starts in a mean life

 public:
    lifetimes(const lab::request& what, rng random)
        : timer_batches<V>(timers(what), lives(what, random), random),
          ticks_(part(what) == "ticks"),
          step_(std::max<tick>(what.n / k_instants, 1)) {
        for (auto& timer : this->all_.nodes) timer.bind(&lifetimes::on_fire, this);
        idle_.reserve(this->all_.nodes.size());
        const auto left = remains_of(this->all_.deltas, random, this->all_.nodes.size());
        for (std::size_t i = 0; i < left.size(); ++i)
            this->all_.timers.start(*this->all_.shuffled[i], std::max<tick>(left[i], 1));
        for (tick i = 0; i < 2 * k_instants; ++i) {  // two mean lives: placed by their starts
            pass();
            start_idle();
        }
    }
    void forget() override { this->all_.fired = 0; }
    void prepare() override { ticks_ ? void(start_idle()) : pass(); }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 2 * k_instants; }

 protected:
    std::uint64_t measured() override {
        if (!ticks_) return start_idle();
        const std::size_t before = idle_.size();
        pass();
        return idle_.size() - before;
    }

 private:
    static void on_fire(void* context, entry& self) {
        auto& here = *static_cast<lifetimes*>(context);
        here.idle_.push_back(static_cast<typename V::node*>(&self));
    }
    void pass() {
        auto& timers = this->all_.timers;
        for (tick i = 0; i < step_; ++i) timers.advance(timers.now() + 1);
    }
    std::size_t start_idle() {
        auto& timers = this->all_.timers;
        const std::size_t count = idle_.size();
        for (auto* timer : idle_) timers.start(*timer, timers.now() + this->all_.draw());
        this->all_.fired += count;
        idle_.clear();
        return count;
    }

    [[nodiscard]] static std::size_t timers(const lab::request& what) {
        const std::uint64_t count = what.param("timers", std::uint64_t{1000});
        if (count < 1 || count > 1U << 20) throw lab::usage_error{"--param timers: 1 to 2^20"};
        return count;
    }
    [[nodiscard]] static std::string part(const lab::request& what) {
        const std::string text = what.param("part", std::string("ticks"));
        if (text != "ticks" && text != "starts")
            throw lab::usage_error{"--param part=" + text + ": not one of ticks, starts"};
        return text;
    }
    [[nodiscard]] static std::vector<tick> lives(const lab::request& what, rng& random) {
        if (what.n < 2) throw lab::usage_error{"lifetimes: --n is the mean life, 2 at least"};
        std::vector<tick> draws(k_draws);
        for (tick& life : draws) life = what.n - what.n / 2 + random.uniform(what.n + 1);
        return draws;
    }

    bool ticks_;
    tick step_;
    std::vector<typename V::node*> idle_;
};

/// Schemes that come in sizes, with 256 slots in all: the paper compares them at equal memory.
template <class V>
struct with_256_slots : std::type_identity<void> {};
template <class Work, int Mutant>
struct with_256_slots<hashed_wheel<Work, Mutant>>
    : std::type_identity<hashed_wheel<Work, Mutant, 256>> {};
template <class Work, int Mutant>
struct with_256_slots<cascading_wheel<Work, Mutant>>
    : std::type_identity<cascading_wheel<Work, Mutant, 6, 4>> {};

template <class V>
[[nodiscard]] std::unique_ptr<lab::batches> make_lifetimes(const lab::request& what, rng random) {
    using sized = typename with_256_slots<V>::type;
    const std::uint64_t slots = what.param("slots", std::uint64_t{0});
    if (slots == 0) return std::make_unique<lifetimes<V>>(what, random);
    if constexpr (!std::is_void_v<sized>) {
        if (slots == 256) return std::make_unique<lifetimes<sized>>(what, random);
    }
    throw lab::usage_error{"--param slots: this variant does not come in that size"};
}

}  // namespace cyclone::timer
