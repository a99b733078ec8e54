// A test program: a short list of operations on a handful of timers, and its three-bytes-an-op
// encoding. RapidCheck draws the bytes, libFuzzer mutates them, a crash file is them: one format,
// so that a counterexample of one tool is a regression of the other.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "timer/timer.hpp"

namespace cyclone::timer {

inline constexpr std::size_t k_program_timers = 32;

enum class op_kind : std::uint8_t {
    start,            ///< start, or restart if pending, `delta` ticks ahead
    start_past,       ///< the same with a deadline `delta` ticks ago
    stop,             ///< stop, pending or not
    advance,          ///< move time on by `delta`
    advance_to_next,  ///< sleep until next_deadline()
    script,           ///< what the timer's callback does from now on
};

enum class reaction : std::uint8_t { none, restart_self, stop_other, restart_other };

struct op {
    op_kind kind = op_kind::advance;
    std::uint8_t timer = 0;
    std::uint8_t other = 0;             ///< script: the timer that the callback touches
    reaction on_fire = reaction::none;  ///< script: what it does
    tick delta = 0;                     ///< start, advance, script
};

using program = std::vector<op>;

/// Distances that a byte stands for: every small one, and the neighbours of each boundary at which
/// a wheel or a heap of some variant changes its behaviour (64^k, 63 * 8^k, 4096 k, 2^k).
[[nodiscard]] const std::array<tick, 256>& program_deltas();

/// Reads three bytes an operation; a trailing piece is ignored. Every input is a valid program.
[[nodiscard]] program decode_program(std::span<const std::uint8_t> bytes);

/// One operation a line, for a reader.
[[nodiscard]] std::string to_string(const op& operation);
[[nodiscard]] std::string to_string(const program& operations);

}  // namespace cyclone::timer
