// The worst single advance(): what one turn of a loop may cost, in counted work, in timers fired
// and, where it is asked for, in nanoseconds.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "experiments/timer/workloads/population.hpp"
#include "lab/histogram.hpp"

namespace cyclone::timer {

/// Reading the clock twice around each advance() costs more than many of them: the ns figures are
/// taken under --param worst=1 only, and the time an operation takes is then not to be read.
template <class V>
class watch {
 public:
    watch(const lab::request& what, bool otherwise)
        : timed_(what.param("worst", std::uint64_t{otherwise ? 1U : 0U}) != 0) {}

    std::size_t advance(V& timers, tick to) {
        const std::int64_t begun = timed_ ? clock::monotonic_ns() : 0;
        const std::uint64_t work = counts_work<V> ? timers.work().totals().sum() : 0;
        const std::size_t fired = timers.advance(to);
        if (timed_) ns_.record(static_cast<std::uint64_t>(clock::monotonic_ns() - begun));
        if constexpr (counts_work<V>)
            worst_work_ = std::max(worst_work_, timers.work().totals().sum() - work);
        worst_fired_ = std::max<std::uint64_t>(worst_fired_, fired);
        return fired;
    }
    [[nodiscard]] double worst_ns() const { return static_cast<double>(ns_.max()); }
    void forget_ns() { ns_ = {}; }
    void forget() {
        ns_ = {};
        worst_work_ = worst_fired_ = 0;
    }
    /// Adds worst_<name>_fired, and of the others what was measured; p999 where it says something.
    void tell(std::map<std::string, double>& values, const std::string& name) const {
        values["worst_" + name + "_fired"] = static_cast<double>(worst_fired_);
        if constexpr (counts_work<V>)
            values["worst_" + name + "_work"] = static_cast<double>(worst_work_);
        if (!timed_ || ns_.count() == 0) return;
        values["worst_" + name + "_ns"] = static_cast<double>(ns_.max());
        if (ns_.count() >= 1000)
            values["p999_" + name + "_ns"] = static_cast<double>(ns_.quantile(0.999));
    }

 private:
    bool timed_;
    lab::histogram ns_;
    std::uint64_t worst_work_ = 0;
    std::uint64_t worst_fired_ = 0;
};

}  // namespace cyclone::timer
