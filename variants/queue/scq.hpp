// SCQ as a bounded queue: lock-free, linearizable, "empty" only when it was, and no memory but
// what is there from the beginning. Nobody can be stopped by a thread that stands still in a call,
// which is what the rings of cells with turns cannot promise.
//
// Source      Nikolaev, DISC 2019; the ring of numbers is scq_ring.hpp, two of them and an array
//             of items numbered_slots.hpp
// Cost        four read-modify-writes a call when nothing is in the way, two of them tickets,
//             which cannot be lost to another; three words of the rings and the item are touched
// Progress    lock-free, both ends
// Invariants  those of the two pieces
// Orders      scq_ring.hpp
// Bound       scq_ring.hpp; 40 bytes of an item of 8 bytes are a ring's: two rings of two slots
#pragma once

#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/numbered_slots.hpp"
#include "variants/queue/scq_ring.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class scq {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

 public:
    using value_type = T;
    static constexpr traits k_traits{
        .fills = fullness::weak, .push = progress::lock_free, .pop = progress::lock_free};
    static constexpr std::size_t k_bytes_per_item =
        sizeof(slot<T, Sync>) + 4 * sizeof(std::uint64_t);

    explicit scq(std::size_t capacity, std::uint64_t origin = 0) : all_(capacity, origin) {}
    ~scq() noexcept(Sync::k_nothrow) { take_all(*this); }
    scq(const scq&) = delete;
    scq& operator=(const scq&) = delete;

    bool try_push(T&& item) noexcept(Sync::k_nothrow) { return all_.try_push(std::move(item)); }
    popped<T> try_pop() noexcept(Sync::k_nothrow) { return all_.try_pop(); }

    [[nodiscard]] std::size_t capacity() const noexcept { return all_.capacity(); }

 private:
    numbered_slots<scq_ring<Mutant, Sync>, Mutant, Sync, T> all_;
};

}  // namespace cyclone::queue
