// A program on libevent whose timers are known by hand, for the tests of the recorder: one that
// fires once, one that is deleted, one that persists and fires three times, one that is added
// again, and one freed.
#include <event2/event.h>
#include <initializer_list>

namespace {

event *once, *deleted, *persists, *again, *freed;
int left = 3;

void nothing(evutil_socket_t, short, void*) {}
void count_down(evutil_socket_t, short, void*) {
    if (--left == 0) event_del(persists);
}
void change_others(evutil_socket_t, short, void*) {
    constexpr timeval k_soon{0, 20'000};
    event_del(deleted);
    event_add(again, &k_soon);
    event_free(freed);
}

}  // namespace

int main() {
    constexpr timeval k_short{0, 5'000};
    constexpr timeval k_while{0, 10'000};
    constexpr timeval k_long{60, 0};
    event_base* const base = event_base_new();
    once = event_new(base, -1, 0, change_others, nullptr);
    deleted = event_new(base, -1, 0, nothing, nullptr);
    persists = event_new(base, -1, EV_PERSIST, count_down, nullptr);
    again = event_new(base, -1, 0, nothing, nullptr);
    freed = event_new(base, -1, 0, nothing, nullptr);
    event_add(once, &k_while);
    event_add(deleted, &k_long);
    event_add(persists, &k_short);
    event_add(again, &k_long);
    event_add(freed, &k_long);
    const int code = event_base_dispatch(base);
    for (event* each : {once, deleted, persists, again}) event_free(each);
    event_base_free(base);
    return code < 0 ? 1 : 0;
}
