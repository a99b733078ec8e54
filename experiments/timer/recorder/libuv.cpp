// Preloaded into a program on a shared libuv, this writes down what the program does with its
// timers: uv_timer_start, _stop, _again and uv_close of a timer, and each callback. A program that
// has libuv inside itself, as node has, calls nothing that a preload can see.
#include <mutex>
#include <unordered_map>
#include <uv.h>

#include "experiments/timer/recorder/raw.hpp"

namespace {

using namespace cyclone::recorder;

constexpr std::uint64_t k_ms = 1'000'000;

raw_log& record() { return raw_log::of("libuv"); }

/// What the program asked to be called. Handles are reused, so nothing is ever taken out.
struct callbacks {
    std::mutex mutex;
    std::unordered_map<uv_timer_t*, uv_timer_cb> of;
};
callbacks& known() {
    static auto* const all = new callbacks;
    return *all;
}

void add(raw_op op, const uv_timer_t* timer, std::uint64_t delay_ms) {
    record().add(op, timer->loop, timer, delay_ms * k_ms);
}

void on_fire(uv_timer_t* timer) {
    uv_timer_cb wanted = nullptr;
    {
        const std::lock_guard held(known().mutex);
        wanted = known().of[timer];
    }
    add(raw_op::fire, timer, 0);
    if (const std::uint64_t repeat = uv_timer_get_repeat(timer); repeat > 0)
        add(raw_op::start, timer, repeat);  // libuv has started it again before it calls
    if (wanted != nullptr) wanted(timer);
}

bool own_call(const void* from) {
    static const auto function = real<decltype(uv_timer_start)>("uv_timer_start");
    return inside(from, reinterpret_cast<const void*>(function));
}

}  // namespace

extern "C" {

int uv_timer_start(uv_timer_t* timer, uv_timer_cb call, uint64_t timeout, uint64_t repeat) {
    static const auto function = real<decltype(uv_timer_start)>("uv_timer_start");
    if (own_call(__builtin_return_address(0)) || call == nullptr)
        return function(timer, call, timeout, repeat);
    {
        const std::lock_guard held(known().mutex);
        known().of[timer] = call;
    }
    const int code = function(timer, &on_fire, timeout, repeat);
    if (code == 0) add(raw_op::start, timer, timeout);
    return code;
}

int uv_timer_stop(uv_timer_t* timer) {
    static const auto function = real<decltype(uv_timer_stop)>("uv_timer_stop");
    const bool counts = !own_call(__builtin_return_address(0));
    if (counts) add(raw_op::stop, timer, 0);
    return function(timer);
}

int uv_timer_again(uv_timer_t* timer) {
    static const auto function = real<decltype(uv_timer_again)>("uv_timer_again");
    const bool counts = !own_call(__builtin_return_address(0));
    const int code = function(timer);
    if (counts && code == 0 && uv_timer_get_repeat(timer) > 0)
        add(raw_op::start, timer, uv_timer_get_repeat(timer));
    return code;
}

void uv_close(uv_handle_t* handle, uv_close_cb call) {
    static const auto function = real<decltype(uv_close)>("uv_close");
    if (uv_handle_get_type(handle) == UV_TIMER)
        add(raw_op::stop, reinterpret_cast<const uv_timer_t*>(handle), 0);
    function(handle, call);
}

}  // extern "C"
