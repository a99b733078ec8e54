// An execution graph: what the threads of one execution did, and where each read took its value.
// The explorer builds graphs, the consistency checks judge them, the reports draw them; this file
// is all that they share, and it depends on none of them.
//
// Events are numbered by thread and place in it (program order, po). Beside them stand, for each
// location, the modification order (mo), and for each read the write it reads from (rf). Nothing
// else is stored: happens-before and the rest follow (consistency.hpp).
//
// Invariants  I1 stamps say in which order events were added, and grow along po. A read that was
// given
//                another source keeps its stamp, so it may be older than what it reads from. po and
//                rf have no cycle (load buffering is outside of RC11)
//             I2 the first entry of a location's mo is its initialisation
//             I3 the write of a successful RMW follows its read at once in po
// Thread-safety: none.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <source_location>
#include <string>
#include <vector>

#include "base/sync.hpp"

namespace cyclone::model {

struct event_id {
    std::uint32_t thread = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t index = 0;  ///< place in po, from 0

    friend constexpr auto operator<=>(const event_id&, const event_id&) = default;
};
inline constexpr event_id k_no_event{};

/// A location is the n-th one that a thread made: the same in every execution that went the same
/// way, whatever its address.
struct location {
    std::uint32_t thread = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t number = 0;

    friend constexpr auto operator<=>(const location&, const location&) = default;
};
inline constexpr location k_nowhere{};

enum class kind : std::uint8_t {
    init,   ///< makes a location and gives it a value: a plain write, first in mo
    read,   ///< of an atomic
    write,  ///< to an atomic
    fence,
    get,      ///< read of plain data: no rf, it is raced or it is not
    set,      ///< write of plain data
    make,     ///< memory was handed out
    dispose,  ///< memory was given back: a plain write to everything in it
    spawn,    ///< `child` begins after this
    begin,
    end,
    join,   ///< comes after the end of `child`
    call,   ///< an operation of a history begins; `value` numbers it
    back,   ///< it has ended
    block,  ///< last of its thread: it waits until the read before it is given another value
};

/// How a read relates to what follows it.
enum class access : std::uint8_t {
    plain,   ///< a load or a store
    rmw,     ///< both halves of a read-modify-write that succeeded
    failed,  ///< the read of a compare-exchange that failed
};

struct event {
    kind what = kind::fence;
    access how = access::plain;
    std::memory_order order = std::memory_order_relaxed;
    location where = k_nowhere;
    std::uint64_t value = 0;     ///< read or written, as bits
    event_id from = k_no_event;  ///< read: what it reads from
    std::uint32_t child = 0;     ///< spawn, join: the other thread
    std::uint64_t stamp = 0;     ///< when it was added; never reused within a graph
    std::source_location site;   ///< where in the source
    const char* name = nullptr;  ///< of the location or operation, if it was given one
};

[[nodiscard]] constexpr bool acquires(std::memory_order o) noexcept {
    return o == std::memory_order_acquire || o == std::memory_order_consume ||
           o == std::memory_order_acq_rel || o == std::memory_order_seq_cst;
}
[[nodiscard]] constexpr bool releases(std::memory_order o) noexcept {
    return o == std::memory_order_release || o == std::memory_order_acq_rel ||
           o == std::memory_order_seq_cst;
}
[[nodiscard]] constexpr bool is_write(const event& e) noexcept {
    return e.what == kind::write || e.what == kind::init;
}
[[nodiscard]] constexpr bool is_plain(const event& e) noexcept {
    return e.what == kind::get || e.what == kind::set || e.what == kind::init ||
           e.what == kind::dispose;
}

/// Modification order of one location, oldest first. Only atomics have one.
struct location_order {
    location where;
    std::vector<event_id> writes;
};

struct graph {
    std::vector<std::vector<event>> threads;
    std::vector<location_order> orders;  ///< in the order in which the locations were made

    [[nodiscard]] const event& operator[](event_id id) const noexcept {
        return threads[id.thread][id.index];
    }
    [[nodiscard]] event& operator[](event_id id) noexcept { return threads[id.thread][id.index]; }

    [[nodiscard]] const location_order* order_of(location where) const noexcept {
        for (const location_order& o : orders)
            if (o.where == where) return &o;
        return nullptr;
    }
    [[nodiscard]] location_order* order_of(location where) noexcept {
        for (location_order& o : orders)
            if (o.where == where) return &o;
        return nullptr;
    }
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t count = 0;
        for (const auto& t : threads) count += t.size();
        return count;
    }
};

/// Which release sequences count (VERIFICATION: P0982R1 removed the same-thread part in C++20).
enum class release_sequences : std::uint8_t { cxx20, cxx11 };

/// What is drawn and compared: the threads across, one line an event, with rf and mo; a text that
/// is the same for two graphs if and only if they are equal but for stamps.
[[nodiscard]] std::string canonical(const graph& g);

}  // namespace cyclone::model
