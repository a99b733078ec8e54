// How one sample is taken, once the command line has been read.
#pragma once

#include "base/error.hpp"
#include "lab/bench.hpp"
#include "lab/sample.hpp"

namespace cyclone::lab {

/// Measures one workload under one meter, in this process, on this thread. Sets all of a sample but
/// main_ns. Throws usage_error when the request is beyond the subject or the frame. One call a
/// process is the rule; calls in turn work, for the tests.
result<sample> take_sample(const bench_subject& what, const request& asked);

}  // namespace cyclone::lab
