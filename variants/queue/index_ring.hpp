// The ring of two numbers, the inner piece of lamport_spsc, lamport_seqcst, lamport_unpadded and
// cached_spsc: one number says how far the producer is, the other how far the consumer, and each is
// written by its owner only. A shape says in what the four differ.
//
// Source      Lamport 1977 (the buffer of one producer and one consumer)
// Cost        a load of the other's number, a move of the item and a store of one's own number a
//             call; a batch is two copies at most and one store
// Progress    wait-free, both ends
// Invariants  I1 tail_ is written by the producer only, head_ by the consumer only; both only grow
//             I2 tail_ - head_ <= capacity_, modulo 2^64; the items are at head_, ..., tail_ - 1
//             I3 the slots outside of those are the producer's, the others the consumer's
//             I4 where the ends remember: head_seen_ <= head_ and tail_seen_ <= tail_. What is
//                remembered was once true, so the ring is at least as free, or as full, as each end
//                believes
// Orders      two pairs: tail_ carries the items to the consumer, head_ carries the empty slots
//             back; what is remembered was carried by an earlier look. A strict ring has all four
//             in one order of all (seq_cst): of "the ring is full" and "the ring is empty", said at
//             once, each end would else have missed the other's last store. With less at any of
//             the four that comes back
// Bound       none: positions go round at 2^64, and the slots are a power of two for it
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/slot_runs.hpp"

namespace cyclone::queue {

/// In what the rings differ.
struct ring_shape {
    bool remembers = false;  ///< each end keeps the number that it last saw of the other
    bool apart = true;       ///< the two numbers do not share a cache line
    bool strict = false;     ///< full and empty are of one order: seq_cst
};

/// Seeded bugs; each ring has a list of its own, by number.
enum class ring_bug : std::uint8_t {
    none,
    publishes_relaxed,
    pop_looks_relaxed,
    gives_back_relaxed,
    push_looks_relaxed,
    publishes_unordered,   // of a strict ring: release is all
    pop_looks_unordered,   // acquire is all
    gives_back_unordered,  // release is all
    push_looks_unordered,  // acquire is all
    publishes_first,
    full_too_early,
    full_too_late,
    narrow_positions,
    push_looks_once,
    pop_looks_once,
    remembers_too_much,
    batch_begins_again,
    batch_stops_short,
};

/// Bug `number` of a list that begins with number 1; none for what is not in it.
[[nodiscard]] consteval ring_bug seeded(int number, std::initializer_list<ring_bug> list) {
    if (number < 1 || static_cast<std::size_t>(number) > list.size()) return ring_bug::none;
    return list.begin()[number - 1];
}

template <ring_shape Shape, ring_bug Bug, sync::policy Sync, class T>
class index_ring {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    using number = typename Sync::template atomic<std::uint64_t>;

    struct nothing {
        explicit constexpr nothing(std::uint64_t) noexcept {}
    };
    using memory =
        std::conditional_t<Shape.remembers, typename Sync::template var<std::uint64_t>, nothing>;

    static constexpr std::memory_order chosen(ring_bug relaxed, ring_bug unordered,
                                              std::memory_order enough) noexcept {
        if (Bug == relaxed) return std::memory_order_relaxed;
        return Shape.strict && Bug != unordered ? std::memory_order_seq_cst : enough;
    }
    static constexpr auto k_publishes = chosen(
        ring_bug::publishes_relaxed, ring_bug::publishes_unordered, std::memory_order_release);
    static constexpr auto k_pop_looks = chosen(
        ring_bug::pop_looks_relaxed, ring_bug::pop_looks_unordered, std::memory_order_acquire);
    static constexpr auto k_gives_back = chosen(
        ring_bug::gives_back_relaxed, ring_bug::gives_back_unordered, std::memory_order_release);
    static constexpr auto k_push_looks = chosen(
        ring_bug::push_looks_relaxed, ring_bug::push_looks_unordered, std::memory_order_acquire);

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = Shape.strict ? fullness::strict : fullness::weak,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(slot<T, Sync>);

    explicit index_ring(std::size_t capacity, std::uint64_t origin = 0)
        : head_(origin),
          tail_seen_(origin),
          tail_(origin),
          head_seen_(origin),
          capacity_(capacity),
          mask_(ceil_pow2(capacity) - 1),
          slots_(std::make_unique<slot<T, Sync>[]>(mask_ + 1)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
    }
    ~index_ring() noexcept(Sync::k_nothrow) { take_all(*this); }
    index_ring(const index_ring&) = delete;
    index_ring& operator=(const index_ring&) = delete;

    /// The producer's.
    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        // Relaxed: nobody else writes it.
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        if (room_behind(tail, 1) == 0) return false;
        if constexpr (Bug == ring_bug::publishes_first) {
            publish(tail + 1);
            widen_window();
            slots_[place_of(tail)].put(std::move(item));
            return true;
        }
        slots_[place_of(tail)].put(std::move(item));
        publish(tail + 1);
        return true;
    }

