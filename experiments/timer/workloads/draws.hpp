// The delays that timers are started with, drawn before anything is measured.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "lab/bench.hpp"
#include "timer/timer.hpp"
#include "timer/ttl.hpp"

namespace cyclone::timer {

inline constexpr std::size_t k_draws = 1U << 16;

/// Delays of network timeouts: 99 % between 0.2 s and 30 s, a tick being 1 ms.
inline constexpr const char* k_timeout_ttl = "lognormal:0.2s..30s";

/// Params ttl (src/timer/ttl.hpp has its grammar) and tick (what a tick is, as 1ms).
inline std::vector<tick> ttl_draws(const lab::request& what, rng& random, std::size_t count,
                                   const std::string& otherwise = k_timeout_ttl) {
    const auto tick_ns = ttl::parse("const:" + what.param("tick", std::string("1ms")), 1);
    if (!tick_ns) throw lab::usage_error{"--param tick: " + tick_ns.error().message};
    rng fixed(0);
    const auto times = ttl::parse(what.param("ttl", otherwise), tick_ns->draw(fixed));
    if (!times) throw lab::usage_error{"--param ttl: " + times.error().message};
    std::vector<tick> draws(count);
    for (tick& delta : draws) delta = times->draw(random);
    return draws;
}

inline std::vector<tick> timeout_draws(rng& random, std::size_t count) {
    return ttl_draws({}, random, count);
}

inline double mean_of(const std::vector<tick>& draws) {
    double sum = 0;
    for (const tick delta : draws) sum += static_cast<double>(delta);
    return sum / static_cast<double>(draws.size());
}

/// A number between `least` and `most` that a parameter gives.
inline double number_param(const lab::request& what, const std::string& key, double otherwise,
                           double least, double most) {
    const std::string text = what.param(key, std::string());
    if (text.empty()) return otherwise;
    double value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (wrong == std::errc{} && end == text.data() + text.size() && value >= least && value <= most)
        return value;
    throw lab::usage_error{"--param " + key + "=" + text + ": a number from " +
                           std::to_string(least) + " to " + std::to_string(most)};
}

/// The shapes of the hold model, all scaled to one mean. Three are Jones' (1986), and two are known
/// to be hard on calendars: camel has two narrow humps that carry 98 %, skewed has 99 % close to
/// its beginning and the rest far away.
inline constexpr std::array k_dists{"exp",    "uniform", "const",      "bimodal",
                                    "pareto", "camel",   "triangular", "skewed"};

inline double interval(rng& random, const std::string& dist, double mean) {
    const double unit = random.unit();
    if (dist == "exp") return random.exponential(mean);
    if (dist == "uniform") return 2 * mean * unit;
    if (dist == "triangular") return 1.5 * mean * std::sqrt(unit);
    if (dist == "pareto") return random.pareto(mean / 3, 1.5);
    // Nine of ten below b, the tenth ten times as far: mean 0.45 b + 0.95 b.
    if (dist == "bimodal") return mean / 1.4 * (unit + (random.unit() < 0.1 ? 9 : 0));
    // Humps at 1/4 and 3/4 of (0, 2 mean), each 1 % of it wide.
    if (dist == "camel") {
        const double which = random.unit();
        if (which < 0.02) return 2 * mean * unit;
        return 2 * mean * ((which < 0.51 ? 0.25 : 0.75) + 0.01 * (unit - 0.5));
    }
    if (dist == "skewed") return mean * (random.unit() < 0.01 ? 98 + 2 * unit : 0.0202 * unit);
    return mean;  // const
}

/// `count` delays of the named shape; mean `mean` ticks (to half a tick: none is shorter than one).
inline std::vector<tick> interval_draws(rng& random, std::size_t count, const std::string& dist,
                                        double mean) {
    constexpr auto k_most = static_cast<double>(ttl::k_longest);
    std::vector<tick> draws(count);
    for (tick& delta : draws)
        delta = 1 + static_cast<tick>(std::min(interval(random, dist, mean), k_most));
    return draws;
}

/// What remains of `count` intervals at an instant that owes nothing to them: a long interval is
/// met more often, and anywhere within it (the equilibrium of renewal theory, from the sample).
inline std::vector<tick> remains_of(const std::vector<tick>& intervals, rng& random,
                                    std::size_t count) {
    std::vector<tick> ends(intervals.size());
    tick sum = 0;
    for (std::size_t i = 0; i < intervals.size(); ++i) ends[i] = sum += intervals[i];
    std::vector<tick> remains(count);
    for (tick& left : remains) {
        const tick instant = random.uniform(sum);
        left = *std::upper_bound(ends.begin(), ends.end(), instant) - instant;
    }
    return remains;
}

inline std::string dist_param(const lab::request& what, const std::string& otherwise = "exp") {
    const std::string dist = what.param("dist", otherwise);
    std::string known;
    for (const char* name : k_dists) {
        if (dist == name) return dist;
        known += known.empty() ? name : std::string(", ") + name;
    }
    throw lab::usage_error{"--param dist=" + dist + ": not one of " + known};
}

}  // namespace cyclone::timer
