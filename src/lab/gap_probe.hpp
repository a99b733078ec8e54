// The gap probe: reads the clock in a loop and notes where it jumped. A jump is time in which the
// processor did something else (another process, an interrupt, the hypervisor): what a measurement
// made at this moment would suffer from too, whatever the kernel's counters know about it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace cyclone::lab {

struct gap_report {
    std::int64_t elapsed_ns = 0;    ///< how long the probe looked
    std::int64_t threshold_ns = 0;  ///< what counts as a gap: anything longer
    std::uint64_t gaps = 0;
    std::int64_t lost_ns = 0;  ///< all gaps together
    std::int64_t max_ns = 0;   ///< the longest interval between two readings, gap or not

    [[nodiscard]] double lost_share() const noexcept {
        return elapsed_ns > 0 ? static_cast<double>(lost_ns) / static_cast<double>(elapsed_ns) : 0;
    }
};

/// Spins for `duration_ns`. `now` returns nanoseconds that never go back.
template <class Now>
[[nodiscard]] gap_report probe_gaps(std::int64_t duration_ns, std::int64_t threshold_ns, Now now) {
    gap_report out;
    out.threshold_ns = threshold_ns;
    const std::int64_t begin = now();
    std::int64_t last = begin;
    while (last - begin < duration_ns) {
        const std::int64_t here = now();
        const std::int64_t gap = here - last;
        if (gap > threshold_ns) {
            ++out.gaps;
            out.lost_ns += gap;
        }
        out.max_ns = std::max(out.max_ns, gap);
        last = here;
    }
    out.elapsed_ns = last - begin;
    return out;
}

/// On the monotonic clock.
[[nodiscard]] gap_report probe_gaps(std::int64_t duration_ns, std::int64_t threshold_ns);

/// One JSON object, no newline: schema, seconds, gaps, lost_share, max_us, threshold_us.
[[nodiscard]] std::string to_json(const gap_report& report);

}  // namespace cyclone::lab
