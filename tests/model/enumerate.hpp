// Brute force: what a litmus program may do, without an explorer. Two ways that share nothing but
// the form of their answer:
//
//   by_axioms          every choice of rf and every modification order, judged by the definitions
//                      (model/consistency_naive.hpp)
//   by_interleaving    a sequentially consistent machine, one step of one thread at a time, no
//                      axioms at all: right for programs whose every order is seq_cst
//
// Cost   both exponential in the program and bounded by `most`: beyond it the answer is nothing
// Thread-safety  functions of their arguments
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/consistency_naive.hpp"
#include "model/litmus.hpp"

namespace cyclone::model::test {

/// The place of an instruction; k_initial stands for the initial value of any location.
using slot = int;
inline constexpr slot k_initial = -1;

[[nodiscard]] constexpr slot slot_of(std::size_t thread, std::size_t index) noexcept {
    return static_cast<slot>(thread * litmus::k_length_max + index);
}

/// What one instruction did.
struct deed {
    bool done = false;  ///< false: not yet, or left out by its guard
    bool wrote = false;
    bool failed = false;  ///< a compare-exchange that did not write
    slot source = k_initial;
    litmus::word seen = 0;
    litmus::word written = 0;
};

/// One execution: what each instruction did, and in which order the writes of a location came.
struct execution {
    explicit execution(const litmus::program& p);

    std::vector<std::vector<deed>> deeds;   ///< by thread and instruction
    std::vector<std::vector<slot>> orders;  ///< by location, without the initial value

    [[nodiscard]] deed& at(slot s) noexcept {
        return deeds[static_cast<std::size_t>(s) / litmus::k_length_max]
                    [static_cast<std::size_t>(s) % litmus::k_length_max];
    }
    [[nodiscard]] const deed& at(slot s) const noexcept {
        return const_cast<execution*>(this)->at(s);
    }
};

/// The execution as a graph of the explorer's shape: main thread, locations, children.
[[nodiscard]] graph graph_of(const litmus::program& p, const execution& e);

/// Does instruction `i` in `d`, reading `seen`: whether it writes, and what. `spurious` makes a
/// compare-exchange fail that would not.
void act(const litmus::instruction& i, const litmus::registers& file, litmus::word seen,
         bool spurious, deed& d);

/// All that a program may do.
struct behaviours {
    std::set<std::string> shapes;    ///< litmus::shape_of
    std::set<std::string> outcomes;  ///< litmus::text_of
    bool racy = false;
    std::uint64_t candidates = 0;  ///< looked at

    void add(const litmus::program& p, const graph& g);
};

enum class pruning : std::uint8_t {
    none,     ///< every permutation of the writes of a location
    obvious,  ///< only those that keep program order and put an exchange behind what it read
};

[[nodiscard]] std::optional<behaviours> by_axioms(const litmus::program& p,
                                                  release_sequences sequences, std::uint64_t most,
                                                  pruning how = pruning::obvious);

[[nodiscard]] std::optional<behaviours> by_interleaving(const litmus::program& p,
                                                        std::uint64_t most);

}  // namespace cyclone::model::test
