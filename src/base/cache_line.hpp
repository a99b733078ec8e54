#pragma once
// Sizes that keep threads off each other's cache lines. Constants and not read from the machine:
// a layout must be known when it is compiled. (base/topology.hpp tells the machine's line size.)

#include <cstddef>
#include <utility>

namespace cyclone {

// What the coherence protocol moves on x86-64 and nearly all aarch64 cores.
inline constexpr std::size_t k_cache_line = 64;

// How far apart two variables must be so that writing one does not slow readers of the other:
// two lines, because x86 cores prefetch lines in aligned pairs. Not the compiler's
// hardware_destructive_interference_size, which changes with -mtune and so would change layouts.
inline constexpr std::size_t k_no_false_sharing = 2 * k_cache_line;

// A T alone on its lines. `padded<int> hits[8]` gives eight counters that do not disturb another.
template <class T>
struct alignas(k_no_false_sharing) padded {
    constexpr padded() = default;
    template <class... Args>
    constexpr explicit padded(std::in_place_t, Args&&... args)
        : value(std::forward<Args>(args)...) {}

    constexpr T& operator*() noexcept { return value; }
    constexpr const T& operator*() const noexcept { return value; }
    constexpr T* operator->() noexcept { return &value; }
    constexpr const T* operator->() const noexcept { return &value; }

    T value{};
};

}  // namespace cyclone
