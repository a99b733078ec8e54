// Where the wheels put a timer: pure arithmetic, no state, all constexpr and O(1). Apart from the
// wheels so that what is proven about it is proven about the very functions they run.
//
// Two families:
//   by digits    hierarchical_wheel and its kin. Time is a number in base 2^Bits; a timer sits on
//                the level of the highest digit in which its deadline differs from the cursor, in
//                the slot of that digit.
//   by distance  noncascading_wheel and its kin. Level l is 2^(l * Shift) ticks coarse; a timer
//                sits on the finest level that its distance fits, in the slot of its turn, which
//                is its deadline in the level's granules.
//
// Source      Varghese and Lauck 1987, section 6.2 (digits); Gleixner 2016 (distances)
// Domain      ticks up to k_tick_max = 2^63 - 1 and levels below the family's k_levels, where no
//             shift reaches 64 and no sum wraps; each function says what else it asks
// Errors      none; a function is total on its domain
#pragma once

#include <bit>

#include "timer/timer.hpp"

namespace cyclone::timer {

/// The constants of hierarchical_wheel: 11 levels of 64 slots.
struct digit_layout {
    static constexpr unsigned k_bits = 6;     ///< of a digit: 2^6 slots a level
    static constexpr unsigned k_levels = 11;  ///< 66 bits: every tick of 63 bits has a place
};

/// The constants of noncascading_wheel: 21 levels of 64 slots, each 8 times coarser.
struct distance_layout {
    static constexpr unsigned k_bits = 6;     ///< 2^6 slots a level
    static constexpr unsigned k_shift = 3;    ///< each level is 2^3 times coarser
    static constexpr unsigned k_levels = 21;  ///< enough for every distance in 63 bits
};

// By digits.

/// The digit of `t` on a level: the slot that `t` has there. level * Bits < 64.
template <unsigned Bits>
[[nodiscard]] constexpr unsigned digit_of(tick t, unsigned level) noexcept {
    return static_cast<unsigned>(t >> (level * Bits)) & ((1U << Bits) - 1);
}

/// The level of the highest digit in which two ticks differ; 0 if they are the same.
template <unsigned Bits>
[[nodiscard]] constexpr unsigned level_of_difference(tick deadline, tick cursor) noexcept {
    const auto width = static_cast<unsigned>(std::bit_width(deadline ^ cursor));
    return width == 0 ? 0 : (width - 1) / Bits;
}

/// The first tick of a slot, in the lap of its level that holds the cursor: the cursor's digits
/// above the level, `slot` on it, zeros below. level * Bits < 64; slot < 2^Bits.
template <unsigned Bits>
[[nodiscard]] constexpr tick slot_start(tick cursor, unsigned level, unsigned slot) noexcept {
    const unsigned lap = (level + 1) * Bits;
    const tick base = lap >= 64 ? 0 : cursor >> lap << lap;
    return base | static_cast<tick>(slot) << (level * Bits);
}

// By distance.

/// Ticks that a slot of the level spans. level * Shift < 64.
template <unsigned Shift>
[[nodiscard]] constexpr tick granule_of(unsigned level) noexcept {
    return tick{1} << (level * Shift);
}

/// The finest level l with distance < (2^Bits - 1) * 2^(l * Shift): one slot less than a lap, so
/// that rounding up can never reach the slot that time is in. distance < 2^63.
template <unsigned Bits, unsigned Shift>
[[nodiscard]] constexpr unsigned level_of_distance(tick distance) noexcept {
    static_assert(0 < Shift && Shift <= Bits);
    const auto width = static_cast<unsigned>(std::bit_width(distance));
    const unsigned level = width <= Bits ? 0 : (width - (Bits - Shift + 1)) / Shift;
    return distance < tick{(1U << Bits) - 1} << (level * Shift) ? level : level + 1;
}

/// The first turn of a level that begins no earlier than the deadline; turn t begins at
/// t * 2^(level * Shift). deadline + granule_of(level) <= 2^64.
template <unsigned Shift>
[[nodiscard]] constexpr tick rounded_up(tick deadline, unsigned level) noexcept {
    return (deadline + granule_of<Shift>(level) - 1) >> (level * Shift);
}

/// The turn of a level in which the deadline lies: the last that begins no later than it.
template <unsigned Shift>
[[nodiscard]] constexpr tick rounded_down(tick deadline, unsigned level) noexcept {
    return deadline >> (level * Shift);
}

/// The slot that comes up at a turn.
template <unsigned Bits>
[[nodiscard]] constexpr unsigned slot_of(tick turn) noexcept {
    return static_cast<unsigned>(turn & ((1U << Bits) - 1));
}

}  // namespace cyclone::timer
