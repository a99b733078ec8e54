// An epoll descriptor and what it watches. A shared inner piece; not a variant.
#pragma once

#include <array>
#include <span>
#include <sys/epoll.h>

#include "variants/sleep/wake_channel.hpp"

namespace cyclone::sleep {

/// Level-triggered; the descriptor itself is the event's data.
class epoll_set {
 public:
    [[nodiscard]] result<void> open() {
        if (!fd_.hold(::epoll_create1(EPOLL_CLOEXEC))) return fail_call("epoll_create1", errno);
        return {};
    }
    [[nodiscard]] result<void> watch(int fd) {
        epoll_event what{};
        what.events = EPOLLIN;
        what.data.fd = fd;
        if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &what) != 0)
            return fail_call("epoll_ctl", errno);
        return {};
    }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
    descriptor fd_;
};

}  // namespace cyclone::sleep
