// A loop of the second order, as in NTP: of the last eight samples the one with the least delay is
// taken, a part of its offset is removed, and a smaller part is added to the rate.
//
// Source      Mills, Martin, Burbank, Kasch 2010 (RFC 5905: clock filter, popcorn spike
//             suppressor, hybrid of phase lock and frequency lock)
// Cost        observe O(8), four divisions of 128 bits; now() two multiplications
// Accuracy    jitter is averaged over some sixteen polls; a rate is learnt to a few parts in 10^6
// Invariants  I1 the interval is the intersection of all samples since the last step
//             I2 the line moves within the slew limit, and the rate learnt is within max_ppm
//             I3 the stages are in the order of their local times
// Limits      asymmetry of the two ways is invisible to it, up to half of the least delay
// Not equivalent to RFC 5905: one server; gains of a half and a sixteenth a poll, not of a time
// constant that adapts; a step is known from the interval, by proof, and not from a threshold and a
// quarter of an hour; it is slewed and never jumped.
#pragma once

#include <array>
#include <cstdlib>

#include "variants/clock/slewed_line.hpp"
#include "variants/clock/truth_interval.hpp"

namespace cyclone::clock {

template <class Work = no_work, int Mutant = 0>
class pi_discipline {
    static constexpr std::size_t k_stages = 8;
    static constexpr std::int64_t k_aging_ppm = 15;  // what a sample's worth loses with age
    static constexpr ns k_allan = 1500 * k_second;   // silence after which the rate is measured
    static constexpr ns k_spacing_max = 86'400 * k_second;  // of polls; a silence is no spacing
    static constexpr ns k_phase_parts = 2;      // of an offset, removed from poll to poll
    static constexpr ns k_rate_parts = 16;      // critical damping: its square times four
    static constexpr unsigned k_learning = 8;   // updates until the loop is closed
    static constexpr ns k_gate_floor = 20'000;  // less than this is never a spike

 public:
    static constexpr traits k_traits{
        .learns_rate = true, .filters_delay = true, .memory = k_stages};

    pi_discipline(const settings& how, const sample& first)
        : most_(rate_of_ppm(how.max_ppm)),
          truth_(how, first),
          line_(first.local, first.reference,
                rate_of_ppm(how.slew_max_ppm) * (Mutant == 1 ? 2 : 1)) {
        CYCLONE_ASSERT(how.sound());
        begin_from(first);
    }

    void observe(const sample& s) {
        if (truth_.excludes(s)) {
            truth_.replace(s, truth_.error_of(s));
            begin_from(s);
            settling_ = Mutant != 3;
            line_.bend(s.local, s.reference - line_.at(s.local), line_.base(), 1);
            return;
        }
        truth_.narrow(s, truth_.error_of(s));
        push(s);
        const sample& best = least_distance(s.local);
        if (best.local <= used_) return;  // a better one has been used already
        const ns age = s.local - best.local;
        const ns theta = best.reference + age + share_of(age, line_.base()) - line_.at(s.local);
        if (is_spike(theta)) return;
        const ns mu = std::max<ns>(best.local - used_, 1);
        const ns poll = std::min(mu, k_spacing_max);
        if (updates_ == 0) spacing_ = poll;
        spacing_ += (std::min(poll, 4 * spacing_) - spacing_) / 8;
        spacing_ = std::max(spacing_, k_second);  // a loop faster than that follows noise
        settling_ = settling_ && std::abs(theta) > 2 * truth_.error_of(best);
        const rate learnt = std::clamp(next_rate(best, theta, mu), -most_, most_);
        used_ = best.local;
        ++updates_;
        line_.bend(s.local, theta, learnt, settling_ ? spacing_ : k_phase_parts * spacing_);
    }

