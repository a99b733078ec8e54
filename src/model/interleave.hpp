#pragma once
// The second engine as its users see it: a body under sync::stepped is run under many interleavings
// of its steps, for tests that are too large for execution graphs, with a clock that is virtual.
//
//   auto found = model::interleave({.how = model::tactic::pct, .seed = 7}, [] {
//       my_queue<sync::stepped> queue(2);
//       model::steps::thread producer([&] { queue.push(1); });
//       if (auto item = queue.pop()) model::steps::require(*item == 1);
//   });
//
// Memory is sequentially consistent: a memory order that is too weak is not found here but by the
// graphs (check.hpp), and neither are races of plain data. What is found: requirements that do not
// hold, deadlocks and lost wake-ups, runs without end, use after free, double free, leaks.
//
// The verdict of samples is always partial, and so is that of a search with a bound; `passed` means
// that every interleaving has been run, up to the order of steps that do not conflict.
//
// Source    see strategy.hpp; shrinking is ddmin, Zeller and Hildebrandt, TSE 2002, over the
//           decisions in which a schedule differs from the natural one
// Cost      O(runs x steps x threads); some ten million steps a second and core at best
// Errors    a body that behaves differently in the same schedule is a finding (inconsistent)
// Thread-safety: one at a time in a thread of the process.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/check.hpp"
#include "model/schedule.hpp"

namespace cyclone::model::steps {

enum class tactic : std::uint8_t { random_walk, pct, pos, round_robin, bursts, exhaustive };
[[nodiscard]] std::string_view name_of(tactic t) noexcept;
[[nodiscard]] std::string_view words_for(fault f) noexcept;

struct interleave_options {
    tactic how = tactic::random_walk;
    std::uint64_t seed = 1;
    std::uint64_t runs = 1000;           ///< samples; exhaustive: see runs_max
    std::uint64_t runs_max = 1'000'000;  ///< exhaustive: more make the verdict partial
    double seconds_max = 60;
    std::uint32_t depth = 3;                  ///< pct: changes of priority + 1
    std::uint32_t preemptions = k_unbounded;  ///< exhaustive: at most so many in a run
    std::uint64_t mean_burst = 8;
    schedule_options schedule{};
    bool leaks = true;  ///< memory made and not disposed of at the end is an error
    std::uint64_t shrink_runs = 1000;
    std::string replay{};  ///< a counterexample's string: only that schedule
};

struct bad_schedule {
    fault what = fault::none;
    std::string message{};
    std::string trace{};      ///< threads across, steps down, each read with its source
    std::string replay{};     ///< for interleave_options::replay
    std::uint64_t run = 0;    ///< which one found it, from 0
    std::uint64_t steps = 0;  ///< of the shrunk schedule
    std::uint64_t decisions = 0;
    std::uint64_t decisions_found = 0;  ///< before shrinking
};

struct interleave_result {
    verdict said = verdict::passed;
    std::string bound{};  ///< partial: which bound was hit, and how to raise it
    std::optional<bad_schedule> found{};
    std::uint64_t runs = 0;        ///< schedules run to their end
    std::uint64_t redundant = 0;   ///< cut: they would have repeated another
    std::uint64_t distinct = 0;    ///< that differed in the order of their steps
    std::uint64_t steps = 0;       ///< of all runs
    std::uint64_t steps_most = 0;  ///< of one
    std::uint32_t threads_most = 0;
    double chance = 0;  ///< pct: with which one run finds a bug of this depth, at least
    double seconds = 0;
};

[[nodiscard]] interleave_result interleave(const interleave_options& how,
                                           const std::function<void()>& body);

/// One line.
[[nodiscard]] std::string to_json(const interleave_result& r);

/// A replay string and back; nothing for what is none.
struct replay_text {
    std::uint64_t seed = 0;
    bool plain_steps = true;
    std::vector<decision> decisions{};

    friend bool operator==(const replay_text&, const replay_text&) = default;
};
[[nodiscard]] std::string to_string(const replay_text& r);
[[nodiscard]] std::optional<replay_text> parse_replay(std::string_view text);

/// The threads of a log across, its steps down.
[[nodiscard]] std::string trace_of(scheduler& s);

}  // namespace cyclone::model::steps

namespace cyclone::model {
using steps::interleave;
using steps::interleave_options;
using steps::interleave_result;
using steps::tactic;
}  // namespace cyclone::model
