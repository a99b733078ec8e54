// Treiber's stack in an array: a list of nodes with items, a list of nodes without, and a push or a
// pop carries a node from one to the other. The latest item comes first: for free lists, and for
// workers that want what is still warm.
//
// Source      Treiber 1986 (RJ 5118); nodes by number with a tag, as in tagged_list.hpp
// Cost        two read-modify-writes a call when alone; contended, one for every loser too
// Progress    lock-free, both ends
// Invariants  I1 every node is in one of the lists, or owned by one call that has taken it from the
//                one and not yet given it to the other; only nodes of items_ carry an item
// Orders      tagged_list.hpp: giving releases, taking acquires, in both directions: an item on its
//             way out, and the emptied node on its way back
#pragma once

#include <memory>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/tagged_list.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class treiber_stack {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    struct node {
        slot<T, Sync> item;
        typename Sync::template atomic<std::uint32_t> next;
    };
    using list = tagged_list<Sync, Mutant>;

    /// The nodes by number, from 1.
    class array {
     public:
        explicit array(std::size_t count) : nodes_(std::make_unique<node[]>(count)) {}
        [[nodiscard]] auto& next(std::uint32_t of) noexcept { return nodes_[of - 1].next; }
        [[nodiscard]] auto& item(std::uint32_t of) noexcept { return nodes_[of - 1].item; }

     private:
        std::unique_ptr<node[]> nodes_;
    };

 public:
    using value_type = T;
    static constexpr traits k_traits{.keeps = order::lifo,
                                     .fills = fullness::weak,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(node);

    explicit treiber_stack(std::size_t capacity, std::uint64_t origin = 0)
        : items_(list::k_none, static_cast<std::uint32_t>(origin)),
          free_(1, static_cast<std::uint32_t>(origin)),
          capacity_(capacity),
          nodes_(capacity) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
        // Relaxed: whoever gives the stack to other threads publishes it. The last ends the list.
        const auto linked = static_cast<std::uint32_t>(capacity) - (Mutant == 7 ? 1 : 0);
        for (std::uint32_t i = 1; i < linked; ++i) {
            nodes_.next(i).store(i + 1, std::memory_order_relaxed);
        }
    }
    ~treiber_stack() noexcept(Sync::k_nothrow) { take_all(*this); }
    treiber_stack(const treiber_stack&) = delete;
    treiber_stack& operator=(const treiber_stack&) = delete;

    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        const std::uint32_t mine = free_.take(nodes_);
        if (mine == list::k_none) return false;
        nodes_.item(mine).put(std::move(item));
        items_.give(nodes_, mine);
        return true;
    }

    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::uint32_t mine = items_.take(nodes_);
        if (mine == list::k_none) return answer::empty;
        if constexpr (Mutant == 3) {
            free_.give(nodes_, mine);
            widen_window();
            return popped<T>(nodes_.item(mine).take());
        }
        popped<T> out(nodes_.item(mine).take());
        free_.give(nodes_, mine);
        return out;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    list items_;
    list free_;
    alignas(k_no_false_sharing) const std::size_t capacity_;
    array nodes_;
};

}  // namespace cyclone::queue
