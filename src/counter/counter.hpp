// The counter contract: what a shared counter is, in one page. Read this before writing a variant.
//
// A counter hands out numbers, each once. It is the smallest concurrent component there is: a
// ticket, an id, the place in a ring. Nothing that threads share does with less, so its best
// variant is what every queue and every lock is compared with.
//
// A thread works through a handle of its own, made from the counter and living no longer than it.
// The handle is where a variant keeps what belongs to one thread; most keep nothing there.
//
// Semantics (the tests cite these by number):
//   S1  next() returns a number that no other call on the same counter returns, in any thread.
//   S2  Numbers start at 0. When k calls have been made through h handles and none is running,
//       every number returned is below k + h * (batch - 1), `batch` being what the variant
//       declares. With batch 1 (dense) they are therefore exactly 0 to k - 1.
//   S3  The numbers of one handle rise.
//   S4  A variant that declares order::real_time: if one call has ended before another begins, the
//       later one returns the greater number, across threads too (it is linearisable). One that
//       declares order::per_handle promises S3 only.
//   S5  A thread that is outside next() holds nobody up. Inside it, progress is as declared.
//   S6  A handle may be destroyed at any time outside next(); numbers it had taken and not returned
//       are lost. 2^64 calls are never made.
//
// Thread-safety: any number of threads may make and use handles at once; a handle belongs to one
// thread at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <thread>

namespace cyclone::counter {

enum class order : std::uint8_t {
    real_time,   ///< S4
    per_handle,  ///< S3 only
};

enum class progress : std::uint8_t {
    wait_free,  ///< every call ends in a bounded number of its own steps
    lock_free,  ///< some call always ends; a single one may lose for ever
    blocking,   ///< a thread stopped inside next() stops others
};

/// What a variant declares about itself. The tests hold it to every line but progress.
struct traits {
    order rises = order::real_time;
    progress progresses = progress::blocking;
    bool first_come = false;  ///< waiting threads are served in the order in which they came
    std::uint64_t batch = 1;  ///< numbers that a handle takes at once (S2)
};

/// The handle of a variant that keeps nothing a thread.
template <class V>
class plain_handle {
 public:
    explicit plain_handle(V& owner) noexcept : owner_(&owner) {}
    std::uint64_t next() noexcept(noexcept(owner_->next())) { return owner_->next(); }

 private:
    V* owner_;
};

/// For seeded bugs only: opens the window of a race wide enough for a short test to fall into it.
inline void widen_window() { std::this_thread::yield(); }

// clang-format off
template <class V>
concept variant = requires(V& counter, typename V::handle& handle) {
    requires std::same_as<decltype(V::k_traits), const traits>;
    requires std::default_initializable<V>;
    requires std::constructible_from<typename V::handle, V&>;
    { handle.next() } -> std::same_as<std::uint64_t>;
};
// clang-format on

[[nodiscard]] constexpr std::string_view name_of(order o) noexcept {
    return o == order::real_time ? "real_time" : "per_handle";
}
[[nodiscard]] constexpr std::string_view name_of(progress p) noexcept {
    return p == progress::wait_free   ? "wait_free"
           : p == progress::lock_free ? "lock_free"
                                      : "blocking";
}

}  // namespace cyclone::counter
