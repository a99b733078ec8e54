// Michael and Scott's queue as they wrote it: nodes by number in an array that grows, a counter
// beside each number, values that are read before the swap that makes them ours. No memory is given
// back, so nothing need be known of who looks at it: there are no accesses, and no fences.
//
// Source      Michael and Scott 1996 (PODC, figure 1); the list is michael_scott.hpp, the nodes are
//             tagged_nodes.hpp
// Cost        push: three read-modify-writes (a node, the link, the end); pop: two (the front, the
//             node back). Contended, one for every loser too
// Progress    lock-free, both ends, but for the allocator
// Invariants, Orders, Bound   in the two pieces. Memory is that of the longest the queue has been
#pragma once

#include "base/assert.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "variants/queue/michael_scott.hpp"
#include "variants/queue/tagged_nodes.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class ms_tagged {
    using nodes = tagged_nodes<Mutant, Sync, T>;

 public:
    using value_type = T;
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::reuse,
                                     .takes = item_rule::word};
    static constexpr std::size_t k_bytes_per_item = nodes::k_bytes;

    /// The capacity is what there is room for before there is a second block; `origin` begins the
    /// tags.
    explicit ms_tagged(std::size_t capacity, std::uint64_t origin = 0) : list_(capacity, origin) {
        CYCLONE_ASSERT(capacity >= 1);
    }
    ms_tagged(const ms_tagged&) = delete;
    ms_tagged& operator=(const ms_tagged&) = delete;

    /// Always true; std::bad_alloc passes, and then nothing has happened.
    bool try_push(T&& item) {
        typename nodes::thread me;
        list_.push(me, std::move(item));
        return true;
    }
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        typename nodes::thread me;
        return list_.pop(me);
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    michael_scott<nodes, Mutant, Sync, T> list_;
};

}  // namespace cyclone::queue
