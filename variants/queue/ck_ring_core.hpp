// What the three peers of Concurrency Kit's ring share: ck_ring_spsc, ck_ring_mpsc, ck_ring_mpmc.
//
// Source      Concurrency Kit 0.7.1, ck_ring.h. The ring holds pointers; an item is put in the
//             place of one, bit by bit, so that nothing is allocated
// Declares    man ck_ring_init and ck_ring_capacity: the size is a power of two, at least 4, and a
//             ring holds one item fewer than its size; man ck_ring_enqueue_spsc: false only where
//             the ring was full, wait-free; man ck_ring_dequeue_spmc: false where it was empty,
//             lock-free. For many producers there is no page, and the header says which calls may
//             meet and nothing of progress
// Invariants  I1 c_head <= p_tail <= p_head < c_head + size, modulo 2^32; slots from c_head to
//             p_tail hold items, those up to p_head are being written
// Progress    one producer: no loop. Many: one that stops between its place and its turn (p_tail)
//             makes all later ones spin, whatever they write: blocking
// Limits      it is C: one function returns `false` for a pointer, which C++ takes for a mistake,
//             so the word is made a 0 while the header is read. Positions are of 32 bits.
#pragma once

#include <bit>
#include <ck_cc.h>
#include <ck_md.h>
#include <ck_pr.h>
#include <ck_stdbool.h>
#include <ck_string.h>
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif
#define false 0
#include <ck_ring.h>
#undef false
#ifdef __clang__
#pragma clang diagnostic pop
#endif
#include <memory>

#include "base/cache_line.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

/// `Ends`: its traits, and push and pop of a pointer.
template <class Ends>
class ck_ring_core {
    static_assert(sizeof(void*) == sizeof(std::uint64_t), "an item is in the place of a pointer");

 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits = Ends::k_traits;
    static constexpr std::size_t k_bytes_per_item = sizeof(::ck_ring_buffer_t);

    explicit ck_ring_core(std::size_t capacity, std::uint64_t origin = 0)
        : slots_(std::make_unique<::ck_ring_buffer_t[]>(size_for(capacity))) {
        ::ck_ring_init(&ring_, static_cast<unsigned>(size_for(capacity)));
        ring_.c_head = ring_.p_tail = ring_.p_head = static_cast<unsigned>(origin);
    }
    ck_ring_core(const ck_ring_core&) = delete;
    ck_ring_core& operator=(const ck_ring_core&) = delete;

    bool try_push(value_type&& item) {
        return Ends::push(&ring_, slots_.get(), reinterpret_cast<void*>(item));
    }

    popped<value_type> try_pop() {
        void* item = nullptr;
        if (!Ends::pop(&ring_, slots_.get(), &item)) return answer::empty;
        return popped<value_type>(reinterpret_cast<value_type>(item));
    }

    /// One fewer than the power of two that was asked for: what the ring does hold.
    [[nodiscard]] std::size_t capacity() const noexcept { return ::ck_ring_capacity(&ring_) - 1; }

 private:
    [[nodiscard]] static std::size_t size_for(std::size_t capacity) noexcept {
        return std::bit_ceil(capacity < 4 ? std::size_t{4} : capacity);
    }

    alignas(k_no_false_sharing) ck_ring_t ring_;
    alignas(k_no_false_sharing) const std::unique_ptr<::ck_ring_buffer_t[]> slots_;
};

}  // namespace cyclone::queue
