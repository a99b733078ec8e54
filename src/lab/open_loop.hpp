// The open loop: operations are due at instants fixed beforehand, whatever the system does. A
// closed loop waits for a slow operation before it asks again, and so asks seldom exactly when it
// is slow; its histogram omits what users would have waited ("coordinated omission", G. Tene).
//
// Three figures of every operation, which is due at D, begins at B and ends at E:
//   intended  E - D    what a user who came at D waited
//   raw       E - B    what the operation itself took: a closed loop's figure
//   lateness  B - B'   how late it began through the pacer's fault. B' = max(D, E' of the operation
//                      before), E' = B' + raw: when it would begin if the pacer cost nothing and
//                      never lost its processor
// So the backlog behind a slow operation is the system's doing and is in `intended` only, while the
// backlog behind a pacer that was off the processor is lateness, of every operation in it. An
// operation is counted as missed when its lateness exceeds 100 us or one mean gap between arrivals,
// whichever is less; the analysis rejects a run where more than 1 % were missed.
//
// A loop begins with no backlog and ends with its last operation, however late. Where the service
// is slower than the rate, `intended` therefore grows with the number of operations and has no
// limit of its own: it is the loop's length that is seen, and that the loop took longer than its
// schedule says so.
//
// One thread, which spins without yielding: give it a CPU. The loop itself costs two readings of
// the clock and three increments an operation; a rate beyond that shows as lateness that grows,
// never as silence.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "base/rng.hpp"
#include "base/sync.hpp"
#include "lab/histogram.hpp"

namespace cyclone::lab {

enum class arrivals : std::uint8_t {
    fixed,    ///< one every 1/rate: a pacemaker
    poisson,  ///< independent users: exponential gaps of mean 1/rate
};

/// The instants at which operations are due.
struct schedule {
    double rate_per_s = 0;
    std::vector<std::int64_t> due_ns;  ///< from the start of the loop, never falling

    /// Lateness beyond which an operation is missed.
    [[nodiscard]] std::int64_t late_ns() const noexcept;
};

/// Draws `count` instants; the same seed, the same instants. rate_per_s in (0, 1e9].
[[nodiscard]] schedule make_schedule(arrivals kind, double rate_per_s, std::size_t count,
                                     rng& random);

/// The three histograms of a loop, kept over all its batches.
struct latencies {
    histogram intended;
    histogram raw;
    histogram lateness;
    std::uint64_t missed = 0;

    /// `ideal` is B' of the text above.
    void add(std::int64_t due, std::int64_t ideal, std::int64_t begin, std::int64_t end,
             std::int64_t late_ns) noexcept {
        intended.record(static_cast<std::uint64_t>(end - due));
        raw.record(static_cast<std::uint64_t>(end - begin));
        lateness.record(static_cast<std::uint64_t>(begin - ideal));
        missed += begin - ideal > late_ns ? 1 : 0;
    }
    [[nodiscard]] latency_record written(double rate_per_s) const;
};

/// The clock of real runs. Another one gives now_ns(), never falling, and relax() between readings.
struct real_clock {
    static std::int64_t now_ns() noexcept { return clock::monotonic_ns(); }
    static void relax() noexcept { sync::native::pause(); }
};

/// Does `op()` once for every instant of the schedule, each no earlier than it is due, and adds
/// what came of it to `out`. Ends with the last operation.
template <class Op, class Clock = real_clock>
void run_open_loop(const schedule& when, latencies& out, Op&& op, Clock&& time = Clock{}) {
    const std::int64_t late_ns = when.late_ns();
    const std::int64_t start = time.now_ns();
    std::int64_t ideal_end = start;
    for (const std::int64_t offset : when.due_ns) {
        const std::int64_t due = start + offset;
        std::int64_t begin = time.now_ns();
        while (begin < due) {
            time.relax();
            begin = time.now_ns();
        }
        op();
        const std::int64_t end = time.now_ns();
        const std::int64_t ideal = std::max(due, ideal_end);
        out.add(due, ideal, begin, end, late_ns);
        ideal_end = ideal + (end - begin);
    }
}

}  // namespace cyclone::lab
