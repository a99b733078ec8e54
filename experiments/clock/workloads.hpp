// The workloads of a clock benchmark, templates over the variant.
//
//   now      what asking costs: n calls on a clock that has heard two hundred samples
//   observe  what a sample costs: n samples in a row, from birth
//   error    how far the clock is off along a scenario, in virtual time: counted, not timed
//   timers   what that does to timers (timer_drill.hpp): counted, not timed
#pragma once

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <vector>

#include "experiments/clock/floor.hpp"
#include "experiments/clock/timer_drill.hpp"
#include "lab/bench.hpp"

namespace cyclone::clock {

/// The compiler may not drop what was computed.
inline void keep(ns value) { asm volatile("" : : "r"(value)); }

/// The first n + 1 samples that a scenario lets through.
[[nodiscard]] inline std::vector<sample> samples_of(const scenario& what, std::uint64_t seed,
                                                    std::size_t n) {
    timeline line(what, seed);
    course along(k_second, 1'700'000'000 * k_second);
    std::vector<sample> heard;
    while (heard.size() <= n) {
        const leg l = line.next();
        along.run(l.gap, l.ppb);
        along.step(l.step);
        if (!l.asks) continue;
        if (const auto got = along.exchange(l)) heard.push_back(*got);
    }
    return heard;
}

[[nodiscard]] inline const scenario& scenario_of(const lab::request& what,
                                                 const std::string& otherwise) {
    const std::string name = what.param("scenario", otherwise);
    if (const scenario* found = find_scenario(name)) return *found;
    std::string known;
    for (const scenario& s : scenarios()) known += fmt::format(" {}", s.name);
    throw lab::usage_error{fmt::format("--param scenario={}: one of{}", name, known)};
}

inline void require_counted(const lab::request& what) {
    if (what.by == lab::meter::work) return;
    throw lab::usage_error{
        fmt::format("workload {} runs in virtual time: --meter work", what.workload)};
}

/// n: calls in a batch, a microsecond of local time apart. A server asks about as often.
template <class V>
class asking final : public lab::batches {
    static constexpr std::size_t k_heard = 200;
    static constexpr ns k_apart = 1000;

 public:
    explicit asking(const lab::request& what) : calls_(what.n) {
        const auto heard = samples_of(*find_scenario("skewed"), what.seed, k_heard);
        clock_.emplace(settings{}, heard.front());
        for (const sample& s : heard) clock_->observe(s);
        begin_ = heard.back().local;
    }
    void prepare() override { local_ = begin_; }
    std::uint64_t run() override {
        ns sum = 0;
        for (std::uint64_t i = 0; i < calls_; ++i) {
            const ns shown = clock_->now(local_);
            keep(shown);
            sum ^= shown;
            local_ += k_apart;
        }
        digest_ = static_cast<std::uint64_t>(sum);
        return calls_;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 4; }
    [[nodiscard]] std::uint64_t digest() const override { return digest_; }

 private:
    std::uint64_t calls_;
    std::optional<V> clock_;
    ns begin_ = 0;
    ns local_ = 0;
    std::uint64_t digest_ = 0;
};

/// n: samples in a batch, each batch on a clock of its own.
template <class V>
class observing final : public lab::batches {
 public:
    explicit observing(const lab::request& what)
        : heard_(samples_of(*find_scenario("bursts"), what.seed, what.n)) {}
    void prepare() override { clock_.emplace(settings{}, heard_.front()); }
    std::uint64_t run() override {
        for (std::size_t i = 1; i < heard_.size(); ++i) clock_->observe(heard_[i]);
        return heard_.size() - 1;
    }
    void restore() override {
        digest_ = static_cast<std::uint64_t>(clock_->now(heard_.back().local));
        spent_ = spent_ + clock_->work().totals();
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 4; }
    [[nodiscard]] std::optional<work_totals> work() const override { return spent_; }
    [[nodiscard]] std::uint64_t digest() const override { return digest_; }

 private:
    std::vector<sample> heard_;
    std::optional<V> clock_;
    work_totals spent_;
    std::uint64_t digest_ = 0;
};

/// n: legs of the scenario, a second each at most, after an hour that does not count. Params:
/// scenario.
template <class V>
class erring final : public lab::batches {
    static constexpr std::uint64_t k_warm_up = 3600;

 public:
    explicit erring(const lab::request& what)
        : along_(scenario_of(what, "calm")), seed_(what.seed), legs_(what.n) {
        require_counted(what);
    }
    std::uint64_t run() override {
        const auto found =
            check_scenario(&make_any<V>, along_, seed_, legs_ + k_warm_up, &seen_, k_warm_up);
        broken_ = found ? 1 : 0;
        return std::max<std::uint64_t>(seen_.probes, 1);
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> out{{"violations", static_cast<double>(broken_)},
                                          {"probes", static_cast<double>(seen_.probes)},
                                          {"samples", static_cast<double>(seen_.samples)},
                                          {"bound_max_ns", static_cast<double>(seen_.bound_max)},
                                          {"error_over_bound_max", seen_.tightness},
                                          {"rate_max_ppm", seen_.rate_max_ppm}};
        put_quantiles(out, "", seen_.errors);
        out.erase("early_share");
        return out;
    }
    [[nodiscard]] std::uint64_t digest() const override {
        return static_cast<std::uint64_t>(seen_.error_max) * 31 + seen_.probes;
    }

 private:
    scenario along_;
    std::uint64_t seed_;
    std::uint64_t legs_;
    findings seen_;
    unsigned broken_ = 0;
};

/// n: timers of 30 s, for an hour after an hour that does not count. Params: scenario, due (after:
/// so long after the start; at: at an instant of reference time). The same timers on the counter as
/// it stands, set once and never corrected, are the control: values that begin with raw_.
template <class V>
class driving final : public lab::batches {
 public:
    explicit driving(const lab::request& what)
        : along_(scenario_of(what, "skewed")), seed_(what.seed) {
        require_counted(what);
        if (what.n > k_timers_max) {
            throw lab::usage_error{fmt::format("--n at most {} timers", k_timers_max)};
        }
        const std::string when = what.param("due", std::string("after"));
        if (when != "after" && when != "at") {
            throw lab::usage_error{"--param due: after or at, not " + when};
        }
        how_.when = when == "after" ? due::after : due::at;
        how_.timers = what.n;
    }
    std::uint64_t run() override {
        constexpr ns k_measured = 3600 * k_second;
        timer_drill mine(&make_any<V>, along_, seed_, how_);
        mine.run(k_measured);
        timer_drill raw(&make_any<floor<>>, along_, seed_, how_);
        raw.run(k_measured);
        found_.clear();
        put_quantiles(found_, "", mine.lateness());
        put_quantiles(found_, "raw_", raw.lateness());
        found_["fired"] = static_cast<double>(mine.lateness().size());
        found_["off_p99_over_raw"] = found_["off_p99_ns"] / std::max(1.0, found_["raw_off_p99_ns"]);
        return mine.lateness().size();
    }
    [[nodiscard]] std::map<std::string, double> values() const override { return found_; }
    [[nodiscard]] std::uint64_t digest() const override {
        const auto at = found_.find("off_max_ns");
        return at == found_.end() ? 0 : static_cast<std::uint64_t>(at->second);
    }

 private:
    static constexpr std::uint64_t k_timers_max = 10'000;

    scenario along_;
    std::uint64_t seed_;
    timer_drill::plan how_;
    std::map<std::string, double> found_;
};

}  // namespace cyclone::clock
