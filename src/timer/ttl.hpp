// How long timers are set for, in one word: the grammar of the parameter `ttl`.
//
//   const:30s             always 30 s
//   exp:30s               exponential, mean 30 s
//   uniform:1s..5s        uniform between
//   lognormal:0.2s..30s   lognormal, 99 % of it between
//   lognormal:30s         lognormal by median, sigma 1; lognormal:30s,0.5 gives sigma
//   loguniform:1ms..30d   the logarithm is uniform: every scale as often as any other
//   mix:0.2s,1s,30s       one of these, each as often
//   bimodal:10ms,30s,0.1  the first, but with probability 0.1 the second
//   pareto:1.5,10ms       Pareto of shape 1.5, never below 10 ms
//
// A duration is a number with us, ms, s, m, h or d; a bare number counts ticks. A tick is 1 ms
// unless parse() is told otherwise.
//
// Cost: parse O(length); draw O(1), deterministic from the generator. Thread safety: a ttl is a
// plain value that draw() does not change.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/rng.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

class ttl {
 public:
    static constexpr std::uint64_t k_tick_ns = 1'000'000;  ///< one tick, unless told otherwise
    static constexpr tick k_longest = tick{1} << 50;       ///< no draw is longer

    /// invalid_argument for what is not of the grammar, with the character and a remedy;
    /// out_of_range for a duration that no tick can hold. `tick_ns` nanoseconds are one tick.
    [[nodiscard]] static result<ttl> parse(std::string_view text,
                                           std::uint64_t tick_ns = k_tick_ns);

    /// One duration, 1 to k_longest ticks.
    [[nodiscard]] tick draw(rng& random) const;

 private:
    enum class shape : std::uint8_t {
        constant,
        exponential,
        uniform,
        lognormal,
        loguniform,
        mix,
        bimodal,
        pareto
    };
    friend class ttl_parser;

    [[nodiscard]] double value(rng& random) const;

    shape shape_ = shape::constant;
    double a_ = 1;  // by shape: value, mean, lower end, mu, log of the lower end, smallest
    double b_ = 0;  // by shape: upper end, sigma, log of the upper end, second value, shape
    double share_ = 0;
    std::vector<double> choices_;
};

}  // namespace cyclone::timer
