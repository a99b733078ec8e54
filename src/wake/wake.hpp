// The wake contract: how a thread that has nothing to do falls asleep, and how those who bring it
// work make sure that it does not stay so. Read this before writing a variant.
//
// The question "is there work?" belongs to somebody else: a queue, a flag, a sum of counters. So a
// waker knows nothing of it, and is used in two steps on the side that sleeps (Reed and Kanodia's
// eventcount, in the form that Vyukov gave it):
//
//   who sleeps                               who brings work
//     if (look()) return;                      publish;
//     const key k = waker.prepare();           waker.notify_one();
//     if (look()) return waker.cancel(k);
//     waker.sleep(k);                          // and look again
//
// await() below is that loop. Look and publish race, and neither side locks: that none of the four
// steps is too early is the variant's whole work.
//
// Semantics (the tests cite these by number):
//   W1  No wake-up is lost. Of a publication followed by a notify, and a prepare() followed by a
//       look: either the look sees the publication, or the sleep that has the prepare's key ends,
//       also one that has not begun, by this notify or by another one about the same time.
//       Publication and look may be relaxed atomics. notify_all() holds this to every thread that
//       has prepared or sleeps, notify_one() to at least one of them.
//   W2  What a thread did before a notify is seen by the thread whose sleep it ended.
//   W3  Each key is used once, by cancel() or by sleep(), in the thread that prepared it. cancel()
//       never waits. Where sleepers::many is declared a thread may hold several keys.
//   W4  No wake-up is made up: a sleep ends only by a notify that was called after its prepare, but
//       for W5.
//   W5  A variant that declares `remembers` may keep notifies that found a thread prepared which
//       then cancelled. Those that have returned are one: together they end one later sleep early.
//   W6  notify costs no system call while no thread is between prepare() and the end of its
//       cancel() or sleep(). Where `stale_asks` is declared, one after each cancel() may. asks()
//       counts how often the kernel was asked to sleep or to wake, if the Work policy counts.
//   W7  A variant that declares `wakes_one` ends one sleep by notify_one() when several threads
//       are asleep; others may end them all.
//   W8  At most one thread is between prepare() and the end of its cancel() or sleep() where
//       sleepers::one is declared; any number else.
//   W9  open() is called once, before anything else, and takes from the kernel what is needed.
//
// A waker outlives every call. Thread-safety: all but open() from any thread, within W3 and W8.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "base/error.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"

namespace cyclone::wake {

/// What prepare() saw. Only the waker that gave it knows what it means.
struct key {
    std::uint64_t value = 0;
};

enum class sleepers : std::uint8_t { one, many };

enum class progress : std::uint8_t {
    wait_free,  ///< ends in a bounded number of its own steps
    lock_free,  ///< some call always ends
    blocking,   ///< a thread stopped inside stops others
};

/// What a variant declares about itself. The tests hold it to every line but progress.
struct traits {
    sleepers sleeps = sleepers::many;         ///< W8
    bool wakes_one = false;                   ///< W7
    bool remembers = false;                   ///< W5
    bool stale_asks = false;                  ///< W6
    progress notifies = progress::wait_free;  ///< of notify_one() and notify_all()
    progress prepares = progress::wait_free;  ///< of prepare() and cancel()
};

// clang-format off
template <class V>
concept variant = requires(V waker, const V& known, key k) {
    requires std::same_as<decltype(V::k_traits), const traits>;
    requires std::same_as<decltype(V::k_counts), const bool>;  // whether asks() does
    requires std::default_initializable<V>;
    { waker.open() } -> std::same_as<result<void>>;
    { waker.prepare() } -> std::same_as<key>;
    { waker.cancel(k) } -> std::same_as<void>;
    { waker.sleep(k) } -> std::same_as<void>;
    { waker.notify_one() } -> std::same_as<void>;
    { waker.notify_all() } -> std::same_as<void>;
    { known.asks() } -> std::same_as<std::uint64_t>;
};
// clang-format on

/// How often the kernel, or the library that may go to it, was asked to sleep or to wake. Counted
/// where the Work policy counts; else always 0, and of no size.
template <class Work>
class ask_count {
 public:
    void add() noexcept { made_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t made() const noexcept {
        return made_.load(std::memory_order_relaxed);
    }

 private:
    sync::native::atomic<std::uint64_t> made_{0};
};
template <class Work>
requires(!Work::k_counts) class ask_count<Work> {
 public:
    static constexpr void add() noexcept {}
    [[nodiscard]] static constexpr std::uint64_t made() noexcept { return 0; }
};

/// Seeded bugs of await(), which a variant asks for by a member k_await_mutant.
enum class await_mutant : std::uint8_t {
    none,
    no_second_look,     ///< sleeps without looking again after prepare()
    looks_before_only,  ///< looks twice, and prepares after both
};

namespace detail {
template <class V>
consteval await_mutant await_mutant_of() {
    if constexpr (requires { V::k_await_mutant; }) {
        return V::k_await_mutant;
    } else {
        return await_mutant::none;
    }
}
}  // namespace detail

/// Sleeps until look() returns something that is true, and returns that. One look when there is
/// something already. look() is called again and again, in this thread.
template <variant V, class Look>
auto await(V& waker, Look look) -> std::invoke_result_t<Look&> {
    constexpr await_mutant k_mutant = detail::await_mutant_of<V>();
    for (;;) {
        if (auto found = look()) return found;
        if constexpr (k_mutant == await_mutant::looks_before_only) {
            if (auto found = look()) return found;
        }
        const key seen = waker.prepare();
        if constexpr (k_mutant == await_mutant::none) {
            if (auto found = look()) {
                waker.cancel(seen);
                return found;
            }
        }
        waker.sleep(seen);
    }
}

[[nodiscard]] constexpr const char* name_of(sleepers s) noexcept {
    return s == sleepers::one ? "one" : "many";
}
[[nodiscard]] constexpr const char* name_of(progress p) noexcept {
    return p == progress::wait_free   ? "wait_free"
           : p == progress::lock_free ? "lock_free"
                                      : "blocking";
}

}  // namespace cyclone::wake
