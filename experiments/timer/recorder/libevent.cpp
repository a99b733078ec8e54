// Preloaded into a program on a shared libevent, this writes down what the program does with the
// timeouts of its events: event_add and event_del, and each callback that a timeout caused. A
// timeout may belong to an event on a descriptor as well; then activity ends it (or, of an
// EV_PERSIST event, starts it anew), and that is written down too.
//
// What libevent does inside itself (bufferevents, evhttp) does not pass here.
#include <cstdarg>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "experiments/timer/recorder/raw.hpp"

namespace {

using namespace cyclone::recorder;

raw_log& record() { return raw_log::of("libevent"); }

/// What the program made of an event. One for each address, for good: events are reused.
struct made {
    event* self = nullptr;
    event_callback_fn call = nullptr;
    void* argument = nullptr;
    bool persists = false;
    std::uint64_t delay_ns = 0;  // of the last event_add with a timeout; 0: none since
};

struct table {
    std::mutex mutex;
    std::unordered_map<event*, std::unique_ptr<made>> of;
};
table& known() {
    static auto* const all = new table;
    return *all;
}

made* find(event* ev) {
    const std::lock_guard held(known().mutex);
    const auto found = known().of.find(ev);
    return found == known().of.end() ? nullptr : found->second.get();
}

made* note(event* ev, short what, event_callback_fn call, void* argument) {
    const std::lock_guard held(known().mutex);
    std::unique_ptr<made>& its = known().of[ev];
    if (its == nullptr) its = std::make_unique<made>();
    *its = made{ev, call, argument, (what & EV_PERSIST) != 0, 0};
    return its.get();
}

/// Common timeouts mark themselves in the upper bits of the microseconds.
std::uint64_t ns_of(const timeval& time) {
    constexpr long k_mark = 0x50000000;
    constexpr long k_mark_bits = 0xf0000000;
    constexpr long k_usec_bits = 0x000fffff;
    const long usec =
        (time.tv_usec & k_mark_bits) == k_mark ? time.tv_usec & k_usec_bits : time.tv_usec;
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(usec) * 1000;
}

/// Between libevent and the program's callback.
void on_event(evutil_socket_t file, short what, void* context) {
    auto* const its = static_cast<made*>(context);
    const event_callback_fn call = its->call;  // the callback may free the event
    void* const argument = its->argument;
    if (its->delay_ns > 0) {
        const event_base* const loop = event_get_base(its->self);
        const bool expired = (what & EV_TIMEOUT) != 0;
        if (expired || !its->persists)
            record().add(expired ? raw_op::fire : raw_op::stop, loop, its->self, 0);
        if (its->persists)
            record().add(raw_op::start, loop, its->self, its->delay_ns);
        else
            its->delay_ns = 0;
    }
    if (call != nullptr) call(file, what, argument);
}

bool own_call(const void* from) {
    static const auto function = real<decltype(event_add)>("event_add");
    return inside(from, reinterpret_cast<const void*>(function));
}

}  // namespace

extern "C" {

int event_assign(event* ev, event_base* base, evutil_socket_t file, short what,
                 event_callback_fn call, void* argument) {
    static const auto function = real<decltype(event_assign)>("event_assign");
    if (own_call(__builtin_return_address(0)))
        return function(ev, base, file, what, call, argument);
    // libevent knows event_self_cbarg() by its address; to the program it is the event.
    if (argument == event_self_cbarg()) argument = ev;
    return function(ev, base, file, what, &on_event, note(ev, what, call, argument));
}

void event_set(event* ev, evutil_socket_t file, short what, event_callback_fn call,
               void* argument) {
    using set_fn = void(event*, evutil_socket_t, short, event_callback_fn, void*);
    static const auto function = real<set_fn>("event_set");
    function(ev, file, what, &on_event, note(ev, what, call, argument));
}

event* event_new(event_base* base, evutil_socket_t file, short what, event_callback_fn call,
                 void* argument) {
    static const auto function = real<decltype(event_new)>("event_new");
    if (own_call(__builtin_return_address(0))) return function(base, file, what, call, argument);
    event* const ev = function(base, file, what, call, argument);
    if (ev == nullptr) return nullptr;
    if (argument == event_self_cbarg()) argument = ev;
    static const auto assign = real<decltype(event_assign)>("event_assign");
    assign(ev, base, file, what, &on_event, note(ev, what, call, argument));
    return ev;
}

int event_add(event* ev, const timeval* timeout) {
    static const auto function = real<decltype(event_add)>("event_add");
    const int code = function(ev, timeout);
    if (code != 0 || timeout == nullptr || own_call(__builtin_return_address(0))) return code;
    if (made* const its = find(ev)) {
        its->delay_ns = ns_of(*timeout) + 1;  // above 0 also for a timeout of 0
        record().add(raw_op::start, event_get_base(ev), ev, its->delay_ns - 1);
    }
    return code;
}

int event_del(event* ev) {
    static const auto function = real<decltype(event_del)>("event_del");
    if (!own_call(__builtin_return_address(0))) {
        if (made* const its = find(ev); its != nullptr && its->delay_ns > 0) {
            record().add(raw_op::stop, event_get_base(ev), ev, 0);
            its->delay_ns = 0;
        }
    }
    return function(ev);
}

void event_free(event* ev) {
    static const auto function = real<decltype(event_free)>("event_free");
    if (made* const its = find(ev); its != nullptr && its->delay_ns > 0) {
        record().add(raw_op::stop, event_get_base(ev), ev, 0);
        its->delay_ns = 0;
    }
    function(ev);
}

}  // extern "C"
