// The kernel's event counter (eventfd(2)): a number that anybody adds to, and on which a thread can
// sleep until it is not 0. What tells it from a word in memory is its descriptor, which epoll can
// watch beside sockets.
//
// Cost        each call is one system call; take() two, or three where a signal comes between
// Errors      open() says what the kernel lacks. After that only what the caller must decide is
//             told: try_post() returns the errno of a write that did not happen. Any other failure
//             is a broken descriptor, and ends the program with a message
// Memory      the kernel's lock around the number orders a post before the take that gets it
// Thread-safety: any thread may post; take() and try_take() too, and each count is got by one.
#pragma once

#include <cstdint>

#include "base/error.hpp"

namespace cyclone::sys {

class event {
 public:
    enum class counting : std::uint8_t {
        all,         ///< a take gets the whole number and leaves 0
        one_by_one,  ///< a take gets 1 (EFD_SEMAPHORE)
    };

    event() = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;
    ~event();

    /// Once, before anything else. resource_exhausted when descriptors have run out.
    [[nodiscard]] result<void> open(counting how = counting::all);

    /// Adds n, or returns why not: EINTR, nothing was added; EAGAIN, the number is at its end
    /// (2^64 - 2), so that whoever waits is awake already. 0 when it was added.
    [[nodiscard]] int try_post(std::uint64_t n) noexcept;
    /// Adds n. A number at its end stays there.
    void post(std::uint64_t n) noexcept;

    /// Takes the number if it is not 0, else returns 0.
    [[nodiscard]] std::uint64_t try_take() noexcept;
    /// Sleeps until the number is not 0, and leaves it.
    void wait() noexcept;
    /// Sleeps until there is a number to take.
    std::uint64_t take() noexcept;

    /// Readable while the number is not 0. -1 before open().
    [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
    int fd_ = -1;
};

}  // namespace cyclone::sys
