// Is a recorded history one of a FIFO queue? In O(n log n), for histories by time in which no value
// is pushed twice: a queue's histories then break the rules in few ways, and each can be looked for
// by itself.
//
//   fresh          a pop returns what nobody pushed, or is over before the push of it begins
//   repeat         two pops return the same
//   order          a is pushed before b, but b popped before a, or b popped and a never
//   empty_witness  a pop says EMPTY, and at every instant of it something was in the queue for sure
//   would_block    a pop says WOULD_BLOCK, and no push was in flight (three-valued queues)
//
// That none of the first four means linearizable is the theorem of Henzinger, Sezgin and
// Vafeiadis for histories in which every operation is over. Three of their rules are judged here
// as counts, so that pending operations need no guessing:
//   - A pending push whose value was popped is over at the end of time; one whose value was not
//     popped never happened. Both are the weakest demand.
//   - A pending pop may return any value that nobody else did. A value left over, pushed by l, that
//     must be gone by t (because one pushed after l was popped by t, or a pop said EMPTY at t)
//     needs a pending pop that began by t, and each pending pop serves one value. Values that must
//     be gone by t are those whose push was over before some instant: a prefix by the end of their
//     push. So it is enough that, at each t, they are no more than the pending pops that began by
//     t.
//   - A value that was popped is in the queue for sure after the end of its push and before the
//     beginning of its pop. EMPTY needs an instant t in its interval at which no such value is in
//     and the count above holds. If there is one, there is one at the beginning of some pop.
//
// What is not judged: FULL (a bounded queue's capacity) and, in a weak queue, any EMPTY that some
// push overlaps; both are counted in `unjudged`. linearize.hpp judges them.
// Two operations of one thread that share an instant count as overlapping here.
//
// Cost: sorting, O(n log n) time, O(n) memory; nothing is quadratic, EMPTY included.
// Source: Henzinger, Sezgin, Vafeiadis, "Aspect-oriented linearizability proofs", CONCUR 2013.
// Published monitors for this were unsound more than once; that is why the tests compare this one
// with the search of linearize.hpp on tens of thousands of histories, pending operations included.
// Errors: invalid_argument for a value pushed twice, and for verbs that a queue does not have.
// Thread-safety: none needed; nothing is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/history.hpp"
#include "model/specs.hpp"

namespace cyclone::model {

enum class pattern : std::uint8_t {
    fresh,
    repeat,
    order,
    empty_witness,
    would_block,
    loss,            ///< of the checks for relaxed queues only
    producer_order,  ///< the same
};

[[nodiscard]] std::string_view name_of(pattern which) noexcept;

struct breach {
    pattern which;
    std::vector<std::size_t> operations;  ///< indices of those involved
    std::string text;
};

/// Seeded bugs, each of which the tests must find.
enum class monitor_bug : int {
    none,
    no_invention,         ///< fresh: a value that nobody pushed passes
    no_time_travel,       ///< fresh: a pop before its push passes
    no_repeat,            ///< repeat passes
    no_order,             ///< order among values that were popped passes
    no_order_left,        ///< order with values that were never popped passes
    no_empty,             ///< empty_witness passes
    no_empty_left,        ///< empty_witness: values that were never popped do not count
    empty_at_once,        ///< empty_witness: only the beginning of the pop is looked at
    pending_pops_lost,    ///< pending pops return nothing
    pending_pop_for_all,  ///< one pending pop serves any number of values
    pending_push_lost,    ///< a pending push never happened, though its value was popped
    pending_push_done,    ///< a pending push is over when it begins
    no_would_block,       ///< would_block passes
};

struct monitor_options {
    emptiness empty = emptiness::strict;
    monitor_bug bug = monitor_bug::none;
};

struct monitored {
    std::optional<breach> found;
    std::size_t unjudged = 0;
};

[[nodiscard]] cyclone::result<monitored> monitor_queue(std::span<const operation> given,
                                                       const monitor_options& how = {});

// For queues that promise less than FIFO by real time. Pushes and pops of distinct values; FULL and
// EMPTY are passed over. Each O(n log n).

/// Every value popped was pushed, and not after.
[[nodiscard]] std::optional<breach> find_invention(std::span<const operation> given);
/// No value was popped twice.
[[nodiscard]] std::optional<breach> find_duplicate(std::span<const operation> given);
/// Every value pushed was popped: for a history that ends with a drained queue. A pending pop may
/// have taken one.
[[nodiscard]] std::optional<breach> find_loss(std::span<const operation> given);
/// What one thread pushed comes out in that order, by time, whoever pops it, and nothing is passed
/// over: FIFO for each producer.
[[nodiscard]] std::optional<breach> find_producer_disorder(std::span<const operation> given);

}  // namespace cyclone::model
