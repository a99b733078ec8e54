// The timer contract: what a timer variant is, in one page. Read this before writing one.
//
// A variant holds pending timers and fires each one when time reaches its deadline. Time is an
// argument: no variant reads a clock, so the same code runs on a wall clock, in a simulator and in
// replay. A timer is a node that the caller owns; a variant links it and never copies or frees it.
//
// Semantics (the tests cite these by number):
//   S1  Ticks are abstract, in [0, k_tick_max]. now() starts where the constructor says and only
//       advance() moves it. A timer is started before k_tick_max, for a deadline no later than the
//       horizon that the variant declares; beyond is the caller's mistake, and asserted.
//   S2  start(node, d): the node must be idle. The timer's deadline becomes max(d, now() + 1), so a
//       timer never fires in the advance() that is running when it is started.
//   S3  stop(node): true exactly if the timer was pending; its callback then never runs, also when
//       it was due in the advance() now running. Stopping an idle node is allowed and false.
//   S4  restart(node, d): the same as stop(node), start(node, d).
//   S5  advance(to), to >= now(): sets now() to `to`, then fires what is due. A timer never fires
//       before its deadline, and at most lateness_max(d - now() at its start) ticks after it,
//       as seen by a caller who advances tick by tick. Larger steps fire the same timers:
//       advance(a), advance(b) fires what advance(b) fires.
//   S6  A callback finds its own node idle. It may start, stop and restart any node, its own among
//       them; it must not call advance(), next_deadline(), size() or check(), nor destroy the
//       variant: what is due but not yet fired is in nobody's account.
//   S7  Within one advance() timers fire in the order the variant declares (traits::fire_order).
//   S8  next_deadline(): no timer fires before that tick; a loop that sleeps until it, advances and
//       asks again misses nothing. k_never if nothing is pending.
//   S9  Destroying a variant leaves its pending nodes idle; their callbacks never run.
//
// Thread-safety: none. A variant belongs to one thread, or to a caller who serialises.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "base/work.hpp"

namespace cyclone::timer {

using tick = std::uint64_t;

inline constexpr tick k_tick_max = (tick{1} << 63) - 1;  ///< last tick of time
inline constexpr tick k_never = ~tick{0};                ///< "no deadline"; not a tick

class entry;

/// Called when a timer fires, with the context it was bound to. Must not throw.
using callback = void (*)(void* context, entry& self);

/// What every variant's node derives from: what to call, and when. 24 bytes.
/// Invariant: deadline_ == k_never exactly while the timer is idle.
class entry {
 public:
    entry() = default;
    entry(callback fn, void* context) noexcept : fn_(fn), context_(context) {}
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    ~entry() { CYCLONE_ASSERT(!pending()); }

    /// Sets what to call. Only while idle.
    void bind(callback fn, void* context) noexcept {
        CYCLONE_ASSERT(!pending());
        fn_ = fn;
        context_ = context;
    }

    [[nodiscard]] bool pending() const noexcept { return deadline_ != k_never; }
    /// The tick that start() was given, after S2; k_never while idle.
    [[nodiscard]] tick deadline() const noexcept { return deadline_; }

    // For variants only.
    void set_deadline(tick deadline) noexcept { deadline_ = deadline; }
    void set_idle() noexcept { deadline_ = k_never; }
    /// Makes the node idle, then calls. The node may be pending again, or gone, on return.
    void fire() {
        set_idle();
        fn_(context_, *this);
    }

 private:
    callback fn_ = nullptr;
    void* context_ = nullptr;
    tick deadline_ = k_never;
};

/// S1 and S2 in one place: the deadline that a timer started at `now` gets.
[[nodiscard]] inline tick effective_deadline(tick deadline, tick now,
                                             tick horizon = k_tick_max) noexcept {
    CYCLONE_ASSERT(deadline <= horizon && now < horizon);
    return deadline > now ? deadline : now + 1;
}

enum class order : std::uint8_t {
    fifo,         ///< by deadline, equal deadlines in the order of their starts
    by_deadline,  ///< by deadline, equal deadlines in any order
    unordered,    ///< any order
};

enum class next_kind : std::uint8_t {
    exact,        ///< next_deadline() is the tick of the first firing
    lower_bound,  ///< it may be earlier: a loop wakes, finds nothing due, and asks again
    none,         ///< the scheme cannot tell; next_deadline() must not be called
};

enum class growth : std::uint8_t { o1, log_n, n };

/// The order in which a bulk load is cheapest, for schemes whose START is linear.
enum class load_order : std::uint8_t { any, ascending, descending };

/// What a variant declares about itself. The tests hold it to every line.
struct traits {
    order fire_order = order::by_deadline;
    next_kind next = next_kind::exact;
    growth start = growth::o1;  ///< cost of START, average over usual loads
    growth stop = growth::o1;
    growth per_tick = growth::o1;  ///< cost of one advance(now + 1), firings apart
    load_order load = load_order::any;
    tick horizon = k_tick_max;  ///< the latest deadline it takes
};

/// A variant: `template <class Work = no_work, int Mutant = 0> class name` with these members.
///   constructor (tick now); start, stop, restart, advance, next_deadline, now, size as above
///   lateness_max(delta)  ticks a timer started `delta` ahead may be late: 0 for exact schemes
///   check()              recomputes the structure from scratch, O(n): empty, or what is broken
///   work()               the Work policy
///   fixed_bytes()        bytes held apart from the nodes, as it stands
/// and, where they mean something,
///   reserve(pending)     makes room: START allocates no more while at most `pending` timers are
///   held()               entries in the structure, those of stopped timers among them
template <class V>
concept variant = requires(V v, const V& c, typename V::node& node, tick t) {
    requires std::derived_from<typename V::node, entry>;
    requires std::constructible_from<V, tick>;
    requires std::same_as<decltype(V::k_traits), const traits>;
    { v.start(node, t) } -> std::same_as<void>;
    { v.stop(node) } -> std::same_as<bool>;
    { v.restart(node, t) } -> std::same_as<void>;
    { v.advance(t) } -> std::same_as<std::size_t>;
    { c.next_deadline() } -> std::same_as<tick>;
    { c.now() } -> std::same_as<tick>;
    { c.size() } -> std::same_as<std::size_t>;
    { V::lateness_max(t) } -> std::same_as<tick>;
    { c.check() } -> std::same_as<std::string>;
    { c.fixed_bytes() } -> std::same_as<std::size_t>;
    { c.work().totals() } -> std::same_as<work_totals>;
};

/// A variant that declares exact firing.
template <class V>
inline constexpr bool is_exact = V::lateness_max(k_tick_max) == 0;

/// A variant that reports its counted work; peers, which are closed boxes, do not.
template <class V>
inline constexpr bool counts_work =
    std::remove_cvref_t<decltype(std::declval<const V&>().work())>::k_counts;

}  // namespace cyclone::timer
