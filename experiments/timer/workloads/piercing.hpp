// The fewest wake-ups there can be, by trying all. In virtual time, counted, not timed.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "experiments/timer/workloads/slacks.hpp"
#include "lab/bench.hpp"

namespace cyclone::timer {

/// piercing: n random cases of 1 to 12 timers, started at random instants of 40 ticks for 1 to 128
/// ticks ahead. The wake-ups of the variant, which learns of each timer when it is started, against
/// the fewest ticks that serve every timer within its slack, found with all timers known, by trying
/// every tick of every timer. values: violations are cases with more wake-ups than that,
/// impossible ones with fewer, and unserved timers fired outside their slack. Of a variant that can
/// be had with the slacks of k_slacks, all are tried, and rises are cases where more slack made
/// more wake-ups. An operation is one case.
template <class V>
class piercing final : public lab::batches {
    static constexpr std::size_t k_timers = 12;
    static constexpr tick k_starts = 40;
    static constexpr tick k_ahead = 128;
    static constexpr tick k_ticks = k_starts + 2 * k_ahead + 1;

    struct timer_plan {
        tick start, delta;
    };
    using plan = std::vector<timer_plan>;  // by start
    struct served {
        std::size_t wakeups = 0;
        std::size_t unserved = 0;
    };

 public:
    piercing(const lab::request& what, rng random) : cases_(what.n), random_(random) {}

    std::uint64_t run() override {
        for (std::uint64_t i = 0; i < cases_; ++i) {
            const plan what = draw();
            if constexpr (slack_family<V>::k_adjustable) {
                const auto wakeups = for_each_slack<V>([&]<class W>() { return one<W>(what); });
                rises_ += rises(wakeups) > 0 ? 1 : 0;
            } else {
                one<V>(what);
            }
        }
        return cases_;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> found{{"cases", static_cast<double>(tried_)},
                                            {"violations", static_cast<double>(violations_)},
                                            {"impossible", static_cast<double>(impossible_)},
                                            {"unserved", static_cast<double>(unserved_)},
                                            {"wakeups", static_cast<double>(wakeups_)},
                                            {"fewest", static_cast<double>(fewest_)}};
        if constexpr (slack_family<V>::k_adjustable) found["rises"] = static_cast<double>(rises_);
        return found;
    }
    [[nodiscard]] std::uint64_t digest() const override { return wakeups_ * 31 + fewest_; }

 private:
    [[nodiscard]] plan draw() {
        plan what(1 + random_.uniform(k_timers));
        for (timer_plan& timer : what)
            timer = {random_.uniform(k_starts), 1 + random_.uniform(k_ahead)};
        std::sort(what.begin(), what.end(),
                  [](const timer_plan& a, const timer_plan& b) { return a.start < b.start; });
        return what;
    }

    template <class W>
    std::size_t one(const plan& what) {
        const served got = serve<W>(what);
        const std::size_t least = fewest<W>(what);
        ++tried_;
        wakeups_ += got.wakeups;
        fewest_ += least;
        unserved_ += got.unserved;
        violations_ += got.wakeups > least ? 1 : 0;
        impossible_ += got.wakeups < least && got.unserved == 0 ? 1 : 0;
        return got.wakeups;
    }

    /// What the variant does: it wakes where it says, and is told of a timer at its start.
    template <class W>
    [[nodiscard]] served serve(const plan& what) {
        W timers(0);
        std::vector<typename W::node> nodes(what.size());
        std::vector<bool> pending(what.size());
        served got;
        const auto wake_until = [&](tick limit) {
            for (tick next = timers.next_deadline(); next <= limit; next = timers.next_deadline()) {
                got.wakeups += timers.advance(next) > 0 ? 1 : 0;
                for (std::size_t i = 0; i < what.size(); ++i) {
                    if (!pending[i] || nodes[i].pending()) continue;
                    pending[i] = false;
                    const tick due = what[i].start + what[i].delta;
                    if (next < due || next - due > W::lateness_max(what[i].delta)) ++got.unserved;
                }
            }
        };
        for (std::size_t i = 0; i < what.size(); ++i) {
            wake_until(what[i].start);
            if (what[i].start > timers.now()) timers.advance(what[i].start);
            nodes[i].bind([](void*, entry&) {}, nullptr);
            timers.start(nodes[i], what[i].start + what[i].delta);
            pending[i] = true;
        }
        wake_until(k_tick_max);
        return got;
    }

    /// The fewest ticks of which every timer's range holds one. The first timer that none serves
    /// yet needs one of its own ticks: every one is tried, and each set of timers only once.
    template <class W>
    [[nodiscard]] std::size_t fewest(const plan& what) {
        std::array<unsigned, k_ticks + 1> serves{};
        std::array<std::pair<tick, tick>, k_timers> ranges{};
        for (std::size_t i = 0; i < what.size(); ++i) {
            const tick due = what[i].start + what[i].delta;
            // What reaches beyond the plan is as good as its end, where nothing more is started.
            ranges[i] = {due, due + std::min<tick>(W::lateness_max(what[i].delta), k_ticks - due)};
            CYCLONE_ASSERT(due <= k_ticks);
            for (tick t = ranges[i].first; t <= ranges[i].second; ++t) serves[t] |= 1U << i;
        }
        std::array<std::uint8_t, 1U << k_timers> known{};  // 0: not yet, else one more
        known[0] = 1;
        const auto least = [&](const auto& self, unsigned left) -> std::uint8_t {
            if (known[left] != 0) return known[left];
            const auto first = static_cast<std::size_t>(std::countr_zero(left));
            std::uint8_t best = k_timers + 1;
            for (tick t = ranges[first].first; t <= ranges[first].second; ++t)
                best = std::min(best, self(self, left & ~serves[t]));
            return known[left] = ++best;
        };
        return least(least, (1U << what.size()) - 1) - std::size_t{1};
    }

    std::uint64_t cases_;
    rng random_;
    std::uint64_t tried_ = 0;
    std::uint64_t wakeups_ = 0;
    std::uint64_t fewest_ = 0;
    std::uint64_t violations_ = 0;
    std::uint64_t impossible_ = 0;
    std::uint64_t unserved_ = 0;
    std::uint64_t rises_ = 0;
};

}  // namespace cyclone::timer
