// The table of the timer's workloads: one line each, one small header behind it. To add a workload,
// write its header and its line; the benchmark programs, the planner and --describe follow.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "experiments/timer/workloads/accuracy.hpp"
#include "experiments/timer/workloads/boundary.hpp"
#include "experiments/timer/workloads/buckets.hpp"
#include "experiments/timer/workloads/calls.hpp"
#include "experiments/timer/workloads/coalesce.hpp"
#include "experiments/timer/workloads/crossover.hpp"
#include "experiments/timer/workloads/heap_lines.hpp"
#include "experiments/timer/workloads/hold.hpp"
#include "experiments/timer/workloads/next.hpp"
#include "experiments/timer/workloads/operations.hpp"
#include "experiments/timer/workloads/piercing.hpp"
#include "experiments/timer/workloads/poisson.hpp"
#include "experiments/timer/workloads/requests.hpp"
#include "experiments/timer/workloads/residue.hpp"
#include "experiments/timer/workloads/restart.hpp"
#include "experiments/timer/workloads/rounding.hpp"
#include "experiments/timer/workloads/soft.hpp"
#include "experiments/timer/workloads/sparse.hpp"
#include "experiments/timer/workloads/storm.hpp"
#include "experiments/timer/workloads/threads.hpp"
#include "experiments/timer/workloads/timeouts.hpp"
#include "experiments/timer/workloads/trace.hpp"
#include "experiments/timer/workloads/ttl_classes.hpp"

namespace cyclone::timer {

/// Which rows of the registry a workload is for.
enum class offered_by : std::uint8_t {
    everyone,   ///< the controls too: floor and roof
    variants,   ///< whatever is a timer
    tells_next  ///< timers whose next_deadline() may be called
};

template <class V>
struct workload {
    std::string name;
    std::vector<std::string> params;
    offered_by rows;
    std::unique_ptr<lab::batches> (*make)(const lab::request& what, rng random);
};

template <class Batches>
[[nodiscard]] std::unique_ptr<lab::batches> make_batches(const lab::request& what, rng random) {
    return std::make_unique<Batches>(what, random);
}

/// START or STOP, one class for both.
template <class V, bool Start>
[[nodiscard]] std::unique_ptr<lab::batches> make_half(const lab::request& what, rng random) {
    return std::make_unique<start_or_stop<V>>(what, random, Start);
}

template <class V>
[[nodiscard]] const std::vector<workload<V>>& workload_table() {
    using enum offered_by;
    static const std::vector<workload<V>> rows{
        {"start", {}, everyone, &make_half<V, true>},
        {"stop", {}, everyone, &make_half<V, false>},
        {"timeouts", {"ttl", "tick", "cancel", "worst"}, everyone, &make_timeouts<V>},
        {"restart", {"ttl", "tick", "ratio"}, everyone, &make_batches<restarts<V>>},
        {"tick", {"mode", "table"}, everyone, &make_batches<ticks<V>>},
        {"hold", {"dist", "worst"}, everyone, &make_batches<hold<V>>},
        {"poisson", {"dist"}, variants, &make_batches<poisson_starts<V>>},
        {"boundary", {}, variants, &make_batches<boundary_tick<V>>},
        {"storm", {"kind", "at", "base", "level", "worst"}, variants, &make_batches<storm<V>>},
        {"sparse", {"ttl", "tick", "jump"}, tells_next, &make_batches<sparse<V>>},
        {"threads", {"threads", "ttl", "tick"}, variants, &make_batches<threads<V>>},
        {"trace", {"file"}, variants, &make_batches<trace_replay<V>>},
        {"coalesce", {"ttl", "tick", "rearm"}, tells_next, &make_batches<coalesce<V>>},
        {"piercing", {}, tells_next, &make_batches<piercing<V>>},
        {"residue", {"ttl", "answer", "cancel"}, variants, &make_batches<residue<V>>},
        {"heap_lines", {"cache_kib", "mode"}, tells_next, &make_batches<heap_lines<V>>},
        {"accuracy", {}, tells_next, &make_batches<accuracy<V>>},
        {"lifetimes", {"timers", "part", "slots"}, variants, &make_lifetimes<V>},
        {"buckets", {"dist", "table", "mode"}, variants, &make_batches<buckets<V>>},
        {"rounding", {}, tells_next, &make_batches<rounding<V>>},
        {"call", {"op", "at"}, variants, &make_batches<single_call<V>>},
        {"next", {"how"}, tells_next, &make_batches<next_asked<V>>},
        {"gaps", {}, tells_next, &make_batches<gaps<V>>},
        {"triggers", {"work", "idle", "backup"}, tells_next, &make_batches<triggers<V>>},
        {"trigger_calls", {"work", "backup"}, tells_next, &make_batches<trigger_calls<V>>},
        {"ttl_classes", {"k", "op"}, variants, &make_batches<ttl_classes<V, false>>},
        {"ttl_count", {"timers", "op"}, variants, &make_batches<ttl_classes<V, true>>},
    };
    return rows;
}

}  // namespace cyclone::timer
