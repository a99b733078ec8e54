// Checking a queue: programs of one thread in lock step with a model that is a std::deque, and
// crowds of real threads whose items tell where they came from. The judging is pure, so that it can
// be shown to find planted faults.
//
// An item of a crowd is its producer (from 1) times 2^40 plus its number there (from 1): what was
// lost, doubled, made up or overtaken can be read off what the consumers got.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "queue/registry.hpp"

namespace cyclone::queue {

struct violation {
    std::string property;  ///< "S1 once", "S2 order", "S3 empty", "S4 full", "S8 stuck"
    std::string detail;
};

/// The queue of a factory; what it cannot make is the caller's mistake: std::runtime_error.
[[nodiscard]] std::unique_ptr<any> made(factory make, const options& how);

/// One thread: a step below 128 pushes the next number, any other pops, and one that 4 divides
/// flushes then; at the end all is popped. Every answer must be the model's: with one thread
/// nothing is in flight, and all queues are strict, but for what no flush has shown yet.
[[nodiscard]] std::optional<violation> lock_step(any& queue, std::span<const std::uint8_t> program);

struct crowd {
    unsigned producers = 2;
    unsigned consumers = 1;
    std::uint64_t items = 1000;  ///< of each producer
    /// Count calls beside the queue, so that a wrong "empty" or "full" is seen. The counting orders
    /// the threads, and may hide from a sanitizer that the queue does not.
    bool watched = true;
};

/// What came out.
struct harvest {
    std::vector<std::vector<std::uint64_t>> got;  ///< by consumer, in its order
    std::vector<std::uint64_t> left;              ///< popped when all threads had ended
    std::optional<violation> seen;                ///< what a thread saw to be wrong in its own call
};

[[nodiscard]] constexpr std::uint64_t item_of(unsigned producer, std::uint64_t number) noexcept {
    return (std::uint64_t{producer} + 1) << 40 | (number + 1);
}

/// Producers push until all is in, consumers pop until all is out; who sees nothing move for a long
/// while gives up. Where threads cannot be had, throws std::runtime_error.
[[nodiscard]] harvest run_crowd(any& queue, const crowd& who);

/// S1 and S2 of a finished crowd.
[[nodiscard]] std::optional<violation> judge(const harvest& reaped, const crowd& who,
                                             const traits& declared);

/// As many threads of each side as the kind allows, up to those of `most`.
[[nodiscard]] crowd allowed(const traits& declared, crowd most) noexcept;

struct effort {
    std::uint64_t programs = 300;
    std::uint64_t items = 2000;  ///< a producer and crowd
    unsigned rounds = 2;
    std::uint64_t seed = 1;
};

/// All of the above on fresh queues of several capacities and origins; the first thing found
/// broken. The programs are those of the seed; the threads meet as they happen to.
[[nodiscard]] std::optional<violation> find_violation(factory make, const effort& how = {});

}  // namespace cyclone::queue
