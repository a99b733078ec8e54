// What the workloads of several threads share: who takes part on how many processors, how they
// begin together, how long they were together, and what their calls came to.
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/cache_line.hpp"
#include "base/clock.hpp"
#include "base/spin.hpp"
#include "experiments/queue/parcel.hpp"
#include "lab/bench.hpp"
#include "lab/histogram.hpp"
#include "lab/thread_driver.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

using counter::keep;

inline constexpr std::uint64_t k_ring_default = 1024;
inline constexpr std::uint64_t k_ring_max = 1U << 22;
inline constexpr std::uint64_t k_work_max = 100'000;

/// A whole number of a request, in its bounds.
[[nodiscard]] inline std::uint64_t bounded_param(const lab::request& what, const char* name,
                                                 std::uint64_t otherwise, std::uint64_t least,
                                                 std::uint64_t most) {
    const std::uint64_t value = what.param(name, otherwise);
    if (value < least || value > most) {
        throw lab::usage_error{fmt::format("--param {}={}: {} to {}", name, value, least, most)};
    }
    return value;
}

/// Param capacity of a request.
[[nodiscard]] inline std::size_t ring_of(const lab::request& what) {
    return bounded_param(what, "capacity", k_ring_default, 1, k_ring_max);
}

/// The same items in all variants; their order, which a stack turns round, is not in it.
template <class V>
[[nodiscard]] std::uint64_t first_items_digest() {
    using item = typename V::value_type;
    const auto queue = std::make_unique<V>(std::size_t{64}, std::uint64_t{0});
    access_of<V> end(*queue);
    std::uint64_t digest = 0;
    for (std::uint64_t number = 0; number < 64; ++number) {
        if (!end.try_push(parcel_of<item>(number))) return 0;
    }
    flush_pushes(end);
    for (int i = 0; i < 64; ++i) {
        const auto one = end.try_pop();
        if (!one) continue;
        const std::uint64_t number = read_parcel(*one);
        digest += number * number + 1;
    }
    return digest;
}

/// The processors of a request, or the first `cores` of them. More threads than those are asked for
/// on purpose: a queue is then judged by what a thread does that is off its processor.
[[nodiscard]] inline std::vector<unsigned> cpus_of(const lab::request& what) {
    std::vector<unsigned> cpus = what.cpus;
    const std::uint64_t cores = what.param("cores", std::uint64_t{0});
    if (cores == 0) return cpus;
    if (cores > cpus.size()) {
        throw lab::usage_error{
            fmt::format("--param cores={}: --cpus names {} of them", cores, cpus.size())};
    }
    cpus.resize(cores);
    return cpus;
}

/// Threads and the processors they have: what a figure of them is a figure of.
class headcount {
 public:
    headcount(std::uint64_t threads, const lab::request& what) : threads_(threads) {
        std::vector<unsigned> distinct = cpus_of(what);
        std::ranges::sort(distinct);
        distinct.erase(std::ranges::unique(distinct).begin(), distinct.end());
        cpus_ =
            distinct.empty() ? std::max(std::thread::hardware_concurrency(), 1U) : distinct.size();
    }
    [[nodiscard]] bool oversubscribed() const noexcept { return threads_ > cpus_; }

    /// How often who cannot go on pauses before he yields. Where the other one runs, longer than a
    /// handover takes; where he may be off the core, about what a change of threads costs; where
    /// there is one core, not at all.
    [[nodiscard]] unsigned patience() const noexcept {
        constexpr unsigned k_crowded = 32;
        if (!oversubscribed()) return spin_wait<>::k_patience;
        return cpus_ == 1 ? 0 : k_crowded;
    }
    /// How long a round is at least: where threads take turns, long enough for each to have some.
    [[nodiscard]] std::int64_t window_ns() const noexcept {
        constexpr std::int64_t k_turns_ns = 25'000'000;
        return oversubscribed() ? k_turns_ns : 0;
    }
    void write_to(std::map<std::string, double>& values) const {
        values["threads"] = static_cast<double>(threads_);
        values["cpus"] = static_cast<double>(cpus_);
        values["oversubscribed"] = oversubscribed() ? 1 : 0;
    }

