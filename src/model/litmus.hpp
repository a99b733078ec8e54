// Tiny concurrent programs as data: what litmus tests and the random programs that test the
// explorer are written in. A text form to read, print and repeat them; a body that runs one under
// model::check; and what a graph of such a program says: its registers, its memory, its shape.
//
//   store x 1 release; r0 = load y acquire || r0 = add x 1 relaxed; if r0 == 1: set d 1
//
// Threads are separated by "||", instructions by ";". Locations begin as 0. Instructions:
//
//   store x V O            r = load x O             r = exchange x V O      r = add x V O
//   r = cas x V V O O      r = weak x V V O O       fence O                 (r = is optional)
//   set d V                get d                    plain data, only there to be raced for
//   if r == N: any of these
//
// A value V is a number, a register or a register and a number, r0+1. Orders O: relaxed acquire
// release acq_rel seq_cst, or rlx acq rel ar sc. Registers r0 to r7 belong to their thread and
// begin as 0. cas and weak put the value they read into their register. A location is plain if the
// program gets or sets it. `weak` may fail once a thread where `cas` would succeed.
//
// Limits   4 threads, 12 instructions each, 6 locations: beyond is an error of parse()
// Errors   parse() and replay() say what is wrong and where
// Thread-safety  values; body_of() runs inside model::check
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.hpp"
#include "model/graph.hpp"

namespace cyclone::model::litmus {

inline constexpr std::size_t k_threads_max = 4;
inline constexpr std::size_t k_length_max = 12;  ///< instructions of a thread
inline constexpr std::size_t k_locations_max = 6;
inline constexpr std::size_t k_registers = 8;

using word = std::uint64_t;
using registers = std::array<word, k_registers>;

enum class action : std::uint8_t { load, store, exchange, add, cas, weak, fence, get, set };

struct operand {
    std::optional<std::uint8_t> reg;
    word plus = 0;

    [[nodiscard]] word in(const registers& file) const noexcept {
        return (reg ? file[*reg] : 0) + plus;
    }
    friend bool operator==(const operand&, const operand&) = default;
};

struct guard {
    std::uint8_t reg = 0;
    word equals = 0;

    friend bool operator==(const guard&, const guard&) = default;
};

struct instruction {
    action what = action::fence;
    std::uint8_t where = 0;  ///< index into program::locations
    std::memory_order order = std::memory_order_relaxed;
    std::memory_order failure = std::memory_order_relaxed;  ///< cas, weak
    operand value;                                          ///< stored, added, desired
    operand expected;                                       ///< cas, weak
    std::optional<std::uint8_t> into;
    std::optional<guard> only_if;

    friend bool operator==(const instruction&, const instruction&) = default;
};

[[nodiscard]] constexpr bool reads(action a) noexcept {
    return a == action::load || a == action::exchange || a == action::add || a == action::cas ||
           a == action::weak;
}
[[nodiscard]] constexpr bool writes(action a) noexcept {
    return a == action::store || a == action::exchange || a == action::add || a == action::cas ||
           a == action::weak;
}
[[nodiscard]] constexpr bool compares(action a) noexcept {
    return a == action::cas || a == action::weak;
}
[[nodiscard]] constexpr bool is_plain(action a) noexcept {
    return a == action::get || a == action::set;
}

struct place {
    std::string name;
    bool plain = false;

    friend bool operator==(const place&, const place&) = default;
};

struct program {
    std::vector<place> locations;  ///< made by the main thread in this order
    std::vector<std::vector<instruction>> threads;

    friend bool operator==(const program&, const program&) = default;
};

/// A program, or what is wrong with the text, with the column.
struct parsed {
    std::optional<program> value;
    std::string error;
};
[[nodiscard]] parsed parse(std::string_view text);

/// The text form; parse(text_of(p)) is p for every p that parse() gives.
[[nodiscard]] std::string text_of(const program& p);

/// For model::check: makes the locations, starts a thread for each of the program's, joins them.
[[nodiscard]] std::function<void()> body_of(program p);

/// How an execution ended.
struct outcome {
    std::vector<registers> threads;
    std::vector<word> memory;  ///< mo-last value by location; 0 for plain ones
};

/// Runs the program on the values that the graph's reads have. The graph's events must be those of
/// the program: kinds, locations, orders, values. Otherwise nothing, and `wrong` says where.
[[nodiscard]] std::optional<outcome> replay(const program& p, const graph& g, std::string& wrong);

/// Whether all terms hold: "1:r0=0" a register of the first thread, "x=2" the memory at the end.
/// Terms are separated by blanks. What is no term throws std::invalid_argument.
[[nodiscard]] bool holds(const program& p, const outcome& o, std::string_view terms);

/// Registers that the program writes and memory, in the words of holds().
[[nodiscard]] std::string text_of(const program& p, const outcome& o);

/// What the program's threads did, in words: each access with its source and value, and the order
/// of each location. The same for two graphs if and only if rf, mo and the values are. Only kinds
/// read, write, fence, get and set count, numbered within their thread.
[[nodiscard]] std::string shape_of(const graph& g);

}  // namespace cyclone::model::litmus
