// getrusage and sched_setaffinity with errors as values.

#include "sys/process.hpp"

#include <cerrno>
#include <sched.h>
#include <string>
#include <sys/resource.h>

#include "base/clock.hpp"
#include "sys/errno.hpp"

namespace cyclone::sys {

result<usage> process_usage() {
    rusage raw{};
    if (::getrusage(RUSAGE_SELF, &raw) != 0) return fail_errno(errno, "cannot read rusage");
    return usage{raw.ru_nvcsw, raw.ru_nivcsw, raw.ru_minflt, clock::process_cpu_ns()};
}

result<void> pin_to_cpu(unsigned cpu) {
    if (cpu >= CPU_SETSIZE) {
        return fail(error_code::invalid_argument, "cannot pin to CPU " + std::to_string(cpu) +
                                                      ": CPUs here are below " +
                                                      std::to_string(CPU_SETSIZE));
    }
    cpu_set_t only{};
    CPU_SET(cpu, &only);
    if (::sched_setaffinity(0, sizeof only, &only) != 0) {
        return fail_errno(errno, "cannot pin to CPU " + std::to_string(cpu) +
                                     "; it must be online and allowed to this process");
    }
    return {};
}

}  // namespace cyclone::sys
