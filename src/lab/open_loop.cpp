// When operations are due, and what is said of them afterwards.

#include "lab/open_loop.hpp"

namespace cyclone::lab {

std::int64_t schedule::late_ns() const noexcept {
    constexpr double k_late_ns = 100e3;
    return static_cast<std::int64_t>(std::min(k_late_ns, 1e9 / rate_per_s));
}

schedule make_schedule(arrivals kind, double rate_per_s, std::size_t count, rng& random) {
    CYCLONE_ASSERT(rate_per_s > 0 && rate_per_s <= 1e9);
    const double gap_ns = 1e9 / rate_per_s;
    schedule out{rate_per_s, std::vector<std::int64_t>(count)};
    double at_ns = 0;
    for (std::size_t i = 0; i < count; ++i) {
        // A product and not a sum where the gaps are equal, so that errors do not add up.
        at_ns = kind == arrivals::fixed ? gap_ns * static_cast<double>(i)
                                        : at_ns + random.exponential(gap_ns);
        out.due_ns[i] = static_cast<std::int64_t>(at_ns);
    }
    return out;
}

latency_record latencies::written(double rate_per_s) const {
    return {intended.count(), intended.written(), raw.written(), lateness.written(),
            missed,           rate_per_s};
}

}  // namespace cyclone::lab
