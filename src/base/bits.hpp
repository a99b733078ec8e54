#pragma once
// Bit arithmetic that rings, wheels and histograms share. All constexpr, all O(1), no state.

#include <bit>
#include <cstdint>

#include "base/assert.hpp"

namespace cyclone {

// The smallest power of two that is >= x; 1 for 0. x <= 2^63, beyond it there is none.
constexpr std::uint64_t ceil_pow2(std::uint64_t x) {
    CYCLONE_ASSERT(x <= std::uint64_t{1} << 63);
    return std::bit_ceil(x);
}

// The position of the highest set bit: the k with 2^k <= x < 2^(k+1). x > 0.
constexpr unsigned floor_log2(std::uint64_t x) {
    CYCLONE_ASSERT(x > 0);
    return 63U - static_cast<unsigned>(std::countl_zero(x));
}

// Rotation by any count, taken modulo 64.
constexpr std::uint64_t rotate_left(std::uint64_t x, unsigned count) noexcept {
    return std::rotl(x, static_cast<int>(count & 63));
}
constexpr std::uint64_t rotate_right(std::uint64_t x, unsigned count) noexcept {
    return std::rotr(x, static_cast<int>(count & 63));
}

inline constexpr unsigned k_no_bit = 64;

// The first set bit at or after position `from` (< 64), going round from 63 to 0; k_no_bit when
// the word is 0. In a wheel of 64 slots: the next occupied slot from the current one.
constexpr unsigned next_set_bit_circular(std::uint64_t word, unsigned from) {
    CYCLONE_ASSERT(from < 64);
    if (word == 0) return k_no_bit;
    return (from + static_cast<unsigned>(std::countr_zero(rotate_right(word, from)))) & 63;
}

}  // namespace cyclone
