// perf_event_open and the arithmetic around it.

#include "sys/counters.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/errno.hpp"

namespace cyclone::sys {

namespace {

int kernel_open(const event_spec& what) {
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = what.type;
    attr.config = what.config;
    attr.disabled = 1;
    attr.inherit = 1;  // threads started later count too
    attr.exclude_hv = 1;
    attr.exclude_kernel = what.user_only ? 1 : 0;
    attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    const long fd = ::syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : static_cast<int>(fd);
}

int kernel_enable(int fd, bool on) {
    return ::ioctl(fd, on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0) < 0 ? -errno : 0;
}

int kernel_read(int fd, event_reading& out) {
    static_assert(sizeof out == 3 * sizeof(std::uint64_t), "the layout of read_format");
    const ssize_t got = ::read(fd, &out, sizeof out);
    if (got < 0) return -errno;
    return got == static_cast<ssize_t>(sizeof out) ? 0 : -EIO;
}

void kernel_close(int fd) { ::close(fd); }

/// "EACCES (Permission denied)", and what to do about it.
std::string in_words(int number) {
    std::string text = fail_errno(number, "").error().message.substr(2);
    if (number == EACCES || number == EPERM) {
        return text + "; lower /proc/sys/kernel/perf_event_paranoid or grant CAP_PERFMON";
    }
    if (number == ENOENT || number == EOPNOTSUPP || number == ENODEV) {
        return text + "; this processor or kernel does not offer it";
    }
    return text;
}

}  // namespace

const event_kernel k_event_kernel{kernel_open, kernel_enable, kernel_read, kernel_close};

std::string_view name_of(event what) noexcept {
    switch (what) {
        case event::instructions: return "instructions";
        case event::cycles: return "cycles";
        case event::branch_misses: return "branch_misses";
        case event::cache_misses: return "cache_misses";
        case event::task_clock_ns: return "task_clock_ns";
        case event::context_switches: return "context_switches";
        case event::migrations: return "migrations";
        case event::page_faults: break;
    }
    return "page_faults";
}

bool needs_pmu(event what) noexcept { return what <= event::cache_misses; }

event_spec spec_of(event what) noexcept {
    constexpr std::uint32_t hard = PERF_TYPE_HARDWARE;
    constexpr std::uint32_t soft = PERF_TYPE_SOFTWARE;
    switch (what) {
        case event::instructions: return {hard, PERF_COUNT_HW_INSTRUCTIONS};
        case event::cycles: return {hard, PERF_COUNT_HW_CPU_CYCLES};
        case event::branch_misses: return {hard, PERF_COUNT_HW_BRANCH_MISSES};
        case event::cache_misses: return {hard, PERF_COUNT_HW_CACHE_MISSES};
        case event::task_clock_ns: return {soft, PERF_COUNT_SW_TASK_CLOCK};
        // The scheduler acts inside the kernel: counted in user space these two are always 0.
        case event::context_switches: return {soft, PERF_COUNT_SW_CONTEXT_SWITCHES, false};
        case event::migrations: return {soft, PERF_COUNT_SW_CPU_MIGRATIONS, false};
        case event::page_faults: break;
    }
    return {soft, PERF_COUNT_SW_PAGE_FAULTS};
}

std::expected<event_counter, std::string> event_counter::open(const event_spec& what,
                                                              const event_kernel& kernel) {
    const int fd = kernel.open(what);
    if (fd < 0) return std::unexpected(in_words(-fd));
    return event_counter(kernel, fd);
}

int event_counter::since_base(event_reading& out) const noexcept {
    if (failed_ < 0) return failed_;
    if (const int status = kernel_->read(fd_, out); status < 0) return status;
    out.value -= base_.value;
    out.enabled_ns -= base_.enabled_ns;
    out.running_ns -= base_.running_ns;
    return 0;
}

figure event_counter::total() const {
    event_reading now;
    if (const int status = since_base(now); status < 0) return std::unexpected(in_words(-status));
    if (now.running_ns >= now.enabled_ns) return now.value;
    if (now.running_ns == 0) {
        return std::unexpected("never got onto the hardware; another user holds its counters");
    }
    const double scale = static_cast<double>(now.enabled_ns) / static_cast<double>(now.running_ns);
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(now.value) * scale));
}

double event_counter::running_share() const {
    event_reading now;
    if (since_base(now) < 0 || now.enabled_ns == 0) return 1;
    return static_cast<double>(now.running_ns) / static_cast<double>(now.enabled_ns);
}

event_ladder::event_ladder(const std::vector<event>& wanted, const event_kernel& kernel) {
    rungs_.reserve(wanted.size());
    for (const event what : wanted) {
        rungs_.emplace_back(what, event_counter::open(spec_of(what), kernel));
    }
}

void event_ladder::start() noexcept {
    for (auto& [what, counter] : rungs_) {
        if (counter) counter->start();
    }
}

void event_ladder::stop() noexcept {
    for (auto& [what, counter] : rungs_) {
        if (counter) counter->stop();
    }
}

void event_ladder::forget() noexcept {
    for (auto& [what, counter] : rungs_) {
        if (counter) counter->forget();
    }
}

ladder_reading event_ladder::read() const {
    ladder_reading out;
    std::vector<std::pair<std::string, std::string>> notes;  // reason, names; in order of meeting
    const auto note = [&](const std::string& reason, event what) {
        for (auto& [known, names] : notes) {
            if (known == reason) {
                names += ", " + std::string(name_of(what));
                return;
            }
        }
        notes.emplace_back(reason, name_of(what));
    };
    // A virtual machine may offer counters that stand still. Nothing runs in 0 cycles, and where
    // those stand still a 0 of their neighbours is no count either.
    const bool still = std::ranges::any_of(rungs_, [](const auto& rung) {
        const auto& [what, counter] = rung;
        const bool always = what == event::instructions || what == event::cycles;
        return always && counter && counter->total() == figure{0};
    });
    for (const auto& [what, counter] : rungs_) {
        figure got = counter ? counter->total() : std::unexpected(counter.error());
        if (got && *got == 0 && still && needs_pmu(what)) {
            got = std::unexpected("stands still on this machine");
        }
        if (!got) {
            note(got.error(), what);
        } else if (needs_pmu(what)) {
            out.rung = "pmu";
        } else if (out.rung == "none") {
            out.rung = "software";
        }
        if (got && counter->running_share() < 1) {
            const auto percent = std::lround(100 * counter->running_share());
            note("scaled up, counted " + std::to_string(percent) + " % of the time", what);
        }
        out.figures.emplace_back(what, std::move(got));
    }
    for (const auto& [reason, names] : notes) {
        out.why += (out.why.empty() ? "" : "; ") + names + ": " + reason;
    }
    return out;
}

}  // namespace cyclone::sys
