// What a trace says about the program that was recorded, whatever replays it.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "timer/trace.hpp"

namespace cyclone::timer {

/// Whether a time has at most two digits that matter, the second 0 or 5 (65 s, 250 ms, 1.5 s), to
/// a thousandth or a tick: what reaches a timer is often the time asked for less what has passed
/// since the loop last looked at the clock. Of all times, 1.6 % are round by chance. O(1).
[[nodiscard]] inline bool is_round(tick ticks, std::uint64_t tick_ns) noexcept {
    const double ns = static_cast<double>(ticks) * static_cast<double>(tick_ns);
    const double near = std::max(ns / 1000, 1.01 * static_cast<double>(tick_ns));
    const double above = ns + near;  // 999.9 ms is near 1 s, of the next power of ten
    const double step = std::pow(10.0, std::floor(std::log10(above))) / 2;
    return std::abs(ns - std::round(ns / step) * step) <= near;
}

/// values of a trace. `expired_share`: of the timers that ended, those that fired and were not
/// stopped; with restarts, each counting as a timeout that did not expire, `expired_of_all`.
/// `odd_share`: of the times of 0.1 s and more that were asked for, those that are not round (below
/// that, a tick of tolerance calls most times round). `ttl_p50_s`, `ttl_p99_s`: their quantiles,
/// all of them. O(events log events).
[[nodiscard]] inline std::map<std::string, double> shape_of(const trace& what) {
    double stops = 0, fires = 0, restarts = 0, long_ones = 0, odd = 0;
    std::vector<double> seconds;
    const double tick_s = static_cast<double>(what.tick_ns) * 1e-9;
    for (const trace_event& event : what.events) {
        stops += event.op == trace_op::stop ? 1 : 0;
        fires += event.op == trace_op::fire ? 1 : 0;
        restarts += event.op == trace_op::restart ? 1 : 0;
        if (event.op != trace_op::start && event.op != trace_op::restart) continue;
        seconds.push_back(static_cast<double>(event.delta) * tick_s);
        if (seconds.back() < 0.1) continue;
        long_ones += 1;
        odd += is_round(event.delta, what.tick_ns) ? 0 : 1;
    }
    std::map<std::string, double> found{{"stops", stops}, {"fires", fires}, {"restarts", restarts}};
    if (stops + fires > 0) found["expired_share"] = fires / (stops + fires);
    if (stops + fires + restarts > 0) found["expired_of_all"] = fires / (stops + fires + restarts);
    if (long_ones > 0) found["odd_share"] = odd / long_ones;
    if (seconds.empty()) return found;
    std::sort(seconds.begin(), seconds.end());
    found["ttl_p50_s"] = seconds[seconds.size() / 2];
    found["ttl_p99_s"] = seconds[seconds.size() * 99 / 100];
    return found;
}

}  // namespace cyclone::timer
