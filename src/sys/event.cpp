// eventfd, read, write and poll with the interrupted calls repeated.

#include "sys/event.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sys/errno.hpp"

namespace cyclone::sys {

namespace {

/// There is nobody to tell and nothing to go on with: who waits would wait for ever.
[[noreturn]] void broken(const char* call, int number) noexcept {
    std::fprintf(stderr, "eventfd: %s failed with errno %d: is it open, and nobody else's?\n", call,
                 number);
    std::abort();
}

}  // namespace

event::~event() {
    if (fd_ >= 0) ::close(fd_);
}

result<void> event::open(counting how) {
    const int fd =
        ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | (how == counting::all ? 0 : EFD_SEMAPHORE));
    if (fd < 0) return fail_errno(errno, "cannot make an eventfd");
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
    return {};
}

int event::try_post(std::uint64_t n) noexcept {
    if (::write(fd_, &n, sizeof n) == sizeof n) return 0;
    if (errno != EINTR && errno != EAGAIN) broken("write", errno);
    return errno;
}

void event::post(std::uint64_t n) noexcept {
    while (try_post(n) == EINTR) {
    }
}

std::uint64_t event::try_take() noexcept {
    std::uint64_t n = 0;
    while (::read(fd_, &n, sizeof n) != sizeof n) {
        if (errno == EAGAIN) return 0;
        if (errno != EINTR) broken("read", errno);
    }
    return n;
}

void event::wait() noexcept {
    pollfd watched{.fd = fd_, .events = POLLIN, .revents = 0};
    while (::poll(&watched, 1, -1) < 0) {
        if (errno != EINTR) broken("poll", errno);
    }
    if ((watched.revents & POLLIN) == 0) broken("poll", EBADF);
}

std::uint64_t event::take() noexcept {
    for (;;) {
        wait();
        if (const std::uint64_t n = try_take(); n != 0) return n;
    }
}

}  // namespace cyclone::sys
