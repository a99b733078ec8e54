// Where a queue keeps an item: put() makes it, take() hands it out and leaves nothing. It is plain
// memory, and a slot that two threads touch at once is a bug of the queue: under sync::explored
// every put and take is race-checked through Sync::var.
//
// Items that are trivially copyable live in the var itself. Others live in raw memory, so that they
// need no default constructor and are gone once taken; a var beside them stands for the memory
// where the policy looks at it, and is nothing at all under sync::native.
//
// Cost        a move each
// Invariants  put and take alternate; whoever owns the slot knows which comes next
// Thread-safety: none: that is the queue's business
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "base/sync.hpp"

namespace cyclone::queue {

namespace detail {

template <class T, sync::policy Sync>
class copied_slot {
 public:
    void put(T&& item) noexcept(Sync::k_nothrow) { value_.set(item); }
    [[nodiscard]] T take() noexcept(Sync::k_nothrow) { return value_.get(); }

 private:
    typename Sync::template var<T> value_;
};

/// Tells the policy that memory is written. Taking an item out of it writes as well.
template <sync::policy Sync>
class watched {
 public:
    void touch() noexcept(Sync::k_nothrow) { touched_.set(true); }

 private:
    typename Sync::template var<bool> touched_;
};
template <>
class watched<sync::native> {
 public:
    void touch() noexcept {}
};

template <class T, sync::policy Sync>
class moved_slot {
 public:
    moved_slot() noexcept {}
    ~moved_slot() {}  // the queue has taken what was inside
    moved_slot(const moved_slot&) = delete;
    moved_slot& operator=(const moved_slot&) = delete;

    void put(T&& item) noexcept(Sync::k_nothrow) {
        watch_.touch();
        std::construct_at(&item_, std::move(item));
    }
    [[nodiscard]] T take() noexcept(Sync::k_nothrow) {
        watch_.touch();
        T out(std::move(item_));
        std::destroy_at(&item_);
        return out;
    }

 private:
    [[no_unique_address]] watched<Sync> watch_;
    union {
        T item_;
    };
};

}  // namespace detail

template <class T, sync::policy Sync>
using slot =
    std::conditional_t<std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>,
                       detail::copied_slot<T, Sync>, detail::moved_slot<T, Sync>>;

/// Takes out what is inside, so that it is destroyed; for destructors (S9). Nothing to do for items
/// whose destruction does nothing.
template <class Queue>
void take_all(Queue& queue) {
    if constexpr (!std::is_trivially_destructible_v<typename Queue::value_type>) {
        while (queue.try_pop()) {
        }
    }
}

}  // namespace cyclone::queue
