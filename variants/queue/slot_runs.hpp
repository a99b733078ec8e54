// Neighbouring slots filled and emptied in one go, for batches (S12): an inner piece of the rings.
// Where an item is its bytes and the policy only looks on, that is one copy of memory, which the
// compiler does not make of a loop over slots at -O2; elsewhere it is a put or a take each.
//
// Cost        a copy of the bytes, or a move an item
// Invariants  those of slot.hpp, for each of them
// Thread-safety: none: that is the queue's business
#pragma once

#include <concepts>
#include <cstring>
#include <span>

#include "base/sync.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

namespace detail {

template <class T, sync::policy Sync>
inline constexpr bool k_is_bytes =
    std::same_as<Sync, sync::native>&& std::is_trivially_copyable_v<T>&&
        std::same_as<slot<T, Sync>, copied_slot<T, Sync>> &&
    sizeof(slot<T, Sync>) == sizeof(T);

}  // namespace detail

// Where gcc knows the size of one branch of a caller and of another the object, it warns of a copy
// that is never made.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif

/// Fills as many slots as there are items.
template <class T, sync::policy Sync>
void put_run(slot<T, Sync>* to, std::span<T> items) noexcept(Sync::k_nothrow) {
    if constexpr (detail::k_is_bytes<T, Sync>) {
        if (!items.empty()) std::memcpy(static_cast<void*>(to), items.data(), items.size_bytes());
    } else {
        for (T& item : items) (to++)->put(std::move(item));
    }
}

/// Empties as many slots as there is room.
template <class T, sync::policy Sync>
void take_run(slot<T, Sync>* from, std::span<T> room) noexcept(Sync::k_nothrow) {
    if constexpr (detail::k_is_bytes<T, Sync>) {
        if (!room.empty()) std::memcpy(static_cast<void*>(room.data()), from, room.size_bytes());
    } else {
        for (T& place : room) place = (from++)->take();
    }
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace cyclone::queue
