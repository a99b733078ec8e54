// Histories for testing what judges histories: simulated ones, which an object with random moments
// of effect gave and which therefore have an order; the same with an answer or an instant changed,
// which may have none; and an oracle that tries every order there is, on objects of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "model/linearize.hpp"
#include "model/queue_monitor.hpp"

namespace cyclone::model::test {

enum class family : std::uint8_t {
    queue,
    small_queue,  ///< holds 2
    stack,
    deque,  ///< thread 0 owns it
    word,
    words,  ///< 2 keys
    set,    ///< 2 elements
    weak_queue,
    three_valued_queue,
    weak_small_queue,  ///< FULL is weak as well
};
inline constexpr std::array<family, 10> k_families{family::queue,
                                                   family::small_queue,
                                                   family::stack,
                                                   family::deque,
                                                   family::word,
                                                   family::words,
                                                   family::set,
                                                   family::weak_queue,
                                                   family::three_valued_queue,
                                                   family::weak_small_queue};
[[nodiscard]] std::string to_string(family kind);

struct shape {
    std::size_t threads = 3;
    std::size_t operations = 7;
    std::size_t pushes_of_8 = 4;   ///< of the operations of queues and stacks
    std::size_t pending_of_8 = 2;  ///< how often the last operation of a thread stays pending
};

[[nodiscard]] std::vector<operation> simulate(rng& draw, family kind, const shape& of);

/// Changes up to four answers or instants. A thread's operations stay in their order.
void disturb(rng& draw, std::vector<operation>& given);

/// before[i][j]: i is over before j begins. By the clock, or by a random part of that.
struct relation {
    bool timed;
    std::vector<std::vector<bool>> before;
};
[[nodiscard]] relation by_clock(const std::vector<operation>& given);
/// Sorts the operations by their calls first, as history::by_order wants a thread's own.
[[nodiscard]] relation thinned(rng& draw, std::vector<operation>& given);

/// Whether some order fits: all of them are tried, nothing is remembered.
[[nodiscard]] bool has_order(family kind, const std::vector<operation>& given,
                             const relation& before);
/// Whether this one does: `order` lists indices.
[[nodiscard]] bool is_order(family kind, const std::vector<operation>& given,
                            const relation& before, const std::vector<std::size_t>& order);

/// linearize() with the specification of the family.
[[nodiscard]] search_result judge(family kind, const history& all, const search_options& how = {});

/// For messages: one line an operation.
[[nodiscard]] std::string text(const std::vector<operation>& given);

// The checks of a checker, for the tests and for the hunt for seeded bugs alike. Each says what is
// wrong, or nothing.

/// Verdicts, witnesses and shortest prefixes against the oracle, on `rounds` small histories of
/// every family. `counts`: how many had an order and how many had none.
struct verdicts {
    std::size_t yes = 0;
    std::size_t no = 0;
};
[[nodiscard]] std::string search_against_oracle(search_bug bug, std::uint64_t seed,
                                                std::size_t rounds, verdicts* counts = nullptr);
/// Histories written by hand, with the verdicts that follow from the definition.
[[nodiscard]] std::string search_by_hand(search_bug bug);

/// The monitor against the search: equal on strict queues, and never stricter on weaker ones.
[[nodiscard]] std::string monitor_against_search(monitor_bug bug, std::uint64_t seed,
                                                 std::size_t rounds, const shape& of,
                                                 verdicts* counts = nullptr);
[[nodiscard]] std::string monitor_by_hand(monitor_bug bug);

// Histories by hand: push and pop of a thread between two instants.
[[nodiscard]] operation push(std::uint32_t thread, std::uint64_t value, std::uint64_t call,
                             std::uint64_t back);
[[nodiscard]] operation pop(std::uint32_t thread, std::uint64_t value, std::uint64_t call,
                            std::uint64_t back);
[[nodiscard]] operation said(answer what, operation o);

}  // namespace cyclone::model::test
