// Peer: DPDK's ring, many producers and many consumers.
//
// Source      DPDK, lib/ring/rte_ring.h, rte_ring_enqueue and rte_ring_dequeue of a ring made with
//             RING_F_EXACT_SZ in memory of its own; built only where DPDK is installed
// Declares    the header: FIFO of a fixed size; "not preemptible": a thread that is stopped in a
//             call stops the others of its side. -ENOBUFS where there is not enough room, -ENOENT
//             where there are not enough entries. Full is weak: a push under way has its place and
//             is not seen by pops
// Cost        one read-modify-write a call when alone, then its turn. Bursts, S12, take all their
//             places at once
// Progress    blocking, both ends
// Limits      items are in the place of pointers, bit by bit; positions are of 32 bits, and the
//             first is always 0
#pragma once

#include <memory>
#include <new>
#include <rte_ring.h>

#include "base/cache_line.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class rte_ring {
    static_assert(sizeof(void*) == sizeof(std::uint64_t), "an item is in the place of a pointer");

    struct release {
        void operator()(::rte_ring* ring) const noexcept {
            ::operator delete (ring, std::align_val_t{k_no_false_sharing});
        }
    };

 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.fills = fullness::weak};
    static constexpr std::size_t k_bytes_per_item = sizeof(void*);

    explicit rte_ring(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : ring_(made(static_cast<unsigned>(capacity))) {}

    bool try_push(value_type&& item) {
        return ::rte_ring_enqueue(ring_.get(), reinterpret_cast<void*>(item)) == 0;
    }

    popped<value_type> try_pop() {
        void* item = nullptr;
        if (::rte_ring_dequeue(ring_.get(), &item) != 0) return answer::empty;
        return popped<value_type>(reinterpret_cast<value_type>(item));
    }

    std::size_t push_many(std::span<value_type> items) {
        return ::rte_ring_enqueue_burst_elem(ring_.get(), items.data(), sizeof(value_type),
                                             static_cast<unsigned>(items.size()), nullptr);
    }
    std::size_t pop_many(std::span<value_type> room) {
        return ::rte_ring_dequeue_burst_elem(ring_.get(), room.data(), sizeof(value_type),
                                             static_cast<unsigned>(room.size()), nullptr);
    }

    [[nodiscard]] std::size_t capacity() const noexcept {
        return ::rte_ring_get_capacity(ring_.get());
    }

 private:
    [[nodiscard]] static ::rte_ring* made(unsigned capacity) {
        const unsigned slots = static_cast<unsigned>(std::bit_ceil(std::size_t{capacity} + 1));
        const auto bytes = ::rte_ring_get_memsize(slots);
        if (bytes < 0) throw std::bad_alloc();
        auto* const ring = static_cast<::rte_ring*>(
            ::operator new (static_cast<std::size_t>(bytes), std::align_val_t{k_no_false_sharing}));
        if (::rte_ring_init(ring, "cyclone", capacity, RING_F_EXACT_SZ) != 0) {
            release{}(ring);
            throw std::bad_alloc();
        }
        return ring;
    }

    const std::unique_ptr<::rte_ring, release> ring_;
};

}  // namespace cyclone::queue
