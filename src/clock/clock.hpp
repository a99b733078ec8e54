// The clock contract: what a disciplined clock is, in one page. Read this before writing a variant.
//
// A machine has a counter that only runs (local time) and hears now and then, over a network, what
// time it is elsewhere (reference time). A clock answers, for any local time, what the reference
// would say, and how wrong that may be. Timers that people or other machines set are due in
// reference time; a clock that jumps, or runs off by a hundred parts in a million, fires them early
// or late. No variant reads a clock: both times are arguments.
//
// Semantics (the tests cite these by number):
//   C1  Times are nanoseconds in [0, k_time_max], about 253 years; round trips in [0, k_trip_max].
//       Reference time runs, apart from steps, at a rate within settings::max_ppm of local time:
//       |d reference / d local - 1| <= max_ppm. Answers beyond the range saturate.
//   C2  A clock is born from a sample and starts at its reference time. That is the only step.
//   C3  observe(sample): at local time `local` the reference stood at `reference`, to within
//       sample_error(): half the round trip, and what the local counter may have drifted during
//       it. Local times of samples do not go back; now() and error_bound() are asked for local
//       times from the last sample on.
//   C4  now() and error_bound() are pure: asking, however often, changes no later answer.
//   C5  Monotone: now() never goes back while local time does not, whatever the reference does.
//   C6  A variant that declares slew::limited runs within slew_max_ppm of the local counter: over
//       d ns of local time now() moves by d (1 +- slew_max_ppm / 10^6) +- 2 ns. Steps of the
//       reference are followed at that rate. One that declares slew::unlimited may jump ahead or
//       stand still, and keeps C5 only.
//   C7  |now() - reference time| <= error_bound(), for as long as every sample keeps C3 and the
//       rate C1; also between samples, when none come any more (holdover), and while a step is
//       slewed. From a step until the next sample nobody can know of it. That sample, and what the
//       bound had left possible, must exclude each other for the step to be seen; a step too small
//       for that may leave the bound short by its size.
//   C8  The bound is earned: right after birth it is the error of that sample, and in holdover it
//       grows by max_ppm and no more.
//   C9  Only differences matter: with all local times moved by a and all reference times by b, the
//       answers move by b and the bounds not at all.
//
// Cost as declared; observe() is called every few seconds, now() on every turn of a loop.
// Thread-safety: none. now() and error_bound() may be called by several threads while nobody
// observes.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "base/work.hpp"

namespace cyclone::clock {

using ns = std::int64_t;
__extension__ using wide = __int128;  ///< products of two 64-bit numbers

inline constexpr ns k_time_max = 8'000'000'000'000'000'000;  ///< 253 years; sums of two saturate
inline constexpr ns k_trip_max = ns{1} << 40;                ///< 18 minutes
inline constexpr ns k_second = 1'000'000'000;

/// Rates are fixed-point numbers with 40 bits after the point: a millionth is 1099511.6 of them, so
/// rounding is below a billionth of a part in a million, and ns * rate fits 128 bits at any size.
using rate = std::int64_t;
inline constexpr int k_rate_bits = 40;

[[nodiscard]] constexpr rate rate_of_ppm(std::int64_t ppm) noexcept {
    return ppm * (rate{1} << k_rate_bits) / 1'000'000;
}

/// What a rate makes of a duration, rounded down.
[[nodiscard]] constexpr ns share_of(ns duration, rate r) noexcept {
    return static_cast<ns>((wide{duration} * r) >> k_rate_bits);
}

/// Rounded up, for bounds: r must be the rate of a bound, 0 or above.
[[nodiscard]] constexpr ns drift_of(ns duration, rate r) noexcept {
    return share_of(duration, r + 1) + 1;
}

[[nodiscard]] constexpr ns saturated(wide value) noexcept {
    constexpr wide k_most = k_time_max;
    return static_cast<ns>(value > k_most ? k_most : value < -k_most ? -k_most : value);
}

struct settings {
    std::int64_t slew_max_ppm = 500;  ///< C6; NTP's own limit
    std::int64_t max_ppm = 250;       ///< C1; above 0 and below slew_max_ppm

    [[nodiscard]] constexpr bool sound() const noexcept {
        return max_ppm > 0 && max_ppm < slew_max_ppm && slew_max_ppm <= 100'000;
    }
};

struct sample {
    ns local = 0;
    ns reference = 0;
    ns round_trip = 0;  ///< local ns that the question and its answer took, 0 or above
};

/// The sample that an exchange gives: asked at `sent`, answered with `stamp`, heard at `received`.
/// The answer is taken to have been under way for half the time (Cristian 1989).
[[nodiscard]] constexpr sample sample_of(ns sent, ns stamp, ns received) noexcept {
    const ns trip = received - sent;
    return {received, stamp + trip / 2, trip};
}

/// C3: the most by which a sample is off.
[[nodiscard]] constexpr ns sample_error(const sample& s, const settings& how) noexcept {
    return s.round_trip / 2 + 1 + drift_of(s.round_trip, rate_of_ppm(how.max_ppm));
}

enum class slew : std::uint8_t { limited, unlimited };

/// What a variant declares about itself. The tests hold it to every line, both ways.
struct traits {
    slew moves = slew::limited;
    bool learns_rate = false;    ///< corrects the local counter's own error, in holdover too
    bool filters_delay = false;  ///< one sample with a long one-sided delay hardly moves it
    std::size_t memory = 1;      ///< samples it may look at in observe()
};

/// A variant: `template <class Work = no_work, int Mutant = 0> class name` with these members.
///   constructor (settings, sample first), observe, now, error_bound as above
///   check()        recomputes what must hold inside: empty, or what is broken
///   work()         the Work policy; node() is a remembered sample looked at
template <class V>
concept variant = requires(V v, const V& c, const sample& s, ns local) {
    requires std::constructible_from<V, settings, sample>;
    requires std::same_as<decltype(V::k_traits), const traits>;
    { v.observe(s) } -> std::same_as<void>;
    { c.now(local) } -> std::same_as<ns>;
    { c.error_bound(local) } -> std::same_as<ns>;
    { c.check() } -> std::same_as<std::string>;
    { c.work().totals() } -> std::same_as<work_totals>;
};

}  // namespace cyclone::clock
