#pragma once
// Processors that are simulated, for what is claimed of more of them than a machine has. Each runs
// calls of an object under sync::stepped, the same template code that ships, one step of one
// processor at a time, in the order that a schedule says. What a call takes is counted in steps and
// in lines of cache that travel, never in time; equal machines give equal reports.
//
//   sim::report r = sim::simulate(make, {.processors = 16, .how = sim::schedule::random});
//   r.system_latency();   // steps of everybody for each result
//
// A step is one access to shared memory. The steps of all processors are of one length and nobody
// takes two at a time: what is told is how calls hinder one another, and what that costs in the
// words of the papers on it, not how fast anything is. Memory is sequentially consistent, caches
// are those of model/coherence.hpp.
//
// All processors work throughout: a round begins with a warm-up that does not count, the count ends
// with the last of a given number of results, and calls that are then under way are left out but
// for the steps that they have taken. A call that is refused is followed by a pause, in which a
// processor takes no step until some memory has changed.
//
// Source      Alistarh, Censor-Hillel and Shavit, STOC 2014, for the uniform stochastic scheduler
//             and the two latencies; the adversary is that of Herlihy, TOPLAS 1991
// Cost        O(1) a step beside the scheduler's, which is O(processors)
// Errors      an object that fails, a deadlock, a round without an end: `broken`, with what
// Thread-safety: one simulation at a time in a thread of the process.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/subject.hpp"

namespace cyclone::sim {

enum class schedule : std::uint8_t {
    round_robin,  ///< a step each, in a circle
    random,       ///< any processor, each as likely, at every step
    bursts,       ///< a processor stays for about mean_burst steps
    adversary,    ///< between two steps of a victim the others end `between` calls
    alone         ///< a call each, in a circle: calls never meet
};
[[nodiscard]] std::string_view name_of(schedule s) noexcept;
[[nodiscard]] std::optional<schedule> schedule_of(std::string_view name) noexcept;

inline constexpr std::uint32_t k_processors_max = 64;

/// Seeded bugs of the simulator, which its tests must find.
inline constexpr int k_unfinished_lost = 1;   ///< calls that never end are not among the worst
inline constexpr int k_warmup_counts = 2;     ///< the count begins at once
inline constexpr int k_failures_lost = 3;     ///< every compare-exchange counts as one that took
inline constexpr int k_sticky_random = 4;     ///< the random schedule stays with a processor
inline constexpr int k_tame_adversary = 5;    ///< the adversary lets everybody take turns
inline constexpr int k_own_gaps = 6;          ///< gaps are told in steps of the processor's own
inline constexpr int k_seed_unused = 7;       ///< every seed is the same one
inline constexpr int k_one_cache = 8;         ///< all processors share a cache
inline constexpr int k_refusals_as_done = 9;  ///< a call that was refused is a result
inline constexpr int k_mutants = 9;

struct machine {
    std::uint32_t processors = 4;
    schedule how = schedule::random;
    std::uint64_t seed = 1;
    std::uint64_t operations = 200;  ///< results that count, for each processor on average
    std::uint64_t warmup = 50;       ///< the same, before the count
    std::uint32_t victim = 0;        ///< of the adversary
    std::uint64_t between = 1;       ///< calls that others end between two steps of the victim
    std::uint64_t mean_burst = 32;
    std::uint64_t steps_max = 50'000'000;
    int mutant = 0;
};

/// What one kind of call came to.
struct call_report {
    std::string name{};
    std::uint64_t calls = 0;  ///< that ended
    std::uint64_t done = 0;   ///< with a result
    std::uint64_t refused = 0;
    std::uint64_t blocked = 0;  ///< said that another call is half done
    std::uint64_t steps = 0;
    std::uint64_t steps_worst = 0;  ///< of one call, with those that have not ended
    std::uint64_t rmws = 0;         ///< compare-exchanges among them
    std::uint64_t compares = 0;
    std::uint64_t failed_compares = 0;  ///< that changed nothing
    std::uint64_t locked = 0;           ///< instructions that x86 locks: see locked_of
    std::uint64_t transfers = 0;        ///< lines fetched from another cache
};

struct processor_report {
    std::uint64_t done = 0;
    std::uint64_t steps = 0;
    std::uint64_t steps_worst = 0;  ///< its own, of one call, with the one that has not ended
    std::uint64_t gap_worst = 0;    ///< steps of everybody between two results of this one
};

struct report {
    machine asked{};
    std::string broken{};  ///< the object failed: the rest is worth nothing
    std::uint64_t steps = 0;
    std::uint64_t done = 0;
    std::uint64_t waits = 0;               ///< pauses after calls that were refused
    std::vector<call_report> calls{};      ///< by name
    std::vector<processor_report> each{};  ///< by number
    std::uint64_t hash = 0;                ///< of the schedule: equal for equal machines

    [[nodiscard]] const call_report* call(std::string_view name) const noexcept;
    /// All kinds of calls together.
    [[nodiscard]] call_report total() const;
    /// Steps of everybody for each result.
    [[nodiscard]] double system_latency() const noexcept;
    /// The mean over processors of the steps of everybody for each result of that one; one without
    /// a result counts as if the next step had brought it.
    [[nodiscard]] double individual_latency() const noexcept;
};

/// How many instructions of a step x86 locks: read-modify-writes, seq_cst stores and fences, and
/// taking or leaving a mutex that nobody else wants.
[[nodiscard]] std::uint64_t locked_of(const model::steps::point& p) noexcept;

/// Threads 0 to processors - 1 of the subject, each one call after the other.
[[nodiscard]] report simulate(const model::steps::subject_maker& make, const machine& asked);

}  // namespace cyclone::sim
