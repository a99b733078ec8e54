// Checking a counter: what is true of the numbers that threads got. The judging is pure, so that it
// can be shown to find planted faults; the recording runs real threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "counter/any.hpp"

namespace cyclone::counter {

/// The numbers that each handle got, in the order in which it got them.
using history = std::vector<std::vector<std::uint64_t>>;

struct violation {
    std::string property;  ///< "S1 unique", "S2 dense", "S3 rising", "S4 real time"
    std::string detail;
};

/// Holds a finished history to S1, S2 and S3. O(k log k) for k numbers.
[[nodiscard]] std::optional<violation> judge(const history& got, const traits& declared);

/// `threads` threads at once, each with a handle of its own, call next() `calls` times. Where
/// threads cannot be had, throws std::runtime_error.
[[nodiscard]] history record_crowd(any& counter, unsigned threads, std::uint64_t calls);

/// Threads pass a token round and only the holder calls next(), so that every call has ended
/// before the next begins. Returns the numbers in that order (S4: they rise).
[[nodiscard]] std::vector<std::uint64_t> record_relay(any& counter, unsigned threads,
                                                      std::uint64_t turns);

/// One thread calls next() through the handles that `script` names, in its order.
[[nodiscard]] history record_script(any& counter, const std::vector<std::uint8_t>& script,
                                    std::size_t handles);

/// S4 of numbers whose calls followed one another.
[[nodiscard]] std::optional<violation> judge_order(const std::vector<std::uint64_t>& got);

/// What find_violation does: `rounds` crowds of 2 to `threads` threads, and a relay where S4 is
/// declared.
struct effort {
    unsigned threads = 4;
    std::uint64_t calls = 5000;  ///< a thread and round
    unsigned rounds = 3;
};

/// All of the above on fresh counters; the first thing found broken. Always the same calls, but
/// the threads meet as they happen to.
[[nodiscard]] std::optional<violation> find_violation(std::unique_ptr<any> (*make)(),
                                                      const effort& how = {});

}  // namespace cyclone::counter