 private:
    std::uint64_t threads_;
    std::uint64_t cpus_ = 1;
};

/// The line inside a round: nobody works before all are there. A team's own line lets each go as
/// soon as it is on a processor, and where threads outnumber those that is not together.
class starting_line {
 public:
    void clear() noexcept { there_->store(0, std::memory_order_relaxed); }
    void wait_for(std::uint64_t all, unsigned patience) noexcept {
        there_->fetch_add(1, std::memory_order_acq_rel);
        for (spin_wait<> wait(patience); there_->load(std::memory_order_acquire) < all;) {
            wait.once();
        }
    }

 private:
    padded<sync::native::atomic<std::uint64_t>> there_;
};

/// Calls of one thread. Its own while a round runs.
struct calls {
    std::uint64_t pushed = 0;
    std::uint64_t taken = 0;
    std::uint64_t full = 0;     ///< pushes that found no room
    std::uint64_t empty = 0;    ///< pops that found nothing
    std::uint64_t blocked = 0;  ///< pops that were told to come again
    std::uint64_t sleeps = 0;
    std::int64_t begin_ns = 0;  ///< of its part in the latest round
    std::int64_t end_ns = 0;

    void found_nothing(answer why = answer::empty) noexcept {
        ++(why == answer::would_block ? blocked : empty);
    }
    void add(const calls& other) noexcept {
        pushed += other.pushed;
        taken += other.taken;
        full += other.full;
        empty += other.empty;
        blocked += other.blocked;
        sleeps += other.sleeps;
    }
    /// For each of so many items.
    void write_to(std::map<std::string, double>& values, std::uint64_t items) const {
        const auto each = [&](std::uint64_t count) {
            return static_cast<double>(count) /
                   static_cast<double>(std::max<std::uint64_t>(items, 1));
        };
        values["full_per_item"] = each(full);
        values["empty_per_item"] = each(empty);
        values["blocked_per_item"] = each(blocked);
    }
};

/// How long a team was at work together, as a share of what is timed: the least over all rounds.
class togetherness {
 public:
    void add(const lab::round_report& done) {
        skew_.record(static_cast<std::uint64_t>(done.skew_ns));
        const auto wall = static_cast<double>(std::max<std::int64_t>(done.wall_ns, 1));
        // Intervals inside one of length `wall`: all of them overlap for at least this long.
        double together = wall;
        for (const lab::thread_record& one : done.threads) {
            together -= wall - static_cast<double>(one.wall_ns);
        }
        least_ = std::min(least_, std::max(together, 0.0) / wall);
    }
    /// Of a window [from, until) in which every one of `them` should be at work.
    template <class Workers>
    void add(const lab::round_report& done, std::int64_t from, std::int64_t until,
             const Workers& them) {
        skew_.record(static_cast<std::uint64_t>(done.skew_ns));
        std::int64_t begin = from;
        std::int64_t end = until;
        for (const auto& one : them) {
            begin = std::max(begin, one->seen.begin_ns);
            end = std::min(end, one->seen.end_ns);
        }
        const auto window = static_cast<double>(std::max<std::int64_t>(until - from, 1));
        least_ =
            std::min(least_, static_cast<double>(std::max<std::int64_t>(end - begin, 0)) / window);
    }
    void write_to(std::map<std::string, double>& values) const {
        values["overlap_min"] = least_;
        values["start_skew_p50_ns"] = static_cast<double>(skew_.quantile(0.5));
        values["start_skew_max_ns"] = static_cast<double>(skew_.max());
    }

 private:
    lab::histogram skew_;
    double least_ = 1;
};

[[nodiscard]] inline std::unique_ptr<lab::thread_team> team_of(std::uint64_t threads,
                                                               const lab::request& what) {
    if (what.by != lab::meter::time) {
        throw lab::usage_error{
            "only --meter time can measure more than one thread: what they do depends on how they "
            "meet"};
    }
    auto team = lab::thread_team::start(static_cast<unsigned>(threads), cpus_of(what));
    if (!team) throw lab::usage_error{to_string(team.error())};
    return std::move(*team);
}

