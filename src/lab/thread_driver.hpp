// A team of threads that begin together. Concurrent code is measured with this and not with the
// benchmark library's own threads: who started when, who did how much and on which CPU must be
// known.
//
//   thread_team team(4, {0, 1});           // CPUs in turn: 0 1 0 1
//   team.muster(body);                     // everybody is awake and waits at the line
//   const round_report done = team.go();   // all run body(index, stop); ends when all have ended
//
// The caller is thread 0 and works too, so a team of one starts no thread at all. The line is two
// words in shared memory: no futex, no lock, so that the start costs one cache miss and not a
// system call. Whoever waits pauses; where threads outnumber CPUs it yields, since the one waited
// for may need the core. Between rounds the team waits in the same way: keep a team no longer than
// needed.
//
// Thread safety: a team belongs to the thread that made it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/cache_line.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/sync.hpp"
#include "lab/records.hpp"

namespace cyclone::lab {

/// What a body did.
struct tally {
    std::uint64_t ops = 0;     ///< operations that succeeded
    std::uint64_t failed = 0;  ///< operations that were tried and did not
};

/// Set when a round should end; bodies for a fixed time read it now and then.
class stop_flag {
 public:
    [[nodiscard]] bool raised() const noexcept {
        return word_.value.load(std::memory_order_relaxed) != 0;
    }
    void raise() noexcept { word_.value.store(1, std::memory_order_relaxed); }
    void lower() noexcept { word_.value.store(0, std::memory_order_relaxed); }

 private:
    padded<sync::native::atomic<int>> word_;
};

struct round_report {
    std::int64_t wall_ns = 0;            ///< from the start to the end of the last thread
    std::int64_t skew_ns = 0;            ///< from the first thread's start to the last one's
    std::vector<thread_record> threads;  ///< by index
    [[nodiscard]] tally total() const noexcept;
};

class thread_team {
 public:
    /// Called once a thread and round with the thread's index. Must not throw.
    using body = std::function<tally(unsigned index, stop_flag& stop)>;

    static constexpr unsigned k_threads_max = 1024;

    /// Starts `count` - 1 threads and pins all, the caller too, to `cpus` in turn; with no `cpus`
    /// they stay where the process may run. invalid_argument: no thread, too many, or a CPU that
    /// cannot be had; resource_exhausted: the kernel gives no thread.
    [[nodiscard]] static result<std::unique_ptr<thread_team>> start(unsigned count,
                                                                    std::vector<unsigned> cpus);
    /// Also after a muster() without its go(): the round does not happen.
    ~thread_team();
    thread_team(const thread_team&) = delete;
    thread_team& operator=(const thread_team&) = delete;

    [[nodiscard]] unsigned size() const noexcept { return count_; }

    /// Gives the next round's work and waits until every thread is at the line.
    void muster(body work);
    /// Starts the round that was mustered, takes part, and waits for the last. The time of this
    /// call is the round: the muster is not in it.
    round_report go();
    round_report run(body work) {
        muster(std::move(work));
        return go();
    }

 private:
    /// What one thread writes about its round, on lines of its own.
    struct slot {
        tally done;
        std::int64_t begin_ns = 0;
        std::int64_t end_ns = 0;
        unsigned cpu = 0;
    };
    using counter = padded<sync::native::atomic<std::uint64_t>>;

    thread_team(unsigned count, std::vector<unsigned> cpus);
    [[nodiscard]] result<void> pin(unsigned index) const;
    void serve(unsigned index);
    void work_one_round(unsigned index) noexcept;
    void wait_until(const counter& word, std::uint64_t value) const noexcept;

    unsigned count_;
    std::vector<unsigned> cpus_;
    unsigned patience_;  // pauses before a waiting thread yields
    body work_;          // written by muster(), read after the round's number is seen
    bool ending_ = false;
    std::uint64_t round_ = 0;
    std::vector<padded<slot>> slots_;
    counter called_;  // the round that threads should come to the line for
    counter ready_;   // threads at the line, over all rounds
    counter begun_;   // the round that may run
    counter ended_;   // threads through, over all rounds
    stop_flag stop_;
    std::vector<result<void>> pinned_;  // each thread's own, read after the first muster
    std::vector<std::thread> threads_;
};

/// The body of a fixed amount: `op()` `count` times; op returns whether it succeeded.
template <class Op>
[[nodiscard]] tally repeat_count(std::uint64_t count, Op&& op) {
    tally done;
    for (std::uint64_t i = 0; i < count; ++i) ++(op() ? done.ops : done.failed);
    return done;
}

/// The body of a fixed time: `op()` until `duration_ns` after this thread's start. Every thread
/// looks at the clock once in 32 operations, so that none pays more than another, and the first to
/// see the end stops all.
template <class Op>
[[nodiscard]] tally repeat_for(std::int64_t duration_ns, stop_flag& stop, Op&& op) {
    tally done;
    const std::int64_t end = clock::monotonic_ns() + duration_ns;
    while (!stop.raised()) {
        for (int i = 0; i < 32; ++i) ++(op() ? done.ops : done.failed);
        if (clock::monotonic_ns() >= end) stop.raise();
    }
    return done;
}

}  // namespace cyclone::lab
