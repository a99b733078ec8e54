// How many system calls a piece of code makes: the kernel's tracepoint raw_syscalls:sys_enter,
// counted exactly, without the calls that switch the counting on and off.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "sys/counters.hpp"

namespace cyclone::sys {

/// Where the kernel numbers its tracepoints; tracefs is mounted at one of these, or at none.
const std::vector<std::filesystem::path>& tracing_roots();

/// The number of raw_syscalls:sys_enter, or why there is none.
figure syscall_event_id(const std::vector<std::filesystem::path>& roots = tracing_roots());

/// Counts the system calls of this process and of the threads it starts later, between start() and
/// stop(). Thread safety: none.
class syscall_counter {
 public:
    /// Opens, and counts three empty regions to learn what a region adds of its own (the call in
    /// stop()). Fails with the reason in words.
    static std::expected<syscall_counter, std::string> open(
        const event_kernel& kernel = k_event_kernel,
        const std::vector<std::filesystem::path>& roots = tracing_roots());

    void start() noexcept { counter_.start(); }
    void stop() noexcept {
        counter_.stop();
        ++regions_;
    }
    [[nodiscard]] figure total() const;

 private:
    explicit syscall_counter(event_counter&& counter) noexcept : counter_(std::move(counter)) {}

    event_counter counter_;
    std::uint64_t regions_ = 0;
    std::uint64_t own_ = 0;  // calls that an empty region counts
};

}  // namespace cyclone::sys
