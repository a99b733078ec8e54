// A straight line through the least delayed quarter of the last 32 samples: where it stands now is
// the time, and its slope is the rate. The line grows shorter when the samples bend away from it.
//
// Source      Curnow 1997 (chrony: regression over past samples, shortened by a runs test)
// Cost        observe O(32 log 32), all in integers; now() two multiplications
// Accuracy    jitter is averaged over the samples chosen; a rate is learnt to a few parts in 10^6
// Invariants  I1 the interval is the intersection of all samples since the last step
//             I2 the line moves within the slew limit, and the rate learnt is within max_ppm
//             I3 the window holds samples in the order of their local times
// Limits      asymmetry of the two ways is invisible to it, up to half of the least delay; samples
//             older than 4.8 hours are dropped (the sums would not fit 128 bits)
// Not equivalent to chrony's: samples are chosen by rank of delay and then weigh the same, where
// chrony weighs all by their distance; and the runs test drops a quarter at a time.
#pragma once

#include <array>
#include <cstdlib>

#include "variants/clock/slewed_line.hpp"
#include "variants/clock/truth_interval.hpp"

namespace cyclone::clock {

template <class Work = no_work, int Mutant = 0>
class min_delay_fit {
    static constexpr std::size_t k_window = 32;
    static constexpr std::size_t k_chosen_min = 4;
    static constexpr std::size_t k_runs_min = 8;  // fewer points have no shape
    static constexpr ns k_age_max = ns{1} << 44;  // 4.8 h
    static constexpr int k_coarse = 10;           // times are summed in units of 2^10 ns
    static constexpr std::int64_t k_trust_ppm =
        100;  // a slope that delays leave opener is no slope

 public:
    static constexpr traits k_traits{
        .learns_rate = true, .filters_delay = true, .memory = k_window};

    min_delay_fit(const settings& how, const sample& first)
        : most_(rate_of_ppm(how.max_ppm)),
          truth_(how, first),
          line_(first.local, first.reference, rate_of_ppm(how.slew_max_ppm)) {
        CYCLONE_ASSERT(how.sound());
        push(first);
    }

    void observe(const sample& s) {
        const ns since = s.local - newest().local;
        if (truth_.excludes(s)) {
            truth_.replace(s, truth_.error_of(s));
            if constexpr (Mutant != 2) count_ = 0;
            push(s);
            line_.bend(s.local, s.reference - line_.at(s.local), line_.base(), 1);
            return;
        }
        believe(s);
        if constexpr (Mutant == 4) count_ = 1;
        push(s);
        while (count_ > 1 && s.local - window(count_ - 1).local > k_age_max) --count_;
        const fit found = fit_chosen(s);
        const ns where = std::clamp(saturated(wide{s.reference} + found.offset), truth_.lo(s.local),
                                    truth_.hi(s.local));
        line_.bend(s.local, where - line_.at(s.local), Mutant == 1 ? 0 : found.slope, since);
        if (found.curved) count_ -= count_ / 4;
    }

    [[nodiscard]] ns now(ns local) const noexcept {
        if constexpr (Mutant == 5) line_.bend(local, 0, line_.base(), 1);
        return line_.at(local);
    }
    [[nodiscard]] ns error_bound(ns local) const noexcept {
        return truth_.farthest(local, now(local));
    }
    [[nodiscard]] std::string check() const {
        if (!truth_.sound()) return "I1: an interval upside down";
        if (!line_.sound() || std::abs(line_.base()) > most_) return "I2: the line is too steep";
        for (std::size_t i = 1; i < count_; ++i) {
            if (window(i).local > window(i - 1).local) return "I3: the window is out of order";
        }
        return {};
    }
    [[nodiscard]] const Work& work() const noexcept { return work_; }

 private:
    struct fit {
        ns offset = 0;   // of the line from the newest sample's reference, at its local time
        rate slope = 0;  // of reference against local, less 1
        bool curved = false;
    };
    /// A chosen sample seen from the newest: how long ago, and how far from a rate of exactly 1.
    struct point {
        ns ago = 0;
        ns off = 0;
    };
    struct points {
        std::array<point, k_window> at{};
        std::size_t count = 0;
        ns error = 0;  // the largest of them
    };

