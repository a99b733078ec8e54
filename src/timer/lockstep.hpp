// Lock-step testing: run a program on a variant and on the reference model, and compare after every
// operation. The model is a sorted set of (deadline, start order, timer): too slow to ship, too
// simple to be wrong. It is the oracle of the property tests, the fuzzer and the gate before a
// measurement.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "timer/any.hpp"
#include "timer/program.hpp"
#include "timer/registry.hpp"

namespace cyclone::timer {

/// A property that did not hold. `property` is one of the names in k_properties.
struct violation {
    std::string property;
    std::string detail;
    std::size_t step = 0;  ///< index of the operation; the program's length while draining
};

struct firing {
    std::size_t step;  ///< the operation during which it fired
    std::uint8_t timer;
    tick deadline;
    tick at;  ///< now() as the callback saw it

    friend bool operator==(const firing&, const firing&) = default;
};

struct lockstep_options {
    tick origin = 0;                        ///< where time starts
    std::size_t timers = k_program_timers;  ///< how many there are, 256 at most
    bool reactions = true;                  ///< whether callbacks do what script operations say
    bool sleep_by_model = false;   ///< advance_to_next asks the model: the same tick on every row
    bool audit = true;             ///< whether check() is called after every operation
    std::uint64_t split_seed = 0;  ///< non-zero: cut every advance into random pieces
};

struct lockstep_result {
    std::optional<violation> broken;  ///< the first violation, if any; the run stops there
    std::vector<firing> trace;
};

/// Runs `operations`, then drains what is pending by sleeping from deadline to deadline.
[[nodiscard]] lockstep_result run_lockstep(factory make, const program& operations,
                                           const lockstep_options& options = {});

/// The properties that only show between two runs: the same program with every advance cut into
/// pieces (split_invariance), and starting elsewhere in time (time_shift_invariance).
[[nodiscard]] std::optional<violation> check_invariances(factory make, const program& operations,
                                                         std::uint64_t seed);

}  // namespace cyclone::timer
