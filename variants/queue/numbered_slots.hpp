// A bounded queue out of two rings of numbers and an array of items: the inner piece of scq.hpp
// and ncq.hpp. A push takes the number of a free slot from the one ring, puts its item there and
// the number into the other; a pop the other way round. Order, emptiness and progress are the
// rings'.
//
// Source      Nikolaev, DISC 2019 (a queue of values out of two queues of indices)
// Cost        a take and a put of the rings a call
// Progress    that of the rings: a thread that stands between its take and its put has one number,
//             which nobody else can wait for
// Invariants  I1 every number below the capacity is in one of the rings, or with one call that has
//                taken it from the one and not yet put it into the other
//             I2 only slots whose number is in used_, or on its way there or from there, have
//                items
// Orders      the rings': a put releases and its take acquires, in both directions: an item on its
//             way out, and the emptied slot on its way back
#pragma once

#include <memory>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

/// `Ring` is scq_ring or ncq_ring: numbers below a size; put(), take(), none(). Seeded bug 8 is
/// here.
template <class Ring, int Mutant, sync::policy Sync, class T>
class numbered_slots {
 public:
    numbered_slots(std::size_t capacity, std::uint64_t origin)
        : used_(capacity, origin, 0),
          free_(capacity, origin, capacity),
          capacity_(capacity),
          slots_(std::make_unique<slot<T, Sync>[]>(capacity)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
    }

    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        const std::uint64_t mine = free_.take();
        if (mine == free_.none()) return false;
        slots_[mine].put(std::move(item));
        used_.put(mine);
        return true;
    }

    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::uint64_t mine = used_.take();
        if (mine == used_.none()) return answer::empty;
        if constexpr (Mutant == 8) {
            free_.put(mine);
            widen_window();
            return popped<T>(slots_[mine].take());
        }
        popped<T> out(slots_[mine].take());
        free_.put(mine);
        return out;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    Ring used_;
    Ring free_;
    alignas(k_no_false_sharing) const std::size_t capacity_;
    const std::unique_ptr<slot<T, Sync>[]> slots_;
};

}  // namespace cyclone::queue
