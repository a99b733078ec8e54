#pragma once
// The only place that reads a clock. Components never do: time is an argument there, which is what
// lets a simulator replay them. Users are the lab, the servers' outermost loop and the tests.
//
// All values are nanoseconds in a signed 64-bit integer (292 years), so that differences are safe.
// Thread safety: all functions from any thread. None can fail on Linux; the assertion says so.

#include <cstdint>
#include <ctime>

#include "base/assert.hpp"

namespace cyclone::clock {

namespace detail {
inline std::int64_t read_ns(clockid_t id) {
    timespec now{};
    [[maybe_unused]] const int status = ::clock_gettime(id, &now);
    CYCLONE_ASSERT(status == 0);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}
}  // namespace detail

// Never goes back; its zero means nothing (boot, usually). For durations. About 20 ns a call.
inline std::int64_t monotonic_ns() { return detail::read_ns(CLOCK_MONOTONIC); }

// Processor time of the calling thread; stands still while it is off the core. A system call,
// about 300 ns: read it around a batch, never around one operation.
inline std::int64_t thread_cpu_ns() { return detail::read_ns(CLOCK_THREAD_CPUTIME_ID); }

// Processor time of all threads of the process, ended ones included.
inline std::int64_t process_cpu_ns() { return detail::read_ns(CLOCK_PROCESS_CPUTIME_ID); }

// An instant of the processor's counter, read when everything before it is done and its stores are
// seen by all, and before anything after it begins: for intervals that other cores' intervals are
// compared with. Its unit is the machine's. About 20 ns. Cores agree where the kernel itself uses
// the counter (.../clocksource0/current_clocksource says "tsc"; on aarch64 always).
inline std::uint64_t ordered_ticks() noexcept {
#if defined(__x86_64__)
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    asm volatile("mfence\n\tlfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return std::uint64_t{high} << 32 | low;
#elif defined(__aarch64__)
    std::uint64_t ticks = 0;
    asm volatile("dsb ish\n\tisb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks) : : "memory");
    return ticks;
#else
    return static_cast<std::uint64_t>(monotonic_ns());
#endif
}

// Nanoseconds since 1970 UTC. For labels only: it may be set back.
inline std::int64_t realtime_ns() { return detail::read_ns(CLOCK_REALTIME); }

}  // namespace cyclone::clock
