#pragma once
// Who takes the next step: the strategies of the second engine, which interleaves threads step by
// step on a sequentially consistent memory. A scheduler (schedule.hpp) asks at every step; what is
// run here is decided by nothing else, so a strategy and its seed are a whole execution.
//
// Source    random walk; round robin; bursts
//           PCT: Burckhardt, Kothari, Musuvathi, Nagarakatti, ASPLOS 2010. A run with n threads, k
//           steps and d - 1 changes of priority finds a bug of depth d with a probability of at
//           least 1 / (n k^(d-1)); see pct_bound for what is assumed
//           POS: Yuan, Yang, Gu, CAV 2018. Priorities belong to steps, and are drawn anew for steps
//           that race with the one taken
//           exhaustive: depth first, with a bound on preemptions (Musuvathi, Qadeer, PLDI 2007), or
//           without one and with sleep sets (Godefroid 1996): one run for each order of conflicting
//           steps, and some that end early because they would repeat another
//           starve: an adversary that lets a victim take a step only after the others have done
//           something in between
// Cost      O(threads) a step, exhaustive O(threads^2); exhaustive keeps one frame a step
// Errors    none; a step that cannot be repeated makes went_astray() true
// Thread-safety: none.

#include <cstdint>
#include <limits>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.hpp"

namespace cyclone::model::steps {

/// What a step does.
enum class action : std::uint8_t {
    load,
    store,
    rmw,
    compare_exchange,
    wait,
    notify,
    lock,
    try_lock,
    unlock,
    get,
    set,
    fence,
    pause,
    make,
    dispose,
    join,
    sleep,
    take,  ///< of an event: blocks while there is none
    post,
    park  ///< waits for whoever drives the schedule
};
[[nodiscard]] std::string_view name_of(action a) noexcept;
[[nodiscard]] std::string_view name_of(std::memory_order o) noexcept;

/// A step that is about to be taken.
struct point {
    action what = action::fence;
    std::memory_order order = std::memory_order_relaxed;
    std::uint32_t size = 0;  ///< bytes at `where`; 0: no memory
    const void* where = nullptr;
    std::source_location site{};
};

/// "file.hpp:42", without the folder.
[[nodiscard]] std::string text(const std::source_location& site);

[[nodiscard]] bool may_write(const point& p) noexcept;
/// Whether the order of the two can be seen: they meet in memory and one may write, or one waits
/// for any change and the other may be it.
[[nodiscard]] bool conflict(const point& a, const point& b) noexcept;

inline constexpr std::uint32_t k_no_task = std::numeric_limits<std::uint32_t>::max();

struct candidate {
    std::uint32_t task;
    const point* next;
};

struct choice {
    std::span<const candidate> able{};  ///< never empty, by rising number of task
    std::uint32_t last = k_no_task;     ///< who took the step before; k_no_task at first
    std::uint64_t last_steps = 0;       ///< how many it has taken
    bool yielded = false;               ///< it is about to pause: to leave it is no preemption
    std::uint64_t number = 0;           ///< of this step, from 0
    std::uint64_t ended = 0;            ///< operations ended so far, by anyone
};

/// The place in `able` that is taken when nothing speaks against it: the same thread goes on; one
/// that pauses or cannot go on is followed by the next in a circle.
[[nodiscard]] std::size_t natural(const choice& c) noexcept;

/// One decision that was not the natural one. `last` and its steps name the moment: they do not
/// shift when an earlier decision is taken out.
struct decision {
    std::uint32_t last = k_no_task;
    std::uint64_t last_steps = 0;
    std::uint32_t chosen = 0;

    friend bool operator==(const decision&, const decision&) = default;
};

inline constexpr std::size_t k_abandon = std::numeric_limits<std::size_t>::max();

class strategy {
 public:
    strategy() = default;
    strategy(const strategy&) = delete;
    strategy& operator=(const strategy&) = delete;
    virtual ~strategy() = default;

    /// A new schedule; `run` counts from 0 and gives each its own draws.
    virtual void begin(std::uint64_t run) = 0;
    /// A place in c.able, or k_abandon when the rest of this run is known.
    virtual std::size_t choose(const choice& c) = 0;
    /// After a run: whether there is another one.
    virtual bool more() { return true; }
    /// Whether the runs so far were all there are.
    [[nodiscard]] virtual bool complete() const { return false; }
    /// Whether something could not be repeated that should have been.
    [[nodiscard]] virtual bool went_astray() const { return false; }
};

inline constexpr std::uint32_t k_unbounded = std::numeric_limits<std::uint32_t>::max();

[[nodiscard]] std::unique_ptr<strategy> random_walk(std::uint64_t seed);
/// `depth` >= 1; `steps` is the guess at k for the first run, later ones use the longest run so
/// far.
[[nodiscard]] std::unique_ptr<strategy> pct(std::uint64_t seed, std::uint32_t depth,
                                            std::uint64_t steps);
[[nodiscard]] std::unique_ptr<strategy> pos(std::uint64_t seed);
/// One step each in a circle, beginning `run` places further on.
[[nodiscard]] std::unique_ptr<strategy> round_robin();
/// Stays with a thread for 1 to 2 mean - 1 steps, then goes to another at random.
[[nodiscard]] std::unique_ptr<strategy> bursts(std::uint64_t seed, std::uint64_t mean);
[[nodiscard]] std::unique_ptr<strategy> exhaustive(std::uint32_t preemptions);
/// `first` runs alone as long as it can, then the others in a circle.
[[nodiscard]] std::unique_ptr<strategy> prefer(std::uint32_t first);
/// `victim` runs alone until `alone` operations have ended. From then on, between two steps of it,
/// the others end `operations` operations and take `steps` steps.
[[nodiscard]] std::unique_ptr<strategy> starve(std::uint32_t victim, std::uint64_t operations,
                                               std::uint64_t steps, std::uint64_t alone = 0);
/// Natural but for these. Strict: each must come up and be possible.
[[nodiscard]] std::unique_ptr<strategy> repeat(const std::vector<decision>& decisions, bool strict);

/// The least probability with which one run of PCT finds a bug of this depth, if the schedule has
/// at most k steps and n threads, and no thread pauses (a pause lowers its thread's priority, which
/// the theorem does not know).
[[nodiscard]] double pct_bound(std::uint64_t threads, std::uint64_t steps,
                               std::uint32_t depth) noexcept;

}  // namespace cyclone::model::steps
