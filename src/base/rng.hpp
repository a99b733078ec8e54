#pragma once
// All randomness of the project. Deterministic from a 64-bit seed; nothing here reads entropy.
//
//   splitmix64     one word of state; turns a seed, even 0, into well mixed words
//                  (Steele, Lea, Flood 2014)
//   rng            xoshiro256++ (Blackman, Vigna 2019), 256 bits of state, period 2^256 - 1, with
//                  `stream(k)` for threads: the streams of one generator lie 2^128 draws apart
//
// Both are UniformRandomBitGenerators. Integer draws are the same on every machine; draws of
// doubles go through the C library's log, exp, cos and pow, whose last bit may differ between
// libraries. Every draw is O(1) expected, jump and stream(k) are 256 (k + 1) steps.
// Thread safety: none; give each thread its own stream.

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/assert.hpp"

namespace cyclone {

class splitmix64 {
 public:
    using result_type = std::uint64_t;

    explicit constexpr splitmix64(std::uint64_t seed) noexcept : state_(seed) {}

    static constexpr result_type min() noexcept { return 0; }
    static constexpr result_type max() noexcept { return ~result_type{0}; }

    constexpr result_type operator()() noexcept {
        state_ += 0x9e3779b97f4a7c15;  // 2^64 / golden ratio, odd: visits every state once
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

 private:
    std::uint64_t state_;
};

class rng {
 public:
    using result_type = std::uint64_t;
    using state_type = std::array<std::uint64_t, 4>;

    // The four words come from splitmix64, so that close seeds give unrelated states.
    explicit constexpr rng(std::uint64_t seed) noexcept {
        splitmix64 mix(seed);
        for (std::uint64_t& word : state_) word = mix();
    }

    // A state as such; all zero is the one forbidden state (it never leaves zero).
    explicit constexpr rng(const state_type& state) : state_(state) {
        CYCLONE_ASSERT(state != state_type{});
    }

    static constexpr result_type min() noexcept { return 0; }
    static constexpr result_type max() noexcept { return ~result_type{0}; }
    constexpr const state_type& state() const noexcept { return state_; }
    friend constexpr bool operator==(const rng&, const rng&) = default;

    constexpr result_type operator()() noexcept {
        const std::uint64_t out = std::rotl(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return out;
    }

    // Ahead by 2^128 draws. The step is linear over GF(2); the constants are the coefficients of
    // x^(2^128) modulo its characteristic polynomial (the test squares the matrix 128 times).
    constexpr void jump() noexcept {
        constexpr state_type k_polynomial = {0x180ec6d33cfd0aba, 0xd5a61266f0c9392c,
                                             0xa9582618e03fc9aa, 0x39abdc4529b1661c};
        state_type sum{};
        for (const std::uint64_t coefficients : k_polynomial) {
            for (unsigned bit = 0; bit < 64; ++bit) {
                if ((coefficients >> bit & 1) != 0) {
                    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] ^= state_[i];
                }
                (*this)();
            }
        }
        state_ = sum;
    }

    // The generator for thread k = 0, 1, ...: this one's state k + 1 jumps ahead, so that no
    // stream meets another or this generator itself within 2^128 draws.
    constexpr rng stream(unsigned k) const noexcept {
        rng ahead = *this;
        for (unsigned i = 0; i <= k; ++i) ahead.jump();
        return ahead;
    }

    // Uniform in [0, bound), without bias, bound > 0. The high word of a 128-bit product, rejecting
    // the few low words that would favour some values (Lemire 2019): a division is rare.
    constexpr std::uint64_t uniform(std::uint64_t bound) {
        CYCLONE_ASSERT(bound > 0);
        wide product = wide{(*this)()} * bound;
        if (static_cast<std::uint64_t>(product) < bound) {
            const std::uint64_t threshold = (0 - bound) % bound;  // 2^64 mod bound
            while (static_cast<std::uint64_t>(product) < threshold) {
                product = wide{(*this)()} * bound;
            }
        }
        return static_cast<std::uint64_t>(product >> 64);
    }

    // Uniform in [0, 1), a multiple of 2^-53.
    constexpr double unit() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

    // Exponential with the given mean > 0: the gap between events of a Poisson process.
    double exponential(double mean) {
        CYCLONE_ASSERT(mean > 0);
        return -mean * std::log1p(-unit());
    }

    // exp(N(mu, sigma^2)): median exp(mu), sigma >= 0. Takes exactly two draws (no spare normal is
    // kept), so that the place in the stream does not depend on the mix of calls.
    double lognormal(double mu, double sigma) {
        CYCLONE_ASSERT(sigma >= 0);
        const double radius = std::sqrt(-2.0 * std::log1p(-unit()));
        return std::exp(mu + sigma * radius * std::cos(2.0 * std::numbers::pi * unit()));
    }

    // Pareto: P(X > x) = (scale / x)^shape for x >= scale; scale > 0, shape > 0.
    double pareto(double scale, double shape) {
        CYCLONE_ASSERT(scale > 0);
        CYCLONE_ASSERT(shape > 0);
        return scale * std::pow(1.0 - unit(), -1.0 / shape);
    }

 private:
    __extension__ using wide = unsigned __int128;

    state_type state_{};
};

// The one spelling of a seed in messages: 0x and 16 hexadecimal digits.
inline std::string seed_text(std::uint64_t seed) {
    std::string text = "0x0000000000000000";
    for (std::size_t i = text.size() - 1; seed != 0; --i, seed >>= 4) {
        text[i] = "0123456789abcdef"[seed & 15];
    }
    return text;
}

// Reads what seed_text wrote, or a decimal number; nothing for anything else.
inline std::optional<std::uint64_t> parse_seed(std::string_view text) {
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex) text.remove_prefix(2);
    std::uint64_t seed = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data(), end, seed, hex ? 16 : 10);
    if (status != std::errc{} || stop != end) return std::nullopt;
    return seed;
}

}  // namespace cyclone
