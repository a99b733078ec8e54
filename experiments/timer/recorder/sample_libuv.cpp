// A program on libuv whose timers are known by hand, for the tests of the recorder: one that fires
// once, one that is stopped, one that repeats three times, one that is restarted, and one closed.
#include <initializer_list>
#include <uv.h>

namespace {

uv_timer_t once, stopped, repeats, again, closed;
int left = 3;

void nothing(uv_timer_t*) {}
void count_down(uv_timer_t* timer) {
    if (--left == 0) uv_timer_stop(timer);
}
void change_others(uv_timer_t*) {
    uv_timer_stop(&stopped);
    uv_timer_start(&again, nothing, 20, 0);
    uv_close(reinterpret_cast<uv_handle_t*>(&closed), nullptr);
}

}  // namespace

int main() {
    uv_loop_t* const loop = uv_default_loop();
    for (uv_timer_t* timer : {&once, &stopped, &repeats, &again, &closed})
        uv_timer_init(loop, timer);
    uv_timer_start(&once, change_others, 10, 0);
    uv_timer_start(&stopped, nothing, 60'000, 0);
    uv_timer_start(&repeats, count_down, 5, 5);
    uv_timer_start(&again, nothing, 60'000, 0);
    uv_timer_start(&closed, nothing, 60'000, 0);
    return uv_run(loop, UV_RUN_DEFAULT);
}
