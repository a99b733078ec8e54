// What the libevent peers share: an event base whose clock is in hand, and timers on it.
//
// A tick is one second of libevent's, so every deadline is whole seconds and exact up to
// k_tick_max. libevent_heap.cmake renames its clocks and its epoll_wait() to the functions below:
// a start reads the clock through them, and a turn of the loop makes no system call. The base takes
// no lock, reads no environment and, without the flag for precise timers, needs no timerfd.
//
// With Common, a duration gets a queue of its own (event_base_init_common_timeout) when a timer is
// first started with it, until the 256 that libevent allows are taken; later durations go through
// the heap, as all do without Common. A server names its durations once; what stands for that here
// is a small table from duration to queue.
//
// Mutant 1: a start gives the deadline for the distance. Mutant 2: STOP leaves the event in the
// loop. Mutant 3: the loop's clock stands a tick behind. Mutant 4, with Common: the table compares
// the place and not the duration.
#pragma once

#include <array>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <new>
#include <sys/time.h>
#include <time.h>

#include "timer/timer.hpp"

struct epoll_event;

namespace cyclone::timer::detail {
/// What libevent reads as every clock of this thread, in whole seconds, which are ticks.
inline constinit thread_local tick libevent_now = 0;
/// Timers fired in the turn of the loop that runs on this thread.
inline constinit thread_local std::size_t libevent_fired = 0;
}  // namespace cyclone::timer::detail

extern "C" {
[[gnu::used]] inline int cyclone_libevent_clock_gettime(clockid_t, timespec* out) {
    *out = {static_cast<time_t>(cyclone::timer::detail::libevent_now), 0};
    return 0;
}
[[gnu::used]] inline int cyclone_libevent_gettimeofday(timeval* out, void*) {
    *out = {static_cast<time_t>(cyclone::timer::detail::libevent_now), 0};
    return 0;
}
[[gnu::used]] inline int cyclone_libevent_epoll_wait(int, epoll_event*, int, int) { return 0; }
}

namespace cyclone::timer {

template <bool Common, class Work, int Mutant>
class libevent_core {
 public:
    struct node : entry {
        using entry::entry;
        event watcher{};
    };

    /// A due queue is emptied after the timers of the heap that are due, whatever their deadlines.
    static constexpr traits k_traits{.fire_order = Common ? order::unordered : order::by_deadline,
                                     .next = next_kind::none,
                                     .start = growth::log_n,
                                     .stop = growth::log_n};

    explicit libevent_core(tick now) : now_(now) {
        detail::libevent_now = now;
        event_config* const config = event_config_new();
        if (config != nullptr) {
            event_config_require_features(config, EV_FEATURE_O1);  // epoll, whose wait is ours
            event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
            event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
            base_ = event_base_new_with_config(config);
            event_config_free(config);
        }
        if (base_ == nullptr) std::abort();  // out of file descriptors or memory
    }
    libevent_core(const libevent_core&) = delete;
    libevent_core& operator=(const libevent_core&) = delete;
    ~libevent_core() {
        if (size_ > 0) event_base_foreach_event(base_, &libevent_core::make_idle, nullptr);
        event_base_free(base_);  // takes what is pending off
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        const tick at = effective_deadline(deadline, now_);
        if (timer.watcher.ev_base != base_)
            event_assign(&timer.watcher, base_, -1, 0, &libevent_core::on_fire, &timer);
        place(timer, at);  // may throw: the node must still be idle then
        timer.set_deadline(at);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        if constexpr (Mutant != 2) event_del(&timer.watcher);
        timer.set_idle();
        --size_;
        return true;
    }

    void restart(node& timer, tick deadline) {
        if (!timer.pending()) return start(timer, deadline);
        const tick at = effective_deadline(deadline, now_);
        place(timer, at);  // event_add() moves an event that is pending
        timer.set_deadline(at);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        detail::libevent_now = Mutant == 3 && to > 0 ? to - 1 : to;
        detail::libevent_fired = 0;
        event_base_loop(base_, EVLOOP_NONBLOCK | EVLOOP_ONCE);
        size_ -= detail::libevent_fired;
        return detail::libevent_fired;
    }

    [[nodiscard]] tick next_deadline() const { return k_never; }  // declared: none
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] no_work work() const noexcept { return {}; }
    /// Without what libevent allocates for itself.
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }
    [[nodiscard]] std::string check() const { return {}; }  // a closed box

 private:
    static constexpr std::size_t k_queues = 256;  // MAX_COMMON_TIMEOUTS of libevent's event.c
    static constexpr unsigned k_table_bits = 10;  // four places a queue, so that probes are short

    struct place_of_duration {
        tick duration = 0;  ///< 0 is no duration: the shortest is a tick
        const timeval* queue = nullptr;
    };
    struct durations {
        std::array<place_of_duration, std::size_t{1} << k_table_bits> table{};
        std::size_t used = 0;
    };
    struct nothing {};

    void place(node& timer, tick at) {
        detail::libevent_now = now_;  // event_add() counts from what its clock says
        const tick duration = Mutant == 1 ? at : at - now_;
        const timeval distance{static_cast<time_t>(duration), 0};
        const timeval* how = &distance;
        if constexpr (Common) {
            if (const timeval* const queue = queue_of(duration, distance)) how = queue;
        }
        if (event_add(&timer.watcher, how) != 0) throw std::bad_alloc();
    }

    /// The queue of a duration, made if there is room for it; else null.
    [[nodiscard]] const timeval* queue_of(tick duration, const timeval& distance) {
        constexpr std::size_t k_mask = (std::size_t{1} << k_table_bits) - 1;
        constexpr std::uint64_t k_golden = 0x9e37'79b9'7f4a'7c15;  // spreads close durations
        std::size_t i = duration * k_golden >> (64 - k_table_bits);
        while (durations_.table[i].duration != 0) {
            if (durations_.table[i].duration == duration || Mutant == 4)
                return durations_.table[i].queue;
            i = (i + 1) & k_mask;
        }
        if (durations_.used == k_queues) return nullptr;
        const timeval* const queue = event_base_init_common_timeout(base_, &distance);
        if (queue == nullptr) return nullptr;  // out of memory: the heap will do
        ++durations_.used;
        durations_.table[i] = {duration, queue};
        return queue;
    }

    static void on_fire(evutil_socket_t, short, void* timer) {
        ++detail::libevent_fired;
        static_cast<node*>(timer)->fire();
    }

    /// libevent has events of its own in the heap; ours are known by their callback.
    static int make_idle(const event_base*, const event* watcher, void*) {
        if (event_get_callback(watcher) == &libevent_core::on_fire)
            static_cast<node*>(event_get_callback_arg(watcher))->set_idle();
        return 0;
    }

    event_base* base_ = nullptr;
    std::size_t size_ = 0;
    tick now_;
    [[no_unique_address]] std::conditional_t<Common, durations, nothing> durations_;
};

}  // namespace cyclone::timer
