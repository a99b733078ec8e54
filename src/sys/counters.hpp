// The kernel's event counters (perf_event_open), asked one by one: what a machine does not have is
// left out with its reason and takes nothing else down with it. As JMH's perfnorm does, each event
// is tried for itself; no groups, which are refused as a whole and cannot be inherited by threads.
//
// Counted is what this process and the threads that it starts later do between start() and stop().
// Thread safety: none; a counter belongs to one thread, though it counts all of them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::sys {

/// A figure, or in words why there is none. Unknown is never 0.
using figure = std::expected<std::uint64_t, std::string>;

enum class event : std::uint8_t {
    instructions,  // these four need a PMU and count user space
    cycles,
    branch_misses,
    cache_misses,
    task_clock_ns,  // these four the kernel keeps itself
    context_switches,
    migrations,
    page_faults,
};

std::string_view name_of(event what) noexcept;
bool needs_pmu(event what) noexcept;

/// What is to be counted, in the kernel's numbers.
struct event_spec {
    std::uint32_t type = 0;
    std::uint64_t config = 0;
    bool user_only = true;  ///< what happens inside the kernel is only seen without this
};

/// What the kernel answers to a read: ns enabled and ns really counting, running totals.
struct event_reading {
    std::uint64_t value = 0;
    std::uint64_t enabled_ns = 0;
    std::uint64_t running_ns = 0;
};

/// The four calls, so that a test can be the kernel. Failure is a negative errno.
struct event_kernel {
    int (*open)(const event_spec& what);  ///< a descriptor; the event is disabled
    int (*enable)(int fd, bool on);
    int (*read)(int fd, event_reading& out);
    void (*close)(int fd);
};

/// The real one.
extern const event_kernel k_event_kernel;

/// One event. start() and stop() are one system call each; stop()'s own call is still counted by
/// an event that counts system calls.
class event_counter {
 public:
    /// Fails with the reason in words when the kernel does not offer the event.
    static std::expected<event_counter, std::string> open(
        const event_spec& what, const event_kernel& kernel = k_event_kernel);
    event_counter(event_counter&& other) noexcept
        : kernel_(other.kernel_),
          fd_(std::exchange(other.fd_, -1)),
          base_(other.base_),
          failed_(other.failed_) {}
    event_counter& operator=(event_counter&&) = delete;
    ~event_counter() {
        if (fd_ >= 0) kernel_->close(fd_);
    }

    void start() noexcept { note(kernel_->enable(fd_, true)); }
    void stop() noexcept { note(kernel_->enable(fd_, false)); }
    /// Totals count from here. The kernel's own reset forgets ended threads' shares, hence a base.
    void forget() noexcept { note(kernel_->read(fd_, base_)); }

    /// Counted since forget(). Where the hardware was shared among too many events, scaled up by
    /// enabled over running time.
    [[nodiscard]] figure total() const;
    /// Which share of the enabled time was really counted; 1 if nothing was enabled.
    [[nodiscard]] double running_share() const;

 private:
    event_counter(const event_kernel& kernel, int fd) noexcept : kernel_(&kernel), fd_(fd) {}
    void note(int status) noexcept {
        if (status < 0 && failed_ == 0) failed_ = status;
    }
    [[nodiscard]] int since_base(event_reading& out) const noexcept;

    const event_kernel* kernel_;
    int fd_;
    event_reading base_;
    int failed_ = 0;  // the first negative errno of a call that has no way to say so
};

event_spec spec_of(event what) noexcept;

/// What a ladder found: the rung, the figures in the order asked for, and why not more.
struct ladder_reading {
    std::string rung = "none";  ///< pmu, software or none: the best that counted
    std::string why;            ///< what is missing or scaled, and the reason; empty if nothing
    std::vector<std::pair<event, figure>> figures;
};

/// Several events, each on its own.
class event_ladder {
 public:
    explicit event_ladder(const std::vector<event>& wanted,
                          const event_kernel& kernel = k_event_kernel);

    void start() noexcept;
    void stop() noexcept;
    void forget() noexcept;
    [[nodiscard]] ladder_reading read() const;

 private:
    std::vector<std::pair<event, std::expected<event_counter, std::string>>> rungs_;
};

}  // namespace cyclone::sys
