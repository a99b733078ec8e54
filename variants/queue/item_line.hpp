// A cache line of items that carries, beside them, how far the producer was when it last wrote into
// the line: an inner piece of line_ring and block_spsc. Who looks for an item finds the answer and
// the item in one transfer.
//
// Cost        8 bytes a line; for items of 8 bytes, 7 to a line
// Invariants  I1 `tail` is a position behind an item of this line, or one that was told before any
//                was in it; it only grows, so what an earlier round of the line has left is never
//                ahead of who looks for an item here
//             I2 the items before `tail` are in their slots, in this line and in those before it
// Thread-safety: none: that is the queue's business
#pragma once

#include <algorithm>
#include <concepts>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/slot.hpp"
#include "variants/queue/slot_runs.hpp"

namespace cyclone::queue {

template <class T, sync::policy Sync>
struct alignas(k_cache_line) item_line {
    using number = typename Sync::template atomic<std::uint64_t>;

    // Where the policy's words are not of the size that ships, nothing has the layout that ships;
    // there two items are enough to have lines that begin and end.
    static constexpr bool k_is_laid_out =
        sizeof(typename Sync::template var<std::uint64_t>) == sizeof(std::uint64_t);
    static constexpr std::size_t k_fit = (k_cache_line - sizeof(number)) / sizeof(slot<T, Sync>);
    static constexpr std::size_t k_items = k_is_laid_out ? std::max<std::size_t>(k_fit, 1) : 2;

    number tail;
    slot<T, Sync> items[k_items];

    /// Fills the slots from `place` on, as many as there are items; they are all of this line.
    void put(std::size_t place, std::span<T> added) noexcept(Sync::k_nothrow) {
        if (added.size() == k_items) {  // a copy of a size that the compiler knows
            put_run<T, Sync>(items, added.first(k_items));
        } else {
            for (T& one : added) items[place++].put(std::move(one));
        }
    }
    /// Empties the slots from `place` on, as many as there is room.
    void take(std::size_t place, std::span<T> room) noexcept(Sync::k_nothrow) {
        if (room.size() == k_items) {
            take_run<T, Sync>(items, room.first(k_items));
        } else {
            for (T& one : room) one = items[place++].take();
        }
    }
};

/// Whether `position` is ahead of another. Positions go round at 2^64, and no two that meet are
/// half of that apart.
[[nodiscard]] constexpr bool is_ahead(std::uint64_t position, std::uint64_t of) noexcept {
    return static_cast<std::int64_t>(position - of) > 0;
}

}  // namespace cyclone::queue
