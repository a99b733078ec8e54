#pragma once
// One sample: what a process that measured one cell once prints, as one line of JSON.
// The fields and their names are those of the benchmark output that the measuring side reads.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/work.hpp"
#include "sys/process.hpp"

namespace cyclone::lab {

struct sample {
    std::string component;
    std::string variant;
    std::string workload;
    std::uint64_t n = 0;                        // size of the workload
    std::map<std::string, std::string> params;  // as given on the command line
    std::uint64_t seed = 0;
    std::string meter;                           // time, work or instructions
    std::uint64_t ops = 0;                       // operations in the measured region
    std::optional<double> ns_per_op;             // meter=time only
    std::optional<std::vector<double>> iter_ns;  // ns an operation of each batch, in order
    std::optional<work_totals> work;             // totals; meter=work only, absent for peers
    std::map<std::string, double> values;        // figures of this workload
    std::uint64_t result_hash = 0;               // of what the operations computed
    sys::usage sw;                               // deltas over the measured region
};

// One JSON object, no newline, keys in a fixed order. Doubles are written so that reading gives
// the same double; what JSON cannot say (NaN, infinity) and what is absent becomes null; bytes
// that are not UTF-8 are replaced. The hash is 16 hexadecimal digits.
std::string to_json(const sample& s);

}  // namespace cyclone::lab
