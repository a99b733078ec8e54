// W5: hardly any timers, very far apart: a process that should sleep.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// W5, sparse: n <= 16 timers, started again as they fire; their times are loguniform:1ms..30d
/// unless ttl says otherwise. A loop asks for the next deadline and sleeps until it, or until the
/// outside wakes it: after 1 to 2^40 ticks, every scale as often (param jump: log2 of the longest).
/// An operation is one turn: next_deadline() and advance(). values: wakeups that the timers asked
/// for, a turn; the share of them that found nothing due; what next_deadline() costs in ns and
/// work, as seen by a caller who has just advanced.
template <class V>
class sparse final : public lab::batches {
    static constexpr std::uint64_t k_n_max = 16;
    static constexpr std::size_t k_turns = 256;

 public:
    sparse(const lab::request& what, rng random)
        : random_(random),
          n_(what.n),
          draws_(ttl_draws(what, random_, k_draws, "loguniform:1ms..30d")) {
        if (n_ > k_n_max) throw lab::usage_error{"workload sparse has at most 16 timers: --n 16"};
        const std::uint64_t most = what.param("jump", std::uint64_t{40});
        if (most < 1 || most > 40) throw lab::usage_error{"--param jump: 1 to 40 (log2 of ticks)"};
        // A scheme with a near horizon is jumped less far, so that time does not run out.
        const auto horizon = static_cast<double>(V::k_traits.horizon);
        longest_ = std::min(static_cast<double>(most), std::log2(horizon) - 12);
        for (tick& delta : draws_) delta = std::min(delta, V::k_traits.horizon / 8);
        again();
    }

    void forget() override {
        turns_ = asked_ = spurious_ = 0;
        all_->fired = 0;
        next_ns_.clear();
        next_work_ = 0;
    }
    void prepare() override {
        if (all_->timers.now() > V::k_traits.horizon / 4) again();
        for (tick& jump : jumps_) jump = static_cast<tick>(std::exp2(random_.unit() * longest_));
    }
    std::uint64_t run() override {
        V& timers = all_->timers;
        const work_totals before = timers.work().totals();
        for (const tick jump : jumps_) {
            const tick now = timers.now();
            const tick next = timers.next_deadline();
            const bool own = next - now <= jump;
            const std::size_t fired = timers.advance(own ? next : now + jump);
            asked_ += own ? 1 : 0;
            spurious_ += own && fired == 0 ? 1 : 0;
            if (timers.now() > V::k_traits.horizon / 2) break;
        }
        turns_ += k_turns;
        spent_ = spent_ + (timers.work().totals() - before);
        return k_turns;
    }
    /// What next_deadline() costs is looked at between the batches, over states as they come.
    void restore() override {
        V& timers = all_->timers;
        const std::uint64_t before = timers.work().totals().sum();
        const std::int64_t begun = clock::monotonic_ns();
        tick sum = 0;
        for (std::size_t i = 0; i < k_turns; ++i) {
            sum += timers.next_deadline();
            asm volatile("" : "+r"(sum) : : "memory");  // asked anew each time
        }
        next_ns_.push_back(static_cast<double>(clock::monotonic_ns() - begun) / k_turns);
        next_work_ += timers.work().totals().sum() - before;
    }

    [[nodiscard]] std::uint64_t fixed_batches() const override { return 16; }
    [[nodiscard]] std::optional<work_totals> work() const override {
        if constexpr (counts_work<V>) return spent_;
        return std::nullopt;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = all_->values();
        const auto turns = static_cast<double>(turns_);
        found["wakeups"] = static_cast<double>(asked_) / turns;
        found["spurious_share"] =
            asked_ == 0 ? 0 : static_cast<double>(spurious_) / static_cast<double>(asked_);
        if (next_ns_.empty()) return found;
        std::vector<double> sorted = next_ns_;
        std::sort(sorted.begin(), sorted.end());
        found["next_ns"] = sorted[sorted.size() / 2];
        if constexpr (counts_work<V>)
            found["next_work"] =
                static_cast<double>(next_work_) / static_cast<double>(k_turns * next_ns_.size());
        return found;
    }
    [[nodiscard]] std::uint64_t digest() const override { return digest_ + all_->digest; }

 private:
    /// Time starts over, well before it ends.
    void again() {
        if (all_) digest_ = digest_ * 31 + all_->digest;
        all_.emplace(n_, draws_, random_);
        all_->start_again = true;
        all_->load(n_);
    }

    rng random_;
    std::size_t n_;
    std::vector<tick> draws_;
    std::vector<tick> jumps_ = std::vector<tick>(k_turns);
    double longest_ = 40;
    std::optional<population<V>> all_;
    work_totals spent_;
    std::uint64_t turns_ = 0;
    std::uint64_t asked_ = 0;
    std::uint64_t spurious_ = 0;
    std::vector<double> next_ns_;
    std::uint64_t next_work_ = 0;
    std::uint64_t digest_ = 0;
};

}  // namespace cyclone::timer
