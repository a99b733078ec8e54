#pragma once
// What the kernel knows about this process, and where it may run.
// Thread safety: all functions from any thread.

#include <cstdint>

#include "base/error.hpp"

namespace cyclone::sys {

// Running totals of the whole process, ended threads included. One process is one sample, so
// whatever any of its threads suffered belongs to the sample.
struct usage {
    std::int64_t ctx_voluntary = 0;    // gave up the core to wait
    std::int64_t ctx_involuntary = 0;  // lost the core to somebody else
    std::int64_t faults_minor = 0;     // page faults served without a disk
    std::int64_t cpu_ns = 0;           // user and kernel time of all threads
    std::int64_t faults_major = 0;     // page faults that waited for a disk

    friend usage operator-(const usage& later, const usage& earlier) noexcept {
        return {later.ctx_voluntary - earlier.ctx_voluntary,
                later.ctx_involuntary - earlier.ctx_involuntary,
                later.faults_minor - earlier.faults_minor, later.cpu_ns - earlier.cpu_ns,
                later.faults_major - earlier.faults_major};
    }
};

// The totals now. Two system calls, under a microsecond.
result<usage> process_usage();

// Binds the calling thread to one CPU; threads it starts later inherit that.
// invalid_argument when the CPU does not exist or is outside the set allowed to this process.
result<void> pin_to_cpu(unsigned cpu);

// Lets the kernel kill this process when its parent ends, so that a measuring process never
// outlives who asked for it. Fails with `closed` when the parent is gone already: if it is not
// `parent`, or, where that is 0, if it is process 1, which takes in orphans. A caller that may be
// process 1 itself, as in a container, gives its number.
// The kernel means the thread that started this process: it must live as long as the process.
result<void> die_with_parent(int parent = 0);

}  // namespace cyclone::sys
