// A reference in virtual time: an oscillator that is off, a network that delays, faults. Tests and
// experiments share it. Everything follows from a seed; nothing reads a clock.
//
// A timeline is a list of legs. On a leg of `gap` ns of local time, reference time runs `ppb` parts
// in 10^9 faster than local time (slower if negative); at its end the reference may step, and then
// an exchange may take place, `out` ns to the server and `back` ns to here, both by the local
// counter. A leg is all there is: a test can write legs by hand, draw them, or let a scenario do
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/rng.hpp"
#include "clock/clock.hpp"

namespace cyclone::clock {

struct leg {
    ns gap = 0;
    std::int64_t ppb = 0;
    ns step = 0;        ///< of the reference, after the gap
    bool asks = true;   ///< an exchange follows
    bool heard = true;  ///< and its answer arrives
    ns out = 50'000;    ///< ns under way to the server
    ns back = 50'000;   ///< ns under way back
};

/// Local and reference time along a timeline.
class course {
 public:
    course(ns local, ns reference) : local_(local), truth_(reference) {}

    [[nodiscard]] ns local() const noexcept { return local_; }
    [[nodiscard]] ns truth() const noexcept { return truth_; }
    /// Reference time `ahead` ns of local time from here, at a rate that is `ppb` off.
    [[nodiscard]] ns truth_in(ns ahead, std::int64_t ppb) const noexcept {
        return truth_ + ahead + rounded(ahead, ppb);
    }
    void run(ns gap, std::int64_t ppb) noexcept {
        truth_ = truth_in(gap, ppb);
        local_ += gap;
    }
    void step(ns by) noexcept { truth_ += by; }
    /// Runs through the exchange of a leg; the sample, or nothing if its answer is lost.
    std::optional<sample> exchange(const leg& l);

 private:
    static ns rounded(ns ahead, std::int64_t ppb) noexcept {
        return static_cast<ns>(wide{ahead} * ppb / k_second);
    }

    ns local_;
    ns truth_;
};

/// How the local counter errs. The sum is held within `most_ppb`.
struct oscillator {
    std::int64_t skew_ppb = 0;    ///< always
    std::int64_t wander_ppb = 0;  ///< a random walk: the most that it moves in a second
    std::int64_t swing_ppb = 0;   ///< a sinusoid, as from the temperature of a room
    ns swing_period = 1200 * k_second;
    std::int64_t most_ppb = 249'000;
};

/// What an exchange goes through. Each way: floor + exponential(jitter), cut at jitter_most.
struct network {
    ns poll = 16 * k_second;
    ns floor = 50'000;
    ns jitter = 20'000;
    ns jitter_most = 100'000'000;
    ns asymmetry = 0;                ///< more on the way back, always
    std::uint64_t burst_one_in = 0;  ///< a burst of long delays begins at one poll in so many
    unsigned burst_polls = 0;
    ns burst_most = 0;  ///< uniform up to this, more, on one of the two ways
};

struct faults {
    std::uint64_t outage_one_in = 0;  ///< an outage begins at one poll in so many
    unsigned outage_polls = 0;        ///< and loses so many answers
    unsigned step_polls = 0;          ///< the reference steps after so many polls, again and again
    ns step_by = 0;                   ///< by this, in turn ahead and back
};

struct scenario {
    std::string_view name;
    oscillator local;
    network way;
    faults wrong;
};

/// The scenarios by name: calm, skewed, hot, wan, bursts, outages, steps, edge.
[[nodiscard]] std::span<const scenario> scenarios();
[[nodiscard]] const scenario* find_scenario(std::string_view name);

/// Draws the legs of a scenario: stretches of at most a second between polls, without end.
class timeline {
 public:
    timeline(const scenario& what, std::uint64_t seed);

    [[nodiscard]] leg next();

 private:
    [[nodiscard]] std::int64_t ppb_now();
    [[nodiscard]] ns one_way();
    void draw_poll(leg& l);

    scenario what_;
    rng random_;
    ns elapsed_ = 0;
    ns until_poll_ = 0;
    std::int64_t walk_ppb_ = 0;
    double phase_ = 0;
    unsigned polls_ = 0;
    unsigned burst_left_ = 0;
    unsigned outage_left_ = 0;
    bool ahead_ = true;
};

/// Legs out of bytes, five each, for drawn and shrunk tests: gaps up to minutes, any rate allowed
/// by 250 ppm, delays up to 0.1 s, answers lost, and steps of a second that are always seen.
[[nodiscard]] std::vector<leg> decode_legs(std::span<const std::uint8_t> bytes);

}  // namespace cyclone::clock