    /// Place 0 is the newest.
    [[nodiscard]] const sample& window(std::size_t i) const noexcept {
        return samples_[(head_ + k_window - i) % k_window];
    }
    [[nodiscard]] const sample& newest() const noexcept { return samples_[head_]; }
    void push(const sample& s) noexcept {
        head_ = (head_ + 1) % k_window;
        samples_[head_] = s;
        count_ = std::min(count_ + 1, k_window);
    }

    void believe(const sample& s) noexcept {
        const ns error = truth_.error_of(s);
        if constexpr (Mutant == 3) {
            narrowest_ = std::min(narrowest_, error);
            truth_.replace(s, narrowest_);
            return;
        }
        truth_.narrow(s, error);
    }

    /// The samples whose round trip is in the lowest quarter, ties and four at least included.
    [[nodiscard]] points choose(const sample& s) const noexcept {
        std::array<ns, k_window> trips{};
        for (std::size_t i = 0; i < count_; ++i) {
            work_.node();
            trips[i] = window(i).round_trip;
        }
        const std::size_t rank = std::min(std::max(k_chosen_min, (count_ + 3) / 4), count_) - 1;
        const auto middle = trips.begin() + static_cast<std::ptrdiff_t>(rank);
        std::nth_element(trips.begin(), middle,
                         trips.begin() + static_cast<std::ptrdiff_t>(count_));
        points chosen;
        for (std::size_t i = 0; i < count_; ++i) {
            const sample& one = window(i);
            if (one.round_trip > *middle) continue;
            const ns ago = s.local - one.local;
            chosen.at[chosen.count++] = {ago, one.reference - s.reference + ago};
            chosen.error = std::max(chosen.error, truth_.error_of(one));
        }
        return chosen;
    }

    /// Least squares. |ago| < 2^44 and is summed in 2^10 ns; |off| is less than what drift and two
    /// errors make of that, below 2^42 while round trips are below 2^41; so nothing reaches 2^127.
    [[nodiscard]] fit fit_chosen(const sample& s) noexcept {
        const points p = choose(s);
        const auto n = static_cast<wide>(p.count);
        wide x = 0;
        wide y = 0;
        wide xx = 0;
        wide xy = 0;
        for (std::size_t i = 0; i < p.count; ++i) {
            const wide when = -(p.at[i].ago >> k_coarse);
            x += when;
            y += p.at[i].off;
            xx += when * when;
            xy += when * p.at[i].off;
        }
        fit found;
        found.slope = line_.base();
        const ns span = p.at[p.count - 1].ago - p.at[0].ago;
        const wide open = n * xx - x * x;
        const bool told = open > 0 && p.count >= k_chosen_min &&
                          wide{2 * k_trust_ppm} * span > wide{1'000'000} * p.error;
        if (told) {
            const wide steep = ((n * xy - x * y) << (k_rate_bits - k_coarse)) / open;
            found.slope = static_cast<rate>(std::clamp<wide>(steep, -most_, most_));
        }
        // The line of that slope through the middle of the points, read off at the newest.
        const wide middle = -(x << k_coarse) / n;
        found.offset = static_cast<ns>(y / n + ((middle * found.slope) >> k_rate_bits));
        found.curved = told && bends(p, found);
        return found;
    }

    /// Too few changes of side along the line: the points are on a curve, not scattered about it.
    [[nodiscard]] bool bends(const points& p, const fit& line) const noexcept {
        if (p.count < k_runs_min) return false;
        std::size_t runs = 1;
        bool before = false;
        for (std::size_t i = 0; i < p.count; ++i) {
            const ns on_line = line.offset - share_of(p.at[i].ago, line.slope);
            const bool above = p.at[i].off > on_line;
            if (i > 0 && above != before) ++runs;
            before = above;
        }
        return runs <= p.count / 4 + 1;
    }

    rate most_;
    truth_interval truth_;
    mutable slewed_line line_;  // mutable for mutant 5 only
    std::array<sample, k_window> samples_{};
    std::size_t head_ = 0;
    std::size_t count_ = 0;
    ns narrowest_ = k_time_max;  // for mutant 3
    [[no_unique_address]] mutable Work work_;
};

}  // namespace cyclone::clock
