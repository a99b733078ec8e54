// The sleep contract: where a loop's timers end, in one page. Read this before writing a variant.
//
// A loop that has nothing to do asks its timers when the next one is due and sleeps until then, or
// until somebody has work for it. A sleeper is that one call. What a timer gains by being exact is
// lost here if the sleep is not, and what the kernel may do with a deadline differs from one system
// call to the next.
//
// Semantics (the tests cite these by number):
//   P1  A deadline is in nanoseconds of the monotonic clock, in [0, k_never]. k_never is no
//       deadline: only a wake() ends that sleep.
//   P2  Never early: sleep_until(t) returns woke::deadline only when the monotonic clock shows t
//       or more. A signal that the thread handles meanwhile does not end a sleep.
//   P3  wake() may be called by any thread at any time. A sleep under way returns woke::wake; with
//       none under way the wake is remembered, and the next sleep returns woke::wake at once.
//       Wakes that no sleep has returned yet are one.
//   P4  No wake is lost, and none is made up: of k calls of wake() between 1 and k sleeps return
//       woke::wake for k > 0, and none for k = 0.
//   P5  What a thread did before its wake() is seen by the sleeper after the sleep that returns it.
//   P6  A deadline that has passed returns at once: woke::wake if one is remembered, else
//       woke::deadline. So sleep_until(0) asks whether there is a wake.
//   P7  Without wakes and signals a sleep is `at_deadline` system calls, as declared; one that
//       returns woke::wake is at most `at_wake`. Deadlines further than k_stretch away may cost one
//       more for each k_stretch. calls() counts them if the Work policy counts.
//   P8  Late by less than `granularity`, and by what the kernel adds: its slack, and the time until
//       it has a processor to give. Relative timeouts are computed from the time now, not from
//       that of an earlier sleep.
//   P9  open() is called once, before anything else, and takes from the kernel what is needed. It
//       and sleep_until() fail with an error; what failed may be tried again.
//
// Unlike other components a sleeper reads the clock (base/clock.hpp): to wait is to deal with time.
//
// Thread-safety: wake() from any thread; all else from the one thread that sleeps. A sleeper does
// not move, and outlives every call of wake().
#pragma once

#include <cerrno>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <limits>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/work.hpp"

namespace cyclone::sleep {

using ns = std::int64_t;

inline constexpr ns k_never = std::numeric_limits<ns>::max();
inline constexpr ns k_us = 1'000;
inline constexpr ns k_ms = 1'000'000;
inline constexpr ns k_second = 1'000'000'000;
inline constexpr ns k_stretch = 86'400 * k_second;  ///< the longest timeout that is handed on

enum class woke : std::uint8_t { deadline, wake };

/// What the kernel adds to a timeout on purpose, so that near timeouts can share one interrupt.
enum class leeway : std::uint8_t {
    none,   ///< nothing: the deadline is an interrupt of its own, or the clock is watched
    slack,  ///< up to the thread's timer slack (PR_SET_TIMERSLACK), 50 us unless it is changed
    share,  ///< up to the slack, or a thousandth of the timeout if that is more, at most 100 ms
};

/// What a variant declares about itself. The tests hold it to every line.
struct traits {
    ns granularity = 1;  ///< deadlines are rounded up to this, from the time of the call
    leeway adds = leeway::slack;
    std::uint64_t at_deadline = 1;  ///< system calls of a sleep that ends there
    std::uint64_t at_wake = 1;      ///< at most, of one that ends with a wake
    bool exact_calls = true;        ///< at_deadline is exact and not only a bound
    bool burns = false;             ///< keeps the processor busy while it waits
};

// clang-format off
template <class V>
concept variant = requires(V v, const V& c, ns deadline) {
    requires std::same_as<decltype(V::k_traits), const traits>;
    requires std::default_initializable<V>;
    requires std::same_as<decltype(V::k_counts), const bool>;  // whether calls() does
    { v.open() } -> std::same_as<result<void>>;
    { v.sleep_until(deadline) } -> std::same_as<result<woke>>;
    { v.wake() } noexcept -> std::same_as<void>;
    { c.calls() } -> std::same_as<std::uint64_t>;
};
// clang-format on

/// System calls made, where the Work policy counts; else always 0 and of no size worth speaking of.
template <class Work>
class call_count {
 public:
    void add() noexcept {
        if constexpr (Work::k_counts) ++made_;
    }
    [[nodiscard]] std::uint64_t made() const noexcept { return made_; }

 private:
    std::uint64_t made_ = 0;
};

/// A duration or an instant in the kernel's form. O(1).
[[nodiscard]] constexpr timespec timespec_of(ns time) noexcept {
    return {.tv_sec = time / k_second, .tv_nsec = time % k_second};
}

/// From `now` to the deadline: 0 if that has passed, k_never if there is none.
[[nodiscard]] constexpr ns left_until(ns deadline, ns now) noexcept {
    if (deadline == k_never) return k_never;
    return deadline > now ? deadline - now : 0;
}

/// A system call that failed, as an error. Give errno before anything else can change it.
[[nodiscard]] inline std::unexpected<error> fail_call(const char* call, int number) {
    const bool full = number == EMFILE || number == ENFILE || number == ENOMEM;
    const error_code code = full               ? error_code::resource_exhausted
                            : number == ENOSYS ? error_code::unavailable
                            : number == EPERM  ? error_code::permission_denied
                                               : error_code::io_error;
    return fail(code, std::string(call) + ": " + std::strerror(number));
}

[[nodiscard]] constexpr const char* name_of(leeway l) noexcept {
    return l == leeway::none ? "none" : l == leeway::slack ? "slack" : "share";
}

}  // namespace cyclone::sleep
