#pragma once
// One sample: what a process that measured one cell once prints, as one line of JSON.
// The fields and their names are those of the benchmark output that the measuring side reads.

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/work.hpp"
#include "lab/records.hpp"
#include "sys/counters.hpp"
#include "sys/process.hpp"

namespace cyclone::lab {

// Event counters of the kernel, and which part of the process they cover.
struct counter_record {
    sys::ladder_reading read;
    std::string covers;
};

// What the operations asked of the system; totals over `ops`.
struct system_record {
    sys::figure allocations;
    sys::figure allocated_bytes;
    sys::figure syscalls;
};

struct sample {
    std::string component;
    std::string variant;
    std::string workload;
    std::uint64_t n = 0;                        // size of the workload
    std::map<std::string, std::string> params;  // as given on the command line
    std::uint64_t seed = 0;
    std::string meter;                           // time, work, instructions or system
    std::uint64_t ops = 0;                       // operations in the measured region
    std::optional<double> ns_per_op;             // meter=time only
    std::optional<std::vector<double>> iter_ns;  // ns an operation of each batch, in order
    std::optional<work_totals> work;             // totals; meter=work only, absent for peers
    std::map<std::string, double> values;        // figures of this workload
    std::uint64_t result_hash = 0;               // of what the operations computed
    sys::usage sw;                               // deltas over warm-up and measured batches
    // Over the same; printed with sw, null while unknown.
    sys::figure migrations = std::unexpected(std::string("not counted"));
    std::int64_t main_ns = 0;       // from the entry of main to printing
    std::int64_t warmup_ns = 0;     // batches and trials that were not kept
    std::optional<double> planted;  // share of extra time that was planted
    counter_record counters;
    std::optional<latency_record> latency;
    std::vector<thread_record> threads;   // empty for workloads of one thread
    std::optional<system_record> system;  // meter=system only
};

// One JSON object, no newline, keys in a fixed order. Doubles are written so that reading gives
// the same double; what JSON cannot say (NaN, infinity) and what does not apply becomes null; a
// figure that applies but cannot be had is "unavailable", with the reason beside it; bytes that are
// not UTF-8 are replaced. The hash is 16 hexadecimal digits.
std::string to_json(const sample& s);

}  // namespace cyclone::lab
