// What a step of a body says to the explorer and is told. sync::explored and the functions of
// check.hpp fill in a request and perform() it: the fiber gives way, the explorer adds events to
// its graph, and the fiber goes on with the answer, or never.
//
// Cost: two fiber switches a request, nothing allocated.
// Errors: a request outside of model::check ends the program with a message, apart from making and
// ending an object, which then does nothing (ask inside()).
// Thread-safety: none; fibers of one check only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>

#include "model/check.hpp"

namespace cyclone::model::detail {

enum class ask : std::uint8_t {
    init,  // of a location; answers where it is
    drop,  // the end of a location
    load,
    store,
    update,     // read-modify-write that always succeeds
    compare,    // compare-exchange
    await,      // load, until it is wanted
    update_if,  // read-modify-write, once what it reads is wanted
    fence,
    pause,
    get,
    set,
    make,
    dispose,
    spawn,
    begin,
    end,
    join,
    call,
    back,
    // No event:
    queue_of,  // where the waiters of an atomic queue
    precedes,
    assume,  // did not hold
    fail,
};

/// Whether it is about a location that must have been made.
[[nodiscard]] constexpr bool has_place(ask what) noexcept {
    return (what >= ask::drop && what <= ask::update_if) || what == ask::get || what == ask::set ||
           what == ask::dispose;
}

/// The value that a read-modify-write leaves, from the one it found and its operand.
using effect_fn = std::uint64_t (*)(std::uint64_t before, std::uint64_t operand);

struct request {
    ask what = ask::load;
    std::memory_order order = std::memory_order_relaxed;
    std::memory_order failure = std::memory_order_relaxed;
    location where = k_nowhere;
    std::uint64_t value = 0;     ///< to be written; the operand of an update; a number
    std::uint64_t expected = 0;  ///< compare: what must be there; precedes: the other number
    std::uint64_t mask = ~std::uint64_t{0};  ///< the bits that the type has
    effect_fn effect = nullptr;
    bool weak = false;      ///< compare: may fail for no reason
    bool internal = false;  ///< part of a blocking operation: its order is not the user's to choose
    bool atomic = false;    ///< init, drop: of an atomic
    bool queue = false;     ///< init: of the waiters of the location made just before
    bool (*wanted)(const void* context, std::uint64_t value) = nullptr;
    const void* context = nullptr;
    const void* data = nullptr;  ///< get, set: the object, for its bits
    std::size_t bytes = 0;
    std::uint32_t child = 0;
    std::function<void()>* body = nullptr;
    std::source_location site;
    const char* name = nullptr;  ///< lives on
    const char* text = nullptr;  ///< fail: the message; read before the fiber goes on
    fault kind = fault::none;

    // The answer
    std::uint64_t seen = 0;
    bool success = false;
};

/// Returns when the request is done. One that fails or is cut off never returns.
void perform(request& r);

/// Whether a body runs in this thread right now.
[[nodiscard]] bool inside() noexcept;

[[noreturn]] void fail_with(fault what, const char* message, std::source_location site);

[[nodiscard]] location init(bool atomic, std::uint64_t value, const void* data, std::size_t bytes,
                            std::source_location site);
void drop(location where, bool atomic, std::source_location site);
[[nodiscard]] std::uint64_t load(location where, std::memory_order order,
                                 std::source_location site);
void store(location where, std::uint64_t value, std::memory_order order, std::source_location site);
/// Returns what was there.
std::uint64_t update(location where, effect_fn effect, std::uint64_t operand, std::uint64_t mask,
                     std::memory_order order, std::source_location site);
/// C++20's atomic::wait and notify, see explored.hpp.
void wait_while(location where, std::uint64_t old, std::memory_order order,
                std::source_location site);
void wake(location where, bool all, std::source_location site);

// A queue of waiters in a word: thread numbers plus one, five bits each, the first lowest.
inline constexpr std::uint32_t k_waiters_max = 12;
void enlist(location queue, std::memory_order order, std::source_location site);
void await_call(location queue, std::source_location site);
void call_first(location queue, std::source_location site);
void call_all(location queue, std::source_location site);

/// Memory for an object that threads hand to one another.
[[nodiscard]] void* make_block(std::size_t bytes, std::size_t alignment, const char* type,
                               std::source_location site);
void dispose_block(const void* p, std::source_location site);

}  // namespace cyclone::model::detail
