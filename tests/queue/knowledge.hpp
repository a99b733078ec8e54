// What the suites need to know of a variant and cannot find out by themselves. known/<name>.hpp
// defines it, as `k_known`; a variant without such a file gets what suits its kind. The build gives
// each variant's a name of its own, so that the files need not.
//
// What needs the variant as a template stands in a file of its own beside it:
//   known/<name>.explored.hpp  template <int Mutant>
//                              std::vector<model::named_body> explored_of_<name>();
//   known/<name>.stalled.hpp   template <int Mutant> void stalled_of_<name>();  with CHECKs
// The bodies are explored as the plans are, the other is a scenario of the stalled suite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "queue/queue.hpp"

namespace cyclone::queue::test {

/// A scenario for the explorer: what threads do, a letter a call.
///   +  push     P  push, and wait until there is room (S15)
///   -  pop      p  pop, and wait until there is an item
///   f  flush the pushes (S13)
///   g  flush the pops
struct plan {
    std::string name{};
    std::size_t capacity = 2;
    std::string before{};                ///< the body's, before there are threads
    std::vector<std::string> threads{};  ///< at most 4
    std::uint64_t origin = 0;
    bool drained = true;               ///< else the queue is destroyed with what is inside
    bool strict_at_both_ends = false;  ///< demand of "full" what S4 calls strict
};

/// A memory order that no scenario shows to be needed, and why it stays.
struct survivor {
    /// A regular expression that is looked for in "file.hpp:12 acquire -> relaxed | the line
    /// itself"
    std::string site{};
    std::string why{};
};

/// What a peer does not do although it declares it.
struct breach {
    std::string property{};  ///< "S3 empty"; what counts is the first word
    std::string why{};       ///< and where that is said
};

struct knowledge {
    std::vector<plan> plans{};       ///< none: those of its kind
    std::vector<plan> long_plans{};  ///< only where long runs were asked for
    int locked_push = -1;  ///< read-modify-writes of a push that succeeds and meets nobody
    int locked_pop = -1;   ///< -1: not judged
    std::vector<survivor> over_strong{};
    std::vector<breach> breaks{};  ///< peers only
    int fences = -1;  ///< of such a call; -1: none, but those of hazard pointers and epochs
    std::uint64_t events_max = 640;  ///< of one execution of a plan; more is taken for no end
    /// A call that is only lock-free, and why the adversary of the progress suite cannot starve it.
    std::string unstarved_push{};
    std::string unstarved_pop{};
};

/// The scenarios of a variant; `all`: the long ones too.
[[nodiscard]] std::vector<plan> plans_of(const knowledge& known, const traits& declared, bool all);

/// What is known of a breach of this property ("S3 empty", or "S3"), or null.
[[nodiscard]] const breach* breach_of(const knowledge& known, std::string_view property);

}  // namespace cyclone::queue::test
