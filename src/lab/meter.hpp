#pragma once
// Wall time and software counters around a piece of code.

#include <cstdint>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "sys/process.hpp"

namespace cyclone::lab {

struct reading {
    std::int64_t wall_ns = 0;
    sys::usage sw;  // of the whole process, while the body ran
};

// Runs `body` once and says what it took. The clock is read innermost, so the system calls for the
// counters are not in wall_ns; they are in cpu_ns (about a microsecond). Fails without running the
// body when the counters cannot be read.
template <class F>
result<reading> measure(F&& body) {
    CYCLONE_TRY(const sys::usage before, sys::process_usage());
    const std::int64_t begin = clock::monotonic_ns();
    std::forward<F>(body)();
    const std::int64_t end = clock::monotonic_ns();
    CYCLONE_TRY(const sys::usage after, sys::process_usage());
    return reading{end - begin, after - before};
}

}  // namespace cyclone::lab
