// Traces: what a real program did with its timers, as a file that any variant can replay.
//
// A trace is text lines, an empty line, and events in bytes:
//
//   cyclone-trace 1
//   tick_ns 1000000              one tick, in nanoseconds
//   program memcached 1.6.18     what was recorded
//   source libevent, preloaded   how
//   command memcached -t 1       what it was doing
//   timers 514                   distinct timers; ids are 0 to 513
//   events 60000
//   bytes 180321                 of events
//   sha256 9f86...               of those bytes
//
// An event is varints (seven bits a byte, low ones first, as LEB128): ticks since the event before,
// times four, plus its kind; the timer; for start and restart, the ticks until the deadline. A
// trace of a server is two to five bytes an event.
//
// A fire says when the recorded program saw the timer fire. A replay fires by its own deadlines, so
// there it only says that the loop turned at that tick.
//
// Bounds: 64 MiB, 2^22 timers, 2^24 events, 2^50 ticks, 4 KiB of header. Whatever the bytes are, a
// reader stays within memory of 24 bytes an event it has seen and says at which offset it stopped.
// Thread safety: none needed; these are functions of their arguments.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

enum class trace_op : std::uint8_t { start, stop, restart, fire };

struct trace_event {
    tick when = 0;   ///< since the trace began
    tick delta = 0;  ///< of start and restart: from `when` to the deadline; else 0
    std::uint32_t timer = 0;
    trace_op op = trace_op::start;
    friend bool operator==(const trace_event&, const trace_event&) = default;
};

struct trace {
    std::uint64_t tick_ns = 1'000'000;
    std::string program;
    std::string source;
    std::string command;
    std::uint32_t timers = 0;
    std::vector<trace_event> events;  ///< by `when`
    friend bool operator==(const trace&, const trace&) = default;
};

inline constexpr std::size_t k_trace_bytes_max = std::size_t{64} << 20;
inline constexpr std::uint32_t k_trace_timers_max = 1U << 22;
inline constexpr std::size_t k_trace_events_max = std::size_t{1} << 24;
inline constexpr tick k_trace_ticks_max = tick{1} << 50;

/// invalid_argument: events out of order, an id beyond `timers`, beyond the bounds, or a header
/// text with a line break. O(events).
[[nodiscard]] result<std::string> write_trace(const trace& what);

/// corrupt_data with the offset for bytes that are no trace; out_of_range beyond the bounds.
/// O(bytes).
[[nodiscard]] result<trace> parse_trace(std::string_view bytes);

/// The same from a file; not_found or io_error if it cannot be read. Errors name the file.
[[nodiscard]] result<trace> read_trace(const std::string& path);

/// SHA-256 (FIPS 180-4), in hexadecimal. O(bytes).
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace cyclone::timer
