// Items of a given size: a number, or as many words as fit, each of them written by who pushes and
// read by who pops. And the same variant with another item in it.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "base/sync.hpp"
#include "experiments/counter/workloads.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <std::size_t Bytes>
struct parcel {
    static_assert(Bytes % sizeof(std::uint64_t) == 0);
    std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)> words;
};

/// The item that carries a number.
template <class T>
[[nodiscard]] constexpr T parcel_of(std::uint64_t number) noexcept {
    if constexpr (std::same_as<T, std::uint64_t>) {
        return number;
    } else {
        T item;
        for (std::uint64_t& word : item.words) word = number;
        return item;
    }
}

/// Reads all of an item, so that its lines come over; the number that it carries.
template <class T>
std::uint64_t read_parcel(const T& item) noexcept {
    if constexpr (std::same_as<T, std::uint64_t>) {
        counter::keep(item);
        return item;
    } else {
        std::uint64_t all = 0;
        for (const std::uint64_t word : item.words) all |= word;
        counter::keep(all);
        return all;
    }
}

namespace detail {

template <class V, class T>
struct carrying {
    static constexpr bool k_known = false;
    using type = V;
};
template <template <class, int, sync::policy, class> class V, class Work, int Mutant,
          sync::policy Sync, class Was, class T>
struct carrying<V<Work, Mutant, Sync, Was>, T> {
    static constexpr bool k_known = true;
    using type = V<Work, Mutant, Sync, T>;
};

template <class V, class T>
requires requires { typename V::template with<T>; }
struct carrying<V, T> {  // the floor, which has no policy
    static constexpr bool k_known = true;
    using type = typename V::template with<T>;
};

}  // namespace detail

/// Whether V is of the form that own variants have, and may hold any item.
template <class V>
inline constexpr bool k_carries_any =
    detail::carrying<V, std::uint64_t>::k_known&& V::k_traits.takes == item_rule::any;

/// The same variant with items of type T.
template <class V, class T>
using carrying = typename detail::carrying<V, T>::type;

}  // namespace cyclone::queue