    /// The producer's (S12): the consumer sees all of them at once.
    std::size_t push_many(std::span<T> items) noexcept(Sync::k_nothrow) {
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        const auto count = static_cast<std::size_t>(
            std::min<std::uint64_t>(items.size(), room_behind(tail, items.size())));
        if (count == 0) return 0;
        const std::size_t first = until_the_end(tail, count);
        put_run<T, Sync>(&slots_[place_of(tail)], items.first(first));
        put_run<T, Sync>(
            slots_.get(),
            items.subspan(Bug == ring_bug::batch_begins_again ? 0 : first, count - first));
        publish(tail + count);
        return count;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        if (items_from(head, 1) == 0) return answer::empty;
        popped<T> out(slots_[place_of(head)].take());
        give_back(head + 1);
        return out;
    }

    /// The consumer's (S12): the producer sees all places at once.
    std::size_t pop_many(std::span<T> room) noexcept(
        Sync::k_nothrow) requires std::is_nothrow_move_assignable_v<T> {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        const auto count = static_cast<std::size_t>(
            std::min<std::uint64_t>(room.size(), items_from(head, room.size())));
        if (count == 0) return 0;
        const std::size_t first = until_the_end(head, count);
        take_run<T, Sync>(&slots_[place_of(head)], room.first(first));
        take_run<T, Sync>(slots_.get(), room.subspan(first, count - first));
        give_back(head + count);
        return count;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    /// How many items fit behind `tail`. Less than `wanted` is the truth of a look just made; where
    /// what is remembered gives as much, there is no look.
    [[nodiscard]] std::uint64_t room_behind(std::uint64_t tail,
                                            std::uint64_t wanted) noexcept(Sync::k_nothrow) {
        if constexpr (Shape.remembers) {
            const std::uint64_t known = most() - (tail - head_seen_.get());
            if (known >= wanted || Bug == ring_bug::push_looks_once) return known;
            if (known > 0 && Bug == ring_bug::batch_stops_short) return known;
        }
        // Acquire: the slots that are free since then were read by the consumer.
        const std::uint64_t head = head_.load(k_push_looks);
        if constexpr (Shape.remembers) head_seen_.set(head);
        return most() - (tail - head);
    }

    /// How many items there are from `head` on; as above.
    [[nodiscard]] std::uint64_t items_from(std::uint64_t head,
                                           std::uint64_t wanted) noexcept(Sync::k_nothrow) {
        if constexpr (Shape.remembers) {
            const std::uint64_t known = tail_seen_.get() - head;
            if (known >= wanted || Bug == ring_bug::pop_looks_once) return known;
        }
        // Acquire: the items up to the number are there.
        const std::uint64_t tail = tail_.load(k_pop_looks);
        if constexpr (Shape.remembers) {
            const bool is_one_more = Bug == ring_bug::remembers_too_much && tail != head;
            tail_seen_.set(is_one_more ? tail + 1 : tail);
        }
        return tail - head;
    }

    // Release: whoever sees the number sees the items.
    void publish(std::uint64_t tail) noexcept(Sync::k_nothrow) { tail_.store(tail, k_publishes); }
    // Release: whoever sees the number may write the slots.
    void give_back(std::uint64_t head) noexcept(Sync::k_nothrow) {
        head_.store(head, k_gives_back);
    }

    [[nodiscard]] std::uint64_t most() const noexcept {
        if (Bug == ring_bug::full_too_early) return capacity_ - 1;
        return Bug == ring_bug::full_too_late ? capacity_ + 1 : capacity_;
    }
    [[nodiscard]] std::uint64_t place_of(std::uint64_t position) const noexcept {
        if constexpr (Bug == ring_bug::narrow_positions) {
            return static_cast<std::uint32_t>(position) % capacity_;
        }
        return position & mask_;
    }
    /// How many of `count` places from a position on come before the slots begin again.
    [[nodiscard]] std::size_t until_the_end(std::uint64_t position,
                                            std::size_t count) const noexcept {
        const std::uint64_t all = Bug == ring_bug::narrow_positions ? capacity_ : mask_ + 1;
        return static_cast<std::size_t>(std::min<std::uint64_t>(count, all - place_of(position)));
    }

    static constexpr std::size_t k_apart =
        Shape.apart ? k_no_false_sharing : alignof(std::uint64_t);

    // The consumer's line, then the producer's; what is remembered lies beside its owner's end.
    alignas(k_no_false_sharing) number head_;
    [[no_unique_address]] memory tail_seen_;
    alignas(k_apart) number tail_;
    [[no_unique_address]] memory head_seen_;
    // Not beside the ends: both sides read these in every call, and nobody writes them.
    alignas(k_no_false_sharing) const std::size_t capacity_;
    const std::uint64_t mask_;
    const std::unique_ptr<slot<T, Sync>[]> slots_;
};

}  // namespace cyclone::queue
