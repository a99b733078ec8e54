// The queue contract: what a concurrent queue is, in one page. Read this before writing a variant.
//
// Threads hand items to one another: some push, some pop, none waits. Whoever finds the queue full
// or empty is told so and decides itself what to do; how to sleep until that changes is the matter
// of another component.
//
// A pop has three answers and not two. Several well-known queues have a moment in which a push that
// has begun and not ended hides items, its own and those of pushes that have ended behind it. To
// call that "empty" is how an event loop comes to sleep on a queue with items in it; such a queue
// says would_block, and the caller knows that somebody is at work and comes back by himself.
//
// Semantics (the tests cite these by number). "Earlier" and "later" are by happens-before:
//   S1  An item that was pushed (try_push returned true) is popped exactly once or is inside when
//       the queue is destroyed. Nothing else is ever popped.
//   S2  Order, as declared. fifo: items leave in the order in which they came, and what threads see
//       of pushes and pops of items is one order for all (linearizable). fifo_per_producer: the
//       items of one producer are seen in their order by each consumer. lifo: the latest first,
//       linearizable.
//   S3  try_pop returns empty only as declared. strict: there was an instant in the call at which
//       the queue held nothing. three_valued: the same, and where a push under way hides items the
//       answer is would_block; would_block is never the answer when nobody pushes. weak: empty may
//       also be said where a push under way hides items.
//   S4  try_push returns false only as declared. strict: there was an instant in the call at which
//       the queue held capacity() items. weak: it may also say so while a call under way has a
//       place and has not given it back, and pops that are not earlier than this push may not
//       count. (A ring is full at the place that a stopped pop holds, however little is inside.)
//       never: unbounded, the memory of the process is the limit and std::bad_alloc passes.
//   S5  The capacity is what capacity_for() says of the number asked for, and when no call is under
//       way exactly that many items fit. Numbers that give no queue are an error of make_any() and
//       a mistake of whoever constructs a variant by himself.
//   S6  A push that returns false has not touched the item: it is the caller's to push again.
//   S7  What a thread did before its push is seen by the thread that pops the item.
//   S8  Progress of each call as declared, whatever other threads do in theirs. A thread stopped
//       outside a call holds nobody up. Inside a push of a three_valued or weak queue it may hide
//       items from all others for as long as it is stopped: nobody spins, and nothing is seen.
//   S9  Destroyed by one thread when no other is in a call; what is inside is destroyed, each once.
//   S10 Any number of operations: positions are taken modulo 2^64 (tags modulo 2^32) and may begin
//       anywhere. The second argument of the constructor says where, so that a test can stand just
//       before they go round.
//   S11 Some variants need something of each thread: its hazard pointers, its own list. They have a
//       class `access`, made from the queue by the thread or for it, and the calls are the
//       access's. An access belongs to one thread at a time; the queue outlives all of them, and at
//       most k_accesses_max are there at a time (one more is std::length_error). Generic code says
//       access_of<V>, which is a plain reference where a variant needs nothing.
//   S12 push_many and pop_many, where a variant has them, are as so many single calls one after the
//       other: they return how many items passed, and a number below the one asked for says that
//       the next call would have found the queue full, empty or blocked. Items that did not pass
//       are untouched. Where a variant has none, the functions below do the single calls.
//   S13 A variant that declares visibility::at_flush may keep what was pushed from sight, and
//   places
//       that were popped from the producer, until flush(): S3 then speaks of items that were shown,
//       S4 of places that were given back. Both ends have a flush(), flush_pushes and flush_pops; a
//       push that finds no room flushes the pushes, a pop that finds nothing flushes the pops.
//   S14 A variant that takes item_rule::word holds trivially copyable items of at most 8 bytes, and
//       one value is no item: the one whose bytes are all ones. It is a mistake to push it.
//   S15 push and pop, where a variant has them, wait: push until there is room, pop until there is
//       an item. They sleep and use no processor meanwhile, but for a short spin.
//
// Strict at both ends. A ring whose ends are two words, each written by one side and read by the
// other, is strict at one end only unless both sides pass a full fence between their write and
// their read: it is store buffering. With room for two and one item inside, the producer pushes and
// then finds the queue full while the consumer pops and then finds it empty, neither having seen
// the other; no order of the four calls explains it, on x86 neither. The rings here declare
// fullness weak, which is what they are.
//
// Items: T moves without throwing and is destroyed without throwing. The queue keeps it by value.
//
// Thread-safety: of pushes and of pops as the kind says; a queue does not move.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/error.hpp"

