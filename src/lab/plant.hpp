// The planted slowdown: a positive control. A batch that took t is stretched to (1 + share) * t by
// spinning on the clock, inside the timed interval; a lab that then reports no difference is blind.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/clock.hpp"

namespace cyclone::lab {

/// Stretches timed intervals by a share. One reading of the clock overshoots by tens of ns, which
/// matters for short batches; what was spun too much is therefore owed to the next batches, and the
/// share is exact over a series. Who loses the core while spinning overshoots by milliseconds: that
/// is a disturbance, not a debt, or the following batches would go without their share.
/// `Now` returns monotonic ns; a test gives its own.
template <class Now = decltype(&clock::monotonic_ns)>
class planter {
 public:
    explicit planter(double share, Now now = &clock::monotonic_ns)
        : share_(share), now_(std::move(now)) {}

    /// The interval [begin_ns, end_ns) has just ended; returns its later end.
    [[nodiscard]] std::int64_t stretch(std::int64_t begin_ns, std::int64_t end_ns) {
        owed_ns_ += share_ * static_cast<double>(end_ns - begin_ns);
        std::int64_t until = end_ns;
        while (static_cast<double>(until - end_ns) < owed_ns_) until = now_();
        owed_ns_ = std::max(owed_ns_ - static_cast<double>(until - end_ns), -k_debt_max_ns);
        return until;
    }

 private:
    static constexpr double k_debt_max_ns = 1000;  // many readings of the clock, no time slice

    double share_;
    Now now_;
    double owed_ns_ = 0;  // negative: spun too much so far
};

}  // namespace cyclone::lab
