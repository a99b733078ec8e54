// Peer: libuv's timers, an intrusive binary heap of pointers with ties in order of their starts.
//
// Source      libuv 1.44, src/timer.c and src/heap-inl.h
// Cost        START, STOP O(log n); next O(1); no allocation
// Accuracy    exact in its unit, the millisecond, which is our tick here
// The loop's clock is a field of uv_loop_t: we set it, so no operation makes a system call, and
// uv__run_timers(), the loop's own step, does the firing. What is timed is libuv's timer code
// alone. Not equivalent to a variant in one respect: uv_timer_t is a full handle, three times our
// node.
#pragma once

#include <cstddef>
#include <uv.h>

#include "timer/timer.hpp"

extern "C" void uv__run_timers(uv_loop_t* loop);

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class libuv_heap {
 public:
    struct node : entry {
        using entry::entry;
        uv_timer_t handle{};
    };

    static constexpr traits k_traits{
        .fire_order = order::fifo, .start = growth::log_n, .stop = growth::log_n};

    explicit libuv_heap(tick now) {
        if (uv_loop_init(&loop_) != 0) std::abort();  // out of file descriptors or memory
        loop_.time = now;
        loop_.data = this;
    }
    libuv_heap(const libuv_heap&) = delete;
    libuv_heap& operator=(const libuv_heap&) = delete;
    ~libuv_heap() {
        while (size() > 0) stop(node_of(first()));
        uv_loop_close(&loop_);
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now()));
        if (timer.handle.loop != &loop_) adopt(timer);
        uv_timer_start(&timer.handle, &libuv_heap::on_fire, timer.deadline() - now(), 0);
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        uv_timer_stop(&timer.handle);
        timer.set_idle();
        return true;
    }

    void restart(node& timer, tick deadline) {
        timer.set_idle();  // uv_timer_start() stops an active handle itself
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now() && to <= k_tick_max);
        loop_.time = to;
        fired_ = 0;
        uv__run_timers(&loop_);
        return fired_;
    }

    [[nodiscard]] tick next_deadline() const { return size() == 0 ? k_never : first().timeout; }
    [[nodiscard]] tick now() const noexcept { return loop_.time; }
    [[nodiscard]] std::size_t size() const noexcept { return loop_.timer_heap.nelts; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] no_work work() const noexcept { return {}; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }
    [[nodiscard]] std::string check() const { return {}; }  // a closed box

 private:
    /// The heap links handles through their heap_node field.
    [[nodiscard]] uv_timer_t& first() const noexcept {
        return *reinterpret_cast<uv_timer_t*>(static_cast<std::byte*>(loop_.timer_heap.min) -
                                              offsetof(uv_timer_t, heap_node));
    }
    [[nodiscard]] static node& node_of(uv_timer_t& handle) noexcept {
        return *static_cast<node*>(handle.data);
    }

    /// Makes the handle one of this loop, but keeps it out of the loop's list of handles: the
    /// caller owns it and may free it without the asynchronous uv_close().
    void adopt(node& timer) noexcept {
        uv_timer_init(&loop_, &timer.handle);
        timer.handle.data = &timer;
        void** const link = timer.handle.handle_queue;
        auto** const after = static_cast<void**>(link[0]);
        auto** const before = static_cast<void**>(link[1]);
        before[0] = after;
        after[1] = before;
        link[0] = link[1] = link;
    }

    static void on_fire(uv_timer_t* handle) {
        ++static_cast<libuv_heap*>(handle->loop->data)->fired_;
        node_of(*handle).fire();
    }

    uv_loop_t loop_{};
    std::size_t fired_ = 0;
};

}  // namespace cyclone::timer
