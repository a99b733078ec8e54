// The gap probe on the real clock, and as a line of JSON.

#include "lab/gap_probe.hpp"

#include "lab/json.hpp"

namespace cyclone::lab {

gap_report probe_gaps(std::int64_t duration_ns, std::int64_t threshold_ns) {
    return probe_gaps(duration_ns, threshold_ns, [] { return clock::monotonic_ns(); });
}

std::string to_json(const gap_report& report) {
    const json out = {{"schema", 1},
                      {"seconds", static_cast<double>(report.elapsed_ns) / 1e9},
                      {"gaps", report.gaps},
                      {"lost_share", report.lost_share()},
                      {"max_us", static_cast<double>(report.max_ns) / 1e3},
                      {"threshold_us", static_cast<double>(report.threshold_ns) / 1e3}};
    return one_line(out);
}

}  // namespace cyclone::lab