/// Pushes until it succeeds; counts the tries that did not.
template <class Access, class T>
void push_surely(Access& end, T item, calls& seen, unsigned patience) {
    // S6: a push that fails has not touched the item.
    for (spin_wait<> wait(patience); !end.try_push(std::move(item)); wait.once()) ++seen.full;
    ++seen.pushed;
}

/// Pops until there is an item; counts the tries that found none.
template <class T, class Access>
[[nodiscard]] T pop_surely(Access& end, calls& seen, unsigned patience) {
    for (spin_wait<> wait(patience);; wait.once()) {
        auto one = end.try_pop();
        if (one) {
            ++seen.taken;
            return std::move(*one);
        }
        seen.found_nothing(one.said());
    }
}

namespace detail {

template <class V>
concept pops_on_access = requires(access_of<V>& end) {
    { end.pop() } -> std::same_as<typename V::value_type>;
};
template <class V>
concept pops_on_queue = requires(V& queue) {
    { queue.pop() } -> std::same_as<typename V::value_type>;
};

}  // namespace detail

/// Whether a variant has a pop() that waits (S15).
template <class V>
inline constexpr bool k_waits_itself = detail::pops_on_access<V> || detail::pops_on_queue<V>;

/// The variant's own pop(): sleeps until there is something.
template <class V>
requires k_waits_itself<V>
[[nodiscard]] typename V::value_type pop_inside(V& queue, access_of<V>& end) {
    if constexpr (detail::pops_on_access<V>) {
        return end.pop();
    } else {
        return queue.pop();
    }
}

/// What a step of local work takes here, in ns: measured, so that a row can say what `work` was.
[[nodiscard]] inline double step_ns() {
    constexpr std::uint64_t k_steps = 20'000;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < 5; ++i) {
        const std::int64_t begin = clock::monotonic_ns();
        counter::think(k_steps);
        least = std::min(least, clock::monotonic_ns() - begin);
    }
    return static_cast<double>(least) / static_cast<double>(k_steps);
}

/// What a histogram of latencies says, for those who can name values only.
inline void write_tail(std::map<std::string, double>& values, const lab::histogram& waited) {
    values["latencies"] = static_cast<double>(waited.count());
    values["intended_p50_ns"] = static_cast<double>(waited.quantile(0.5));
    values["intended_p99_ns"] = static_cast<double>(waited.quantile(0.99));
    values["intended_p999_ns"] = static_cast<double>(waited.quantile(0.999));
    values["intended_max_ns"] = static_cast<double>(waited.max());
}

/// A thread and its access; on lines of its own. It outlives no queue.
template <class V>
struct alignas(k_no_false_sharing) worker {
    explicit worker(V& queue) : end(queue) {}
    access_of<V> end;
    calls seen;
};

/// So many threads' accesses, made before anything is measured (S11).
template <class V>
[[nodiscard]] std::vector<std::unique_ptr<worker<V>>> workers_of(V& queue, std::uint64_t count) {
    std::vector<std::unique_ptr<worker<V>>> made;
    for (std::uint64_t i = 0; i < count; ++i) made.push_back(std::make_unique<worker<V>>(queue));
    return made;
}

/// Takes out what a round has left, in one thread and outside what is measured. What was pushed and
/// cannot be popped when nobody else is in a call is lost: no figure comes of such a queue.
template <class V>
void drain(worker<V>& by, std::uint64_t inside) {
    constexpr std::uint64_t k_tries = 1'000'000;
    for (std::uint64_t failed = 0; inside > 0;) {
        if (by.end.try_pop()) {
            --inside;
            failed = 0;
        } else if (++failed == k_tries) {
            throw std::runtime_error(
                fmt::format("{} items were pushed and cannot be popped", inside));
        }
    }
    flush_pops(by.end);
}

}  // namespace cyclone::queue