namespace cyclone::queue {

/// How many threads may push and how many may pop at the same time.
enum class kind : std::uint8_t { spsc, mpsc, mpmc };
enum class order : std::uint8_t { fifo, fifo_per_producer, lifo };           // S2
enum class emptiness : std::uint8_t { strict, weak, three_valued };          // S3
enum class fullness : std::uint8_t { strict, weak, never };                  // S4
enum class capacity_rule : std::uint8_t { exact, power_of_two, unbounded };  // S5
enum class progress : std::uint8_t {
    wait_free,  ///< every call ends in a bounded number of its own steps
    lock_free,  ///< some call always ends; a single one may lose for ever
    blocking,   ///< a thread stopped inside a call stops others
};
enum class reclamation : std::uint8_t {
    none,      ///< all memory is there from the beginning
    consumer,  ///< the thread that pops gives the item's memory back
    reuse,     ///< nodes or blocks are used again by the queue, and given back at its end
    hazard_pointers,
    epochs,
};
enum class visibility : std::uint8_t { at_once, at_flush };  // S13
enum class item_rule : std::uint8_t { any, word };           // S14

/// What a variant declares about itself. The tests hold it to every line.
struct traits {
    kind serves = kind::mpmc;
    order keeps = order::fifo;
    emptiness empties = emptiness::strict;
    fullness fills = fullness::strict;
    capacity_rule holds = capacity_rule::exact;
    progress push = progress::blocking;
    progress pop = progress::blocking;
    reclamation frees = reclamation::none;
    visibility shows = visibility::at_once;
    item_rule takes = item_rule::any;

    [[nodiscard]] constexpr bool bounded() const noexcept {
        return holds != capacity_rule::unbounded;
    }
};

/// Accesses of a queue at a time (S11), unless its constructor is told another number.
inline constexpr unsigned k_accesses_max = 64;
inline constexpr std::size_t k_capacity_max = std::size_t{1} << 31;
inline constexpr std::size_t k_unbounded = std::numeric_limits<std::size_t>::max();

/// How many items a variant holds that was asked for `wanted` (S5), or why there is none.
[[nodiscard]] inline result<std::size_t> capacity_for(const traits& declared, std::size_t wanted) {
    if (wanted == 0) {
        return fail(error_code::invalid_argument,
                    "a queue of capacity 0 passes nothing on: ask for 1 or more");
    }
    if (declared.holds == capacity_rule::unbounded) return k_unbounded;
    if (wanted > k_capacity_max) {
        return fail(error_code::out_of_range, "a queue of capacity " + std::to_string(wanted) +
                                                  ": ask for at most " +
                                                  std::to_string(k_capacity_max));
    }
    if (declared.holds == capacity_rule::exact) return wanted;
    return wanted == 1 ? 2 : std::bit_ceil(wanted);  // one cell cannot tell its rounds apart
}

enum class answer : std::uint8_t { item, empty, would_block };

/// What try_pop returns: an item, or why there is none.
template <class T>
class popped {
 public:
    popped(answer why) noexcept : said_(why) {}
    explicit popped(T&& item) noexcept : item_(std::move(item)), said_(answer::item) {}

    [[nodiscard]] answer said() const noexcept { return said_; }
    explicit operator bool() const noexcept { return said_ == answer::item; }
    [[nodiscard]] T& operator*() noexcept { return *item_; }
    [[nodiscard]] const T& operator*() const noexcept { return *item_; }

 private:
    std::optional<T> item_;
    answer said_;
};

/// What can be an item; a variant says so with a static_assert on its T, for a message that is
/// about the T and not about the inside of a ring.
template <class T>
inline constexpr bool k_can_be_item =
    std::is_object_v<T> && !std::is_const_v<T> && std::is_nothrow_move_constructible_v<T> &&
    std::is_nothrow_destructible_v<T>;

/// For seeded bugs only: opens the window of a race wide enough for a short test to fall into it.
inline void widen_window() { std::this_thread::yield(); }

/// The access of a variant that needs nothing of its threads: the queue itself.
template <class V>
class shared_access {
 public:
    using value_type = typename V::value_type;

    explicit shared_access(V& queue) noexcept : queue_(queue) {}

    bool try_push(value_type&& item) { return queue_.try_push(std::move(item)); }
    popped<value_type> try_pop() { return queue_.try_pop(); }

    std::size_t push_many(std::span<value_type> items) requires requires(V& queue) {
        queue.push_many(items);
    }
    { return queue_.push_many(items); }
    std::size_t pop_many(std::span<value_type> room) requires requires(V& queue) {
        queue.pop_many(room);
    }
    { return queue_.pop_many(room); }
    void flush_pushes() requires requires(V& queue) { queue.flush_pushes(); }
    { queue_.flush_pushes(); }
    void flush_pops() requires requires(V& queue) { queue.flush_pops(); }
    { queue_.flush_pops(); }

