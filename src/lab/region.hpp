#pragma once
// The one function between whose entry and exit an instruction counter counts. The name is part of
// the command line of the counter (--toggle-collect=cyclone_measured_region), so it is plain C.

#include <memory>
#include <type_traits>

extern "C" {
// Calls fn(ctx). Never inlined, and never left by a jump: the counter sees it return.
void cyclone_measured_region(void (*fn)(void*), void* ctx);
}

namespace cyclone::lab {

// The same for any callable. The calls around `body` are a constant handful of instructions.
template <class F>
void measured_region(F&& body) {
    using callable = std::remove_reference_t<F>;
    cyclone_measured_region([](void* ctx) { (*static_cast<callable*>(ctx))(); },
                            const_cast<void*>(static_cast<const void*>(std::addressof(body))));
}

}  // namespace cyclone::lab
