// What people see of a graph: a text with threads across and events down, a drawing for Graphviz,
// and a line from which the explorer makes the same execution again.
//
// The replay string is a list of steps in the order in which events are shown: `2` the next event
// of thread 2, `2*5` five of them, `2r0.7` it reads from event 7 of thread 0, `2f0.7` a
// compare-exchange that failed on it, `2w3` its write comes third in modification order so far
// (counted from 0, the initialisation), `0s2` it spawns thread 2. It has no addresses and no
// values, so it holds from process to process as long as the body is the same.
//
// Cost: O(events * threads) and the text. Errors: parse_script says which step it cannot read.
// Thread-safety: none needed.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/graph.hpp"

namespace cyclone::model {

/// All events, each after what is before it in its thread and after what it reads from, waits for
/// or was begun by; of several that could be next, the one added first.
[[nodiscard]] std::vector<event_id> in_order(const graph& g);

/// A value as a reader wants it: a pointer into a known object by name. Empty: print the number.
using value_namer = std::function<std::string(std::uint64_t)>;

[[nodiscard]] std::string trace_text(const graph& g, const value_namer& named = {});
[[nodiscard]] std::string trace_dot(const graph& g, const value_namer& named = {});

/// "head", if it was given a name, else "t0.3": the fourth location that the body made.
[[nodiscard]] std::string location_text(const graph& g, location where);
/// "ring.hpp:42"
[[nodiscard]] std::string site_text(const std::source_location& site);
/// "t1#4 store rel head = 3 (ring.hpp:42)"
[[nodiscard]] std::string event_text(const graph& g, event_id id, const value_namer& named = {});
[[nodiscard]] const char* order_text(std::memory_order order) noexcept;

struct script_step {
    enum class kind_of : std::uint8_t { plain, read, failed, write, spawn };
    std::uint32_t thread = 0;
    kind_of what = kind_of::plain;
    event_id from;             ///< read, failed
    std::uint32_t number = 0;  ///< write: place in mo so far; spawn: the child
};

[[nodiscard]] std::string script_of(const graph& g);
[[nodiscard]] std::expected<std::vector<script_step>, std::string> parse_script(
    std::string_view text);

}  // namespace cyclone::model