 private:
    V& queue_;
};

namespace detail {

template <class V>
struct access_choice {
    using type = shared_access<V>;
};
template <class V>
requires requires { typename V::access; }
struct access_choice<V> {
    using type = typename V::access;
};

}  // namespace detail

/// What a thread works a queue through (S11). Where the variant has a class of its own, making one
/// may throw std::length_error.
template <class V>
using access_of = typename detail::access_choice<V>::type;

/// S12, for any access: the items that passed are those in front.
template <class Access>
std::size_t push_many(Access& end, std::span<typename Access::value_type> items) {
    if constexpr (requires { end.push_many(items); }) {
        return end.push_many(items);
    } else {
        std::size_t done = 0;
        while (done < items.size() && end.try_push(std::move(items[done]))) ++done;
        return done;
    }
}
template <class Access>
std::size_t pop_many(Access& end, std::span<typename Access::value_type> room) {
    if constexpr (requires { end.pop_many(room); }) {
        return end.pop_many(room);
    } else {
        std::size_t done = 0;
        for (; done < room.size(); ++done) {
            auto one = end.try_pop();
            if (!one) break;
            room[done] = std::move(*one);
        }
        return done;
    }
}

/// S13, for any access; nothing to do where pushes and pops are seen at once.
template <class Access>
void flush_pushes(Access& end) {
    if constexpr (requires { end.flush_pushes(); }) end.flush_pushes();
}
template <class Access>
void flush_pops(Access& end) {
    if constexpr (requires { end.flush_pops(); }) end.flush_pops();
}

// clang-format off
template <class V>
concept variant = requires(V& queue, access_of<V>& end, const V& seen,
                           typename V::value_type item) {
    requires std::same_as<decltype(V::k_traits), const traits>;
    requires std::same_as<decltype(V::k_bytes_per_item), const std::size_t>;
    requires std::constructible_from<V, std::size_t, std::uint64_t>;  // capacity, first position
    requires std::constructible_from<access_of<V>, V&>;
    { end.try_push(std::move(item)) } -> std::same_as<bool>;
    { end.try_pop() } -> std::same_as<popped<typename V::value_type>>;
    { seen.capacity() } -> std::same_as<std::size_t>;
    requires V::k_traits.shows == visibility::at_once ||
                 requires { end.flush_pushes(); end.flush_pops(); };
};
// clang-format on

[[nodiscard]] constexpr std::string_view name_of(kind k) noexcept {
    return k == kind::spsc ? "spsc" : k == kind::mpsc ? "mpsc" : "mpmc";
}
[[nodiscard]] constexpr std::string_view name_of(order o) noexcept {
    return o == order::fifo ? "fifo" : o == order::lifo ? "lifo" : "fifo_per_producer";
}
[[nodiscard]] constexpr std::string_view name_of(emptiness e) noexcept {
    return e == emptiness::strict ? "strict" : e == emptiness::weak ? "weak" : "three_valued";
}
[[nodiscard]] constexpr std::string_view name_of(fullness f) noexcept {
    return f == fullness::strict ? "strict" : f == fullness::weak ? "weak" : "never";
}
[[nodiscard]] constexpr std::string_view name_of(capacity_rule r) noexcept {
    return r == capacity_rule::exact          ? "exact"
           : r == capacity_rule::power_of_two ? "power_of_two"
                                              : "unbounded";
}
[[nodiscard]] constexpr std::string_view name_of(progress p) noexcept {
    return p == progress::wait_free   ? "wait_free"
           : p == progress::lock_free ? "lock_free"
                                      : "blocking";
}
[[nodiscard]] constexpr std::string_view name_of(reclamation r) noexcept {
    switch (r) {
        case reclamation::none: return "none";
        case reclamation::consumer: return "consumer";
        case reclamation::reuse: return "reuse";
        case reclamation::hazard_pointers: return "hazard_pointers";
        case reclamation::epochs: return "epochs";
    }
    return "";
}
[[nodiscard]] constexpr std::string_view name_of(visibility v) noexcept {
    return v == visibility::at_once ? "at_once" : "at_flush";
}
[[nodiscard]] constexpr std::string_view name_of(item_rule i) noexcept {
    return i == item_rule::any ? "any" : "word";
}
[[nodiscard]] constexpr std::string_view name_of(answer a) noexcept {
    return a == answer::item ? "item" : a == answer::empty ? "empty" : "would_block";
}

}  // namespace cyclone::queue
