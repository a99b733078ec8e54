// The tracepoint is found in tracefs by name; mounting tracefs is the business of the machine's
// owner.

#include "sys/syscalls.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <linux/perf_event.h>
#include <utility>

namespace cyclone::sys {

const std::vector<std::filesystem::path>& tracing_roots() {
    static const std::vector<std::filesystem::path> roots{"/sys/kernel/tracing",
                                                          "/sys/kernel/debug/tracing"};
    return roots;
}

figure syscall_event_id(const std::vector<std::filesystem::path>& roots) {
    for (const auto& root : roots) {
        std::ifstream in(root / "events/raw_syscalls/sys_enter/id");
        std::uint64_t id = 0;
        if (in >> id) return id;
    }
    return std::unexpected(
        "no tracepoint raw_syscalls:sys_enter to read; as root: mount -t tracefs tracefs "
        "/sys/kernel/tracing");
}

std::expected<syscall_counter, std::string> syscall_counter::open(
    const event_kernel& kernel, const std::vector<std::filesystem::path>& roots) {
    const figure id = syscall_event_id(roots);
    if (!id) return std::unexpected(id.error());
    auto counter = event_counter::open({PERF_TYPE_TRACEPOINT, *id, false}, kernel);
    if (!counter) return std::unexpected(std::move(counter).error());
    syscall_counter out(std::move(*counter));
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (int i = 0; i < 3; ++i) {  // another thread can only add
        out.counter_.forget();
        out.counter_.start();
        out.counter_.stop();
        const figure own = out.counter_.total();
        if (!own) return std::unexpected(own.error());
        least = std::min(least, *own);
    }
    out.counter_.forget();
    out.own_ = least;
    return out;
}

figure syscall_counter::total() const {
    const figure all = counter_.total();
    if (!all) return all;
    const std::uint64_t own = own_ * regions_;
    if (*all < own) return std::unexpected("counted fewer calls than the counting itself makes");
    return *all - own;
}

}  // namespace cyclone::sys
