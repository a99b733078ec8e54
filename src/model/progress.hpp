#pragma once
// What an object promises to those who wait for nobody: wait-free, lock-free, obstruction-free or
// blocking, found by suspending a thread for ever before each of its steps in turn, under many
// schedules, and looking whether the others still end their operations.
//
//   suspend    each thread, before each step that it takes, in each schedule. If the others end all
//              operations, nothing blocks there. If not, one of them is run alone: where it cannot
//              end either, its operation blocks, and the step is where; where it ends alone, the
//              threads hindered one another, and the object is obstruction-free at best.
//   probe      those that are left go on with more operations. If one kind of operation never
//              succeeds any more though every kind is still tried, the suspended thread has left a
//              window: the object does not block, it refuses.
//   starve     an adversary lets others end operations between two steps of a victim. If the steps
//              that an operation takes grow with what the others do, it is not wait-free.
//
// A finite number of operations under any schedule ends if the object is lock-free: as long as some
// operation ends there are fewer left. So `lock_free` is what has passed the first test,
// `wait_free` what has passed all three; both are evidence from the schedules that were tried and
// no proof, and the words of a result say so. `blocking` is a fact: the site can be shown.
//
// Source    Herlihy and Shavit, On the nature of progress, OPODIS 2011, for the words; suspending
//           at every step is the definition taken literally
// Cost      O(threads^2 x operations^2 x steps an operation x schedules) steps
// Errors    an object that fails (a requirement, use after free) is said to be broken, with what
// Thread-safety: one at a time in a thread of the process.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/subject.hpp"

namespace cyclone::model::steps {

enum class progress : std::uint8_t { wait_free, lock_free, obstruction_free, blocking };
[[nodiscard]] std::string_view name_of(progress p) noexcept;

struct progress_options {
    std::uint32_t threads = 3;
    std::uint64_t operations = 4;  ///< of each thread, in the runs with a suspension
    std::uint64_t seed = 1;
    std::uint64_t schedules = 8;    ///< beside round robin and the victim running first
    std::uint64_t probes = 24;      ///< of each thread; more than what the object holds
    std::uint64_t starving = 16;    ///< operations of others while one is starved; x 2, x 4
    std::uint64_t patience = 3000;  ///< steps in which no operation ends
};

/// Where a suspended thread stands in the way of others.
struct obstacle {
    std::string by{};         ///< the operation that was suspended
    std::string step{};       ///< what it was about to do: "store rel ring.hpp:42"
    std::string hurt{};       ///< the operation of others
    std::string how{};        ///< "waits for ever", "spins", "is refused", ...
    std::uint64_t times = 0;  ///< in how many runs

    friend bool operator==(const obstacle&, const obstacle&) = default;
};

struct operation_progress {
    std::string name{};
    progress said = progress::wait_free;
    bool window = false;                     ///< never succeeds behind some suspended thread
    std::uint64_t steps_most = 0;            ///< own steps of one, in any run that was tried
    std::array<std::uint64_t, 3> starved{};  ///< the same, starved by 1, 2 and 4 x `starving`
    bool grows = false;                      ///< the three rise
};

struct progress_result {
    progress said = progress::wait_free;           ///< the worst of its operations
    std::vector<operation_progress> operations{};  ///< by name
    std::vector<obstacle> blocks{};
    std::vector<obstacle> windows{};
    std::vector<obstacle> livelocks{};  ///< `by` nobody: hindered by each other
    std::string broken{};               ///< the object failed: nothing else is worth reading
    std::uint32_t threads = 0;
    std::uint64_t runs = 0;
    std::uint64_t suspensions = 0;
    std::uint64_t steps = 0;
    std::string words{};  ///< what was found, and up to which bound

    [[nodiscard]] const operation_progress* operation(std::string_view name) const noexcept;
};

[[nodiscard]] progress_result classify(const subject_maker& make, const progress_options& how);

/// One line.
[[nodiscard]] std::string to_json(const progress_result& r);

}  // namespace cyclone::model::steps

namespace cyclone::model {
using steps::classify;
using steps::progress_options;
using steps::progress_result;
}  // namespace cyclone::model