    [[nodiscard]] ns now(ns local) const noexcept { return line_.at(local); }
    [[nodiscard]] ns error_bound(ns local) const noexcept {
        if constexpr (Mutant == 4) return truth_.radius(local);  // forgets what is yet to be slewed
        return truth_.farthest(local, now(local));
    }
    [[nodiscard]] std::string check() const {
        if (!truth_.sound()) return "I1: an interval upside down";
        if (!line_.sound() || std::abs(line_.base()) > most_) return "I2: the line is too steep";
        for (std::size_t i = 1; i < count_; ++i) {
            if (stage(i).local > stage(i - 1).local) return "I3: stages out of order";
        }
        return {};
    }
    [[nodiscard]] const Work& work() const noexcept { return work_; }

 private:
    /// Stage 0 is the newest.
    [[nodiscard]] const sample& stage(std::size_t i) const noexcept {
        return stages_[(head_ + k_stages - i) % k_stages];
    }
    void push(const sample& s) noexcept {
        head_ = (head_ + 1) % k_stages;
        stages_[head_] = s;
        count_ = std::min(count_ + 1, k_stages);
    }

    /// Forgets all samples but this one; the rate stays.
    void begin_from(const sample& s) noexcept {
        count_ = 0;
        push(s);
        base_ = s;
        used_ = s.local;
        last_theta_ = 0;
        suppressed_ = false;
    }

    /// What the phase may be off by if this sample is believed, and how old it is.
    [[nodiscard]] const sample& least_distance(ns local) const noexcept {
        constexpr rate k_aging = rate_of_ppm(k_aging_ppm);
        const sample* best = &stage(0);
        ns least = best->round_trip / 2;
        for (std::size_t i = 0; i < count_; ++i) {
            work_.node();
            const sample& s = stage(i);
            const ns distance = s.round_trip / 2 + share_of(local - s.local, k_aging);
            const bool better = Mutant == 5 ? distance > least : distance < least;
            if (!better) continue;
            best = &s;
            least = distance;
        }
        return *best;
    }

    /// One offset far from the last is held back, a second one in a row is believed.
    [[nodiscard]] bool is_spike(ns theta) noexcept {
        const ns moved = std::abs(theta - last_theta_);
        const ns gate = 3 * std::max(jitter_, k_gate_floor);
        if (updates_ >= k_learning && moved > gate && !suppressed_) {
            suppressed_ = true;
            return true;
        }
        suppressed_ = false;
        jitter_ += (moved - jitter_) / 4;
        last_theta_ = theta;
        return false;
    }

    /// While little is known the rate is measured over all there is since birth; then the loop is
    /// closed and offsets are integrated. After a long silence the offset is a rate once more.
    [[nodiscard]] rate next_rate(const sample& best, ns theta, ns mu) const noexcept {
        if (settling_) return line_.base();
        if (updates_ < k_learning) {
            const ns passed = std::max<ns>(best.local - base_.local, 1);
            const wide gained = wide{best.reference} - base_.reference - passed;
            return static_cast<rate>(
                std::clamp<wide>((gained << k_rate_bits) / passed, -most_, most_));
        }
        const wide offset = wide{Mutant == 2 ? -theta : theta} << k_rate_bits;
        const wide parts = mu > k_allan ? wide{k_phase_parts} * mu : wide{k_rate_parts} * spacing_;
        return line_.base() + static_cast<rate>(std::clamp<wide>(offset / parts, -most_, most_));
    }

    rate most_;
    truth_interval truth_;
    slewed_line line_;
    std::array<sample, k_stages> stages_{};
    std::size_t head_ = 0;
    std::size_t count_ = 0;
    sample base_{};   // the rate is first measured from here
    ns used_ = 0;     // local time of the last sample that moved the clock
    ns spacing_ = 0;  // smoothed time between such samples
    ns jitter_ = 0;   // smoothed difference of offsets
    ns last_theta_ = 0;
    unsigned updates_ = 0;
    bool suppressed_ = false;
    bool settling_ = false;  // a step is being slewed: offsets say nothing of rates
    [[no_unique_address]] mutable Work work_;
};

}  // namespace cyclone::clock
