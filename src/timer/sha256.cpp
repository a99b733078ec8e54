// SHA-256 as FIPS 180-4 has it. Ours, and not a library's, because every benchmark program holds
// the reader of traces: a library of that size would be loaded before each sample that is timed.
// The constants are the first 32 bits of the fractional parts of the square roots (state) and cube
// roots (rounds) of the first primes, and are computed from that.
#include <array>
#include <bit>
#include <fmt/format.h>

#include "timer/trace.hpp"

namespace cyclone::timer {
namespace {

__extension__ using wide = unsigned __int128;

/// floor(2^32 * frac(p^(1/k))), the k-th root for k of 2 or 3, by bisection in integers.
constexpr std::uint32_t root_fraction(std::uint64_t prime, unsigned k) {
    std::uint64_t low = 0;
    std::uint64_t high = std::uint64_t{1} << 37;  // the root, in 2^-32; primes are below 512
    while (high - low > 1) {
        const std::uint64_t middle = (low + high) / 2;
        // middle^k <= p 2^(32k); a cube of 37 bits fits into 128.
        wide power = wide{middle} * middle;
        if (k == 3) power *= middle;
        (power <= wide{prime} << (32 * k) ? low : high) = middle;
    }
    return static_cast<std::uint32_t>(low);
}

template <std::size_t N>
constexpr std::array<std::uint32_t, N> roots(unsigned k) {
    std::array<std::uint32_t, N> found{};
    std::size_t count = 0;
    for (std::uint64_t p = 2; count < N; ++p) {
        bool prime = true;
        for (std::uint64_t d = 2; d * d <= p; ++d) prime = prime && p % d != 0;
        if (prime) found[count++] = root_fraction(p, k);
    }
    return found;
}

constexpr auto k_initial = roots<8>(2);
constexpr auto k_round = roots<64>(3);
static_assert(k_initial[0] == 0x6a09e667 && k_round[63] == 0xc67178f2);

using state = std::array<std::uint32_t, 8>;

void mix(state& hash, const unsigned char* block) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i < 64; ++i) w[i / 4] = w[i / 4] << 8 | block[i];
    for (std::size_t i = 16; i < 64; ++i) {
        const std::uint32_t a = w[i - 15];
        const std::uint32_t b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) +
               (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
    }
    auto [a, b, c, d, e, f, g, h] = hash;
    for (std::size_t i = 0; i < 64; ++i) {
        const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const std::uint32_t one = h + s1 + ((e & f) ^ (~e & g)) + k_round[i] + w[i];
        const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const std::uint32_t two = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
    }
    const state added{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) hash[i] += added[i];
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
    state hash = k_initial;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    for (; left >= 64; left -= 64, data += 64) mix(hash, data);
    // What is left, one bit, zeros, and the length in bits: one block or two.
    std::array<unsigned char, 128> tail{};
    for (std::size_t i = 0; i < left; ++i) tail[i] = data[i];
    tail[left] = 0x80;
    const std::size_t size = left < 56 ? 64 : 128;
    const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
    for (std::size_t i = 0; i < 8; ++i)
        tail[size - 1 - i] = static_cast<unsigned char>(bits >> 8 * i);
    for (std::size_t at = 0; at < size; at += 64) mix(hash, tail.data() + at);
    std::string text;
    for (const std::uint32_t word : hash) text += fmt::format("{:08x}", word);
    return text;
}

}  // namespace cyclone::timer
