// Two rings of numbers, moved by compare-and-swap, as a bounded queue: what SCQ is without its
// tickets. Lock-free, linearizable, "empty" only when it was; where few threads meet there is less
// to do than in scq.hpp, where many do most of it is done in vain.
//
// Source      Nikolaev, DISC 2019 (NCQ); the ring of numbers is ncq_ring.hpp, two of them and an
//             array of items numbered_slots.hpp
// Cost        three read-modify-writes a call when alone; contended, up to three for every loser
// Progress    lock-free, both ends
// Invariants  those of the two pieces
// Orders      ncq_ring.hpp
// Bound       ncq_ring.hpp
#pragma once

#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/ncq_ring.hpp"
#include "variants/queue/numbered_slots.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class ncq {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

 public:
    using value_type = T;
    static constexpr traits k_traits{
        .fills = fullness::weak, .push = progress::lock_free, .pop = progress::lock_free};
    static constexpr std::size_t k_bytes_per_item =
        sizeof(slot<T, Sync>) + 2 * sizeof(std::uint64_t);

    explicit ncq(std::size_t capacity, std::uint64_t origin = 0) : all_(capacity, origin) {}
    ~ncq() noexcept(Sync::k_nothrow) { take_all(*this); }
    ncq(const ncq&) = delete;
    ncq& operator=(const ncq&) = delete;

    bool try_push(T&& item) noexcept(Sync::k_nothrow) { return all_.try_push(std::move(item)); }
    popped<T> try_pop() noexcept(Sync::k_nothrow) { return all_.try_pop(); }

    [[nodiscard]] std::size_t capacity() const noexcept { return all_.capacity(); }

 private:
    numbered_slots<ncq_ring<Mutant, Sync>, Mutant, Sync, T> all_;
};

}  // namespace cyclone::queue
