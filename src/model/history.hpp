// A history: what the threads of one run asked of an object, what they were told, and which
// operation was over before which began. Recorded from real threads (recorder.hpp), or read off an
// execution graph; judged by linearize.hpp and queue_monitor.hpp.
//
// "Over before" is an order on operations, and two are known:
//   by_time   intervals of one clock: i is before j if i.back < j.call. Equal instants overlap, so
//             that a coarse clock loses verdicts and never invents one.
//   by_order  any transitive relation that the caller knows, such as happens-before of a graph.
// Either way a thread's operations are in the order of the thread. So what is before an operation
// is, in each thread, a number of that thread's first operations: `before` is that vector, and no
// n x n relation is kept.
//
// A pending operation has begun and nobody knows its answer: it may have taken effect or not.
//
// Cost: by_time O(n k log n) for k threads, by_order O(n^2) questions; both hold n k numbers.
// Invariants  I1 a lane holds one thread's operations, in its order, none overlapping
//             I2 before() grows along a lane and counts, in the own lane, all that came earlier
//             I3 by_time: only the last of a lane is pending
// Errors: what breaks I1 or I3 in what a caller gives is invalid_argument, naming the operation.
// Source: Herlihy, Wing, "Linearizability: a correctness condition for concurrent objects",
// TOPLAS 12(3), 1990, section 2; the vector is that of Fidge and Mattern.
// Thread-safety: none needed; a history does not change.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "model/graph.hpp"

namespace cyclone::model {

enum class verb : std::uint8_t {
    push,   ///< done or full
    pop,    ///< done, empty or would_block
    take,   ///< by the owner of a deque, at the end where it pushes: done or empty
    steal,  ///< at the other end: done, empty or aborted
    add,    ///< `result` is the value before
    read,
    write,
    compare_exchange,  ///< from `argument` to `extra`; done, or refused with `result` as seen
    insert,            ///< of `key` into a set: done, or refused because it was there
    remove,            ///< done, or refused because it was not there
    contains,          ///< done for yes, refused for no
};

enum class answer : std::uint8_t { done, empty, full, would_block, aborted, refused };

inline constexpr std::uint64_t k_never = std::numeric_limits<std::uint64_t>::max();

struct operation {
    std::uint32_t thread = 0;
    verb what = verb::push;
    answer said = answer::done;
    std::uint64_t call = 0;        ///< an instant; by_order does not look at instants
    std::uint64_t back = k_never;  ///< k_never: pending, and `said` and `result` mean nothing
    std::uint64_t argument = 0;
    std::uint64_t result = 0;
    std::uint64_t extra = 0;
    std::uint64_t key = 0;  ///< which object, or which element of a set

    [[nodiscard]] constexpr bool pending() const noexcept { return back == k_never; }
};

/// "push(3)", "pop() -> EMPTY", "pop() ..." for a pending one.
[[nodiscard]] std::string to_string(const operation& o);

class history {
 public:
    /// In any order; a thread's own are told apart by their instants.
    [[nodiscard]] static cyclone::result<history> by_time(std::span<const operation> given);

    /// `precedes(i, j)` of two indices of `given`, transitive and without cycle. A thread's own
    /// operations stand in `given` in their order, which need not be asked for.
    template <class Precedes>
    [[nodiscard]] static cyclone::result<history> by_order(std::span<const operation> given,
                                                           Precedes precedes) {
        history made = in_lanes(given, false);
        for (std::size_t i = 0; i < made.operations_.size(); ++i) {
            made.count_before(i, [&](std::size_t earlier, std::size_t later) {
                return precedes(made.origins_[earlier], made.origins_[later]);
            });
        }
        return made.checked();
    }

    [[nodiscard]] std::size_t size() const noexcept { return operations_.size(); }
    [[nodiscard]] bool timed() const noexcept { return timed_; }
    [[nodiscard]] std::size_t lanes() const noexcept { return first_.size() - 1; }
    [[nodiscard]] std::size_t length(std::size_t lane) const noexcept {
        return first_[lane + 1] - first_[lane];
    }
    /// The number of an operation here, by its place.
    [[nodiscard]] std::size_t number(std::size_t lane, std::size_t place) const noexcept {
        return first_[lane] + place;
    }
    [[nodiscard]] const operation& at(std::size_t lane, std::size_t place) const noexcept {
        return operations_[number(lane, place)];
    }
    [[nodiscard]] const operation& operator[](std::size_t number) const noexcept {
        return operations_[number];
    }
    [[nodiscard]] std::size_t lane_of(std::size_t number) const noexcept;
    /// How many of each lane's operations are over before this one begins.
    [[nodiscard]] std::span<const std::uint32_t> before(std::size_t number) const noexcept {
        return {before_.data() + number * lanes(), lanes()};
    }
    [[nodiscard]] bool precedes(std::size_t earlier, std::size_t later) const noexcept;
    /// The index in what the caller gave.
    [[nodiscard]] std::size_t origin(std::size_t number) const noexcept { return origins_[number]; }

