// getrusage, sched_setaffinity and prctl with errors as values.

#include "sys/process.hpp"

#include <cerrno>
#include <csignal>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "sys/errno.hpp"

namespace cyclone::sys {

result<usage> process_usage() {
    rusage raw{};
    if (::getrusage(RUSAGE_SELF, &raw) != 0) return fail_errno(errno, "cannot read rusage");
    return usage{raw.ru_nvcsw, raw.ru_nivcsw, raw.ru_minflt, clock::process_cpu_ns(),
                 raw.ru_majflt};
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

result<void> die_with_parent(int parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        return fail_errno(errno, "cannot ask to die with the parent");
    }
    // Looked at after the call: a parent that ended before it sends no signal any more.
    const int now = ::getppid();
    if (parent == 0 ? now != 1 : now == parent) return {};
    return fail(error_code::closed,
                parent == 0 ? "the parent has ended (it is process 1 now); if process 1 is the "
                              "real parent, give its number"
                            : "the parent " + std::to_string(parent) + " has ended: it is " +
                                  std::to_string(now) + " now");
}

}  // namespace cyclone::sys
