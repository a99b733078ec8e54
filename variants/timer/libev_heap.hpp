// Peer: libev's timers, an implicit 4-heap with cached keys, driven through ev_run().
//
// Source      libev 4.33, ev.c (4HEAP, HEAP_CACHE_AT)
// Cost        START, STOP O(log n); the loop offers no next deadline; grows its array at times
// Accuracy    exact for ticks below 2^51: it keeps time in doubles, and a tick is one second here
// RESTART of a pending timer is ev_timer_again(), which moves it within the heap: 104 instructions
// at 1000 timers (driver included, callgrind) where stop and start are 183. The price is paid by a
// timer that fires after a RESTART: libev takes it for a repeating one, so it is placed once more
// and stopped as it fires. An idle timer is started, which is cheaper than repeating it.
// libev fires what lies strictly before now, so its clock stands half a tick ahead of ours.
// Its clock and epoll_wait() are ours (see libev_heap.cmake): no operation makes a system call. A
// tick still pays for one turn of ev_run(), since libev offers no smaller step.
#pragma once

#include <ev.h>
#include <sys/time.h>
#include <time.h>

#include "timer/timer.hpp"

struct epoll_event;

namespace cyclone::timer::detail {
/// What libev reads as every clock of this thread: whole seconds are ticks, plus half a one.
inline constinit thread_local tick libev_now = 0;
}  // namespace cyclone::timer::detail

extern "C" {
[[gnu::used]] inline int cyclone_libev_clock_gettime(clockid_t, timespec* out) {
    out->tv_sec = static_cast<time_t>(cyclone::timer::detail::libev_now);
    out->tv_nsec = 500'000'000;
    return 0;
}
[[gnu::used]] inline int cyclone_libev_gettimeofday(timeval* out, void*) {
    out->tv_sec = static_cast<time_t>(cyclone::timer::detail::libev_now);
    out->tv_usec = 500'000;
    return 0;
}
[[gnu::used]] inline int cyclone_libev_epoll_wait(int, epoll_event*, int, int) { return 0; }
}

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class libev_heap {
 public:
    struct node : entry {
        node() noexcept { ev_init(&watcher, &libev_heap::on_fire); }
        ev_timer watcher{};
    };

    static constexpr traits k_traits{.fire_order = order::by_deadline,
                                     .next = next_kind::none,
                                     .start = growth::log_n,
                                     .stop = growth::log_n,
                                     .horizon = tick{1} << 51};

    explicit libev_heap(tick now) : now_(now) {
        detail::libev_now = now;
        loop_ = ev_loop_new(static_cast<unsigned>(EVBACKEND_EPOLL) |
                            static_cast<unsigned>(EVFLAG_NOENV));
        if (loop_ == nullptr) std::abort();  // out of file descriptors or memory
        ev_set_userdata(loop_, this);
    }
    libev_heap(const libev_heap&) = delete;
    libev_heap& operator=(const libev_heap&) = delete;
    ~libev_heap() {
        closing_ = true;  // libev cannot list its timers: let them all expire into on_fire()
        if (size_ > 0) run(k_traits.horizon);
        ev_loop_destroy(loop_);
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_, k_traits.horizon));
        timer.watcher.data = &timer;
        ev_timer_set(&timer.watcher, static_cast<double>(timer.deadline() - now_) - 0.5, 0.0);
        ev_timer_start(loop_, &timer.watcher);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        ev_timer_stop(loop_, &timer.watcher);
        timer.set_idle();
        --size_;
        return true;
    }

    void restart(node& timer, tick deadline) {
        if (!timer.pending()) return start(timer, deadline);
        timer.set_deadline(effective_deadline(deadline, now_, k_traits.horizon));
        timer.watcher.repeat = static_cast<double>(timer.deadline() - now_) - 0.5;
        ev_timer_again(loop_, &timer.watcher);  // moves it within the heap, and leaves it repeating
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_traits.horizon);
        now_ = to;
        fired_ = 0;
        run(to);
        return fired_;
    }

    [[nodiscard]] tick next_deadline() const { return k_never; }  // declared: none
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] no_work work() const noexcept { return {}; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }
    [[nodiscard]] std::string check() const { return {}; }  // a closed box

 private:
    void run(tick to) {
        detail::libev_now = to;
        ev_run(loop_, EVRUN_NOWAIT);
    }

    static void on_fire(struct ev_loop* loop, ev_timer* watcher, int) {
        auto& here = *static_cast<libev_heap*>(ev_userdata(loop));
        auto& timer = *static_cast<node*>(watcher->data);
        if (watcher->repeat > 0) ev_timer_stop(loop, watcher);  // see restart(): we fire once
        --here.size_;
        ++here.fired_;
        if (here.closing_) return timer.set_idle();
        timer.fire();
    }

    struct ev_loop* loop_ = nullptr;
    std::size_t size_ = 0;
    std::size_t fired_ = 0;
    tick now_;
    bool closing_ = false;
};

}  // namespace cyclone::timer
