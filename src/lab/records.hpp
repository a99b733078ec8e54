// What a concurrent or an open-loop workload has to tell beside its time: plain records, filled by
// the workload and printed with the sample. No behaviour, so that the frame and the drivers meet
// here only.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace cyclone::lab {

/// A histogram that has been written out: only the buckets that were hit, by rising upper bound.
struct histogram_record {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets;  ///< upper bound in ns, count
    std::uint64_t max_ns = 0;                                      ///< the exact largest value
    double mean_ns = 0;                                            ///< the mean of the exact values
};

/// The latencies of one open-loop sample.
struct latency_record {
    std::uint64_t count = 0;    ///< operations
    histogram_record intended;  ///< from the instant the operation was due to its end
    histogram_record raw;       ///< from the instant the operation really began to its end
    histogram_record lateness;  ///< how late it began through the pacer's own fault
    std::uint64_t missed = 0;   ///< operations that began late; open_loop.hpp says what late means
    double rate_per_s = 0;      ///< the intended rate of arrivals
};

/// What one thread did in a sample.
struct thread_record {
    unsigned cpu = 0;          ///< the CPU it was pinned to
    std::uint64_t ops = 0;     ///< operations that succeeded
    std::uint64_t failed = 0;  ///< operations that were tried and did not
    std::int64_t wall_ns = 0;  ///< from its first operation to its last
};

}  // namespace cyclone::lab
