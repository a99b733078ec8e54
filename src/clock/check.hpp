// Checking a clock in virtual time: what the contract says, at every probe of a timeline whose true
// time is known. The same judge serves the tests, the gate of the benchmark and the experiments.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clock/any.hpp"
#include "clock/reference.hpp"

namespace cyclone::clock {

using maker = std::unique_ptr<any> (*)(const settings&, const sample&);

struct violation {
    std::string property;  ///< "C5 monotone", for instance
    std::string detail;
};

/// What was seen along a timeline. Errors are |now() - true time| while the bound is promised.
struct findings {
    std::uint64_t probes = 0;
    std::uint64_t samples = 0;  ///< that the clock observed, its first among them
    ns error_max = 0;
    ns bound_max = 0;
    double tightness = 0;     ///< the largest error / bound
    double rate_max_ppm = 0;  ///< the largest |d now / d local - 1|, over 1 ms or more
    std::vector<ns> errors;   ///< signed, now() - true time, one a probe, if asked for
};

/// Feeds one timeline to three clocks of a kind: one is asked all the time, one once a leg (C4),
/// and one lives in another epoch (C9). Stops being of use at the first violation.
class judge {
 public:
    /// The clocks are born from an exchange like `first`'s. `keep`: collect findings::errors.
    judge(maker make, const settings& how, const leg& first, bool keep = false);

    /// Runs through a leg, probing at `probes` evenly spaced places and where the leg turns.
    [[nodiscard]] std::optional<violation> feed(const leg& l, unsigned probes = 3);

    [[nodiscard]] const findings& seen() const noexcept { return seen_; }
    [[nodiscard]] const any& asked() const noexcept { return *asked_; }
    [[nodiscard]] const course& true_course() const noexcept { return course_; }
    /// now() - true time, at the end of the last leg.
    [[nodiscard]] ns error() const { return asked_->now(course_.local()) - course_.truth(); }
    /// Begins the findings anew, as after a warm-up.
    void forget() { seen_ = {}; }

 private:
    [[nodiscard]] std::optional<violation> probe(ns local, ns truth);
    [[nodiscard]] std::optional<violation> moved(ns local, ns now);
    [[nodiscard]] std::optional<violation> agreed(ns local) const;
    [[nodiscard]] std::optional<violation> hear(const leg& l);

    settings how_;
    course course_;
    std::unique_ptr<any> asked_;
    std::unique_ptr<any> quiet_;
    std::unique_ptr<any> shifted_;
    bool keep_;
    bool bound_holds_ = true;  // false from a step until the next sample
    ns last_local_ = 0;
    ns last_now_ = 0;
    findings seen_;
};

/// How far find_violation goes.
struct effort {
    unsigned seeds = 2;         ///< of every scenario
    std::uint64_t legs = 8000;  ///< of each
    std::uint64_t seed = 1;
};

/// A whole timeline: hand-written or drawn legs, the first of which gives birth.
[[nodiscard]] std::optional<violation> check_legs(maker make, std::span<const leg> legs,
                                                  findings* seen = nullptr);

/// A scenario, for so many legs. With `seen`, what was found; `warm_up` legs are not counted in it.
[[nodiscard]] std::optional<violation> check_scenario(maker make, const scenario& what,
                                                      std::uint64_t seed, std::uint64_t legs,
                                                      findings* seen = nullptr,
                                                      std::uint64_t warm_up = 0);

// One by one, what timelines at random do not decide. Each answers nothing if all is well.
[[nodiscard]] std::optional<violation> check_birth(maker make);  ///< C2, C8
/// A step by at least 5 ms is removed at the rate declared, and is gone for good afterwards.
[[nodiscard]] std::optional<violation> check_step(maker make, ns by);
[[nodiscard]] std::optional<violation> check_rate(maker make);    ///< traits::learns_rate
[[nodiscard]] std::optional<violation> check_delays(maker make);  ///< traits::filters_delay
[[nodiscard]] std::optional<violation> check_memory(maker make);  ///< traits::memory
/// After an hour of polls: no worse off than samples, rate and loop explain.
[[nodiscard]] std::optional<violation> check_kept(maker make);

/// All of the above; the first thing found broken. O(seeds * legs).
[[nodiscard]] std::optional<violation> find_violation(maker make, const effort& how = {});

}  // namespace cyclone::clock