    /// Numbers of the operations that are not pending, in an order in which they may have come
    /// back: by time, or one that the order of the history allows.
    [[nodiscard]] std::vector<std::size_t> returns() const;

    /// What was known when the first `answers` of returns() were back: the others are pending, or
    /// had not begun. Without a clock nothing says which had not begun, and all are pending.
    [[nodiscard]] history prefix(std::size_t answers) const;

    /// One history for each key, with the order that the whole one has between their operations.
    [[nodiscard]] std::vector<history> split_by_key() const;

 private:
    history() = default;
    [[nodiscard]] static history in_lanes(std::span<const operation> given, bool timed);
    [[nodiscard]] cyclone::result<history> checked() const;
    [[nodiscard]] history only(const std::vector<bool>& kept) const;

    template <class Precedes>
    void count_before(std::size_t later, Precedes precedes) {
        const std::size_t mine = lane_of(later);
        for (std::size_t lane = 0; lane < lanes(); ++lane) {
            std::uint32_t& count = before_[later * lanes() + lane];
            if (lane == mine) {
                count = static_cast<std::uint32_t>(later - first_[lane]);
                continue;
            }
            for (std::size_t n = length(lane); n > 0 && count == 0; --n) {
                if (precedes(number(lane, n - 1), later)) count = static_cast<std::uint32_t>(n);
            }
        }
        // What is before the one before me is before me, though the relation need not say so.
        for (std::size_t lane = 0; later > first_[mine] && lane < lanes(); ++lane) {
            std::uint32_t& count = before_[later * lanes() + lane];
            count = std::max(count, before_[(later - 1) * lanes() + lane]);
        }
    }

    bool timed_ = false;
    std::vector<operation> operations_;  // lane after lane
    std::vector<std::size_t> origins_;
    std::vector<std::size_t> first_;     // of each lane, and one past the last
    std::vector<std::uint32_t> before_;  // lanes() for each operation
};

/// The history of an execution graph. Its events `call` and `back` carry in `value` an index into
/// `told`, where the operations stand as their threads saw them; one whose `back` is not in the
/// graph is pending. `before(back, call)` says whether one event happens before the other.
/// invalid_argument: an index that is not in `told`, or a `back` without its `call`.
template <class Before>
[[nodiscard]] cyclone::result<history> history_of(const graph& execution,
                                                  std::span<const operation> told, Before before) {
    struct ends {
        event_id call = k_no_event;
        event_id back = k_no_event;
    };
    std::vector<ends> found(told.size());
    std::vector<std::size_t> begun;  // in program order within a thread
    for (std::uint32_t t = 0; t < execution.threads.size(); ++t) {
        for (std::uint32_t i = 0; i < execution.threads[t].size(); ++i) {
            const event& e = execution.threads[t][i];
            if (e.what != kind::call && e.what != kind::back) continue;
            if (e.value >= told.size() ||
                (e.what == kind::back && found[e.value].call == k_no_event)) {
                return cyclone::fail(
                    error_code::invalid_argument,
                    "event " + std::to_string(i) + " of thread " + std::to_string(t) +
                        " belongs to operation " + std::to_string(e.value) +
                        ", which has not begun; number operations from 0 as they begin");
            }
            (e.what == kind::call ? found[e.value].call : found[e.value].back) = event_id{t, i};
            if (e.what == kind::call) begun.push_back(e.value);
        }
    }
    std::vector<operation> met;
    for (const std::size_t which : begun) {
        operation one = told[which];
        one.thread = found[which].call.thread;
        one.call = found[which].call.index;
        one.back = found[which].back == k_no_event ? k_never : found[which].back.index;
        met.push_back(one);
    }
    return history::by_order(met, [&](std::size_t i, std::size_t j) {
        const event_id over = found[begun[i]].back;
        return over != k_no_event && before(over, found[begun[j]].call);
    });
}

/// How much of a recorded history was concurrent at all.
struct overlap {
    std::size_t operations = 0;
    std::size_t overlapped = 0;  ///< with one of another thread at least
};

/// O(n log n).
[[nodiscard]] overlap overlap_of(std::span<const operation> given);

}  // namespace cyclone::model
