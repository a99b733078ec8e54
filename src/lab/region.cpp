// Outside every header so that no optimiser sees through it.

#include "lab/region.hpp"

extern "C" __attribute__((noinline)) void cyclone_measured_region(void (*fn)(void*), void* ctx) {
    fn(ctx);
    // Work after the call, as far as the compiler knows: without it the call becomes a jump and the
    // function has left before fn began.
    asm volatile("" ::: "memory");
}
