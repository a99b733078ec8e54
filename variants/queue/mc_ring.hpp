// MCRingBuffer: a ring whose ends remember each other's number, and tell their own only once in a
// batch. What has been pushed and not been told is not seen, until the batch is full or a flush:
// a producer that stops in the middle of one leaves items behind that nobody can pop.
//
// Source      Lee, Bu and Chandranmenon 2010 (MCRingBuffer, the whole of it). Beside the paper's: a
//             push that finds no room and a pop that finds nothing tell what they have (S13), so
//             that two ends that only try again cannot wait for each other; and the flushes
// Cost        a move of the item and a few loads and stores of the end's own line; two transfers
//             of a line a batch where the ring is neither full nor empty
// Progress    wait-free, both ends; but see above for whose items are seen when
// Invariants  I1 given_ <= head_ <= shown_ <= tail_ <= given_ + capacity_, modulo 2^64; each end
//                writes two of them, the told one after its own
//             I2 the items at given_, ..., tail_ - 1 have slots of their own: the consumer's from
//                given_ to shown_, the producer's else
//             I3 head_seen_ <= given_ and tail_seen_ <= shown_: what is remembered was told
//             I4 less than a batch is untold at either end when no call is under way
// Orders      shown_ carries a batch of items to the consumer, given_ a batch of slots back
// Bound       none: positions go round at 2^64
// Half of the capacity is the largest batch, or two ends that tell nothing would fill the ring.
#pragma once

#include <algorithm>
#include <memory>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/slot_runs.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class mc_ring {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    using told = typename Sync::template atomic<std::uint64_t>;
    using own = typename Sync::template var<std::uint64_t>;

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free,
                                     .shows = visibility::at_flush};
    static constexpr std::size_t k_bytes_per_item = sizeof(slot<T, Sync>);
    static constexpr std::size_t k_batch = 32;

    /// `batch` at most: see the head of this file.
    explicit mc_ring(std::size_t capacity, std::uint64_t origin = 0, std::size_t batch = k_batch)
        : tail_(origin),
          tail_told_(origin),
          head_seen_(origin),
          shown_(origin),
          head_(origin),
          head_told_(origin),
          tail_seen_(origin),
          given_(origin),
          capacity_(capacity),
          batch_(std::clamp<std::size_t>(batch, 1, std::max<std::size_t>(capacity / 2, 1))),
          mask_(ceil_pow2(capacity) - 1),
          slots_(std::make_unique<slot<T, Sync>[]>(mask_ + 1)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
    }
    ~mc_ring() noexcept(Sync::k_nothrow) {
        flush_pushes();
        take_all(*this);
    }
    mc_ring(const mc_ring&) = delete;
    mc_ring& operator=(const mc_ring&) = delete;

    /// The producer's.
    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        const std::uint64_t tail = tail_.get();
        if (room_behind(tail, 1) == 0) {
            if constexpr (Mutant != 6) show(tail);
            return false;
        }
        if constexpr (Mutant == 5) {
            if (tail + 1 - tail_told_.get() >= batch_) {
                show(tail + 1);
                widen_window();
            }
        }
        slots_[place_of(tail)].put(std::move(item));
        moved_to(tail + 1);
        return true;
    }

    /// The producer's (S12).
    std::size_t push_many(std::span<T> items) noexcept(Sync::k_nothrow) {
        const std::uint64_t tail = tail_.get();
        const auto count = static_cast<std::size_t>(
            std::min<std::uint64_t>(items.size(), room_behind(tail, items.size())));
        const std::size_t first = until_the_end(tail, count);
        put_run<T, Sync>(&slots_[place_of(tail)], items.first(first));
        put_run<T, Sync>(slots_.get(), items.subspan(first, count - first));
        moved_to(tail + count);
        if (count < items.size()) show(tail + count);
        return count;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::uint64_t head = head_.get();
        if (items_from(head, 1) == 0) {
            if constexpr (Mutant != 7) give_back(head);
            return answer::empty;
        }
        popped<T> out(slots_[place_of(head)].take());
        taken_to(head + 1);
        return out;
    }

    /// The consumer's (S12).
    std::size_t pop_many(std::span<T> room) noexcept(
        Sync::k_nothrow) requires std::is_nothrow_move_assignable_v<T> {
        const std::uint64_t head = head_.get();
        const auto count = static_cast<std::size_t>(
            std::min<std::uint64_t>(room.size(), items_from(head, room.size())));
        const std::size_t first = until_the_end(head, count);
        take_run<T, Sync>(&slots_[place_of(head)], room.first(first));
        take_run<T, Sync>(slots_.get(), room.subspan(first, count - first));
        taken_to(head + count);
        if (count < room.size()) give_back(head + count);
        return count;
    }

    /// The producer's, and the consumer's (S13).
    void flush_pushes() noexcept(Sync::k_nothrow) {
        const std::uint64_t tail = tail_.get();
        show(Mutant == 8 && tail != tail_told_.get() ? tail - 1 : tail);
    }
    void flush_pops() noexcept(Sync::k_nothrow) { give_back(head_.get()); }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    /// How many items fit behind `tail`; less than `wanted` is what a look just made has shown.
    [[nodiscard]] std::uint64_t room_behind(std::uint64_t tail,
                                            std::uint64_t wanted) noexcept(Sync::k_nothrow) {
        const std::uint64_t known = capacity_ - (tail - head_seen_.get());
        if (known >= wanted) return known;
        // Acquire: the slots that are free since then were read by the consumer.
        const std::uint64_t head =
            given_.load(Mutant == 4 ? std::memory_order_relaxed : std::memory_order_acquire);
        head_seen_.set(head);
        return capacity_ - (tail - head);
    }

    /// How many shown items there are from `head` on; as above.
    [[nodiscard]] std::uint64_t items_from(std::uint64_t head,
                                           std::uint64_t wanted) noexcept(Sync::k_nothrow) {
        const std::uint64_t known = tail_seen_.get() - head;
        if (known >= wanted) return known;
        // Acquire: the items up to the number are there.
        const std::uint64_t tail =
            shown_.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
        tail_seen_.set(tail);
        return tail - head;
    }

    void moved_to(std::uint64_t tail) noexcept(Sync::k_nothrow) {
        tail_.set(tail);
        if (tail - tail_told_.get() >= batch_) show(tail);
    }
    void taken_to(std::uint64_t head) noexcept(Sync::k_nothrow) {
        head_.set(head);
        if (head - head_told_.get() >= batch_) give_back(head);
    }

    /// Tells it, unless it has been told: an end that tries again and again must not take the line
    /// from the other each time.
    void show(std::uint64_t tail) noexcept(Sync::k_nothrow) {
        if (tail_told_.get() == tail) return;
        tail_told_.set(tail);
        // Release: whoever sees the number sees the items.
        shown_.store(tail, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
    }
    void give_back(std::uint64_t head) noexcept(Sync::k_nothrow) {
        if (head_told_.get() == head) return;
        head_told_.set(head);
        // Release: whoever sees the number may write the slots.
        given_.store(head, Mutant == 3 ? std::memory_order_relaxed : std::memory_order_release);
    }

    [[nodiscard]] std::uint64_t place_of(std::uint64_t position) const noexcept {
        if constexpr (Mutant == 9) return static_cast<std::uint32_t>(position) % capacity_;
        return position & mask_;
    }
    /// How many of `count` places from a position on come before the slots begin again.
    [[nodiscard]] std::size_t until_the_end(std::uint64_t position,
                                            std::size_t count) const noexcept {
        const std::uint64_t all = Mutant == 9 ? capacity_ : mask_ + 1;
        return static_cast<std::size_t>(std::min<std::uint64_t>(count, all - place_of(position)));
    }

    // The producer's own line and the line of what it tells; then the consumer's.
    alignas(k_no_false_sharing) own tail_;
    own tail_told_;
    own head_seen_;
    alignas(k_no_false_sharing) told shown_;
    alignas(k_no_false_sharing) own head_;
    own head_told_;
    own tail_seen_;
    alignas(k_no_false_sharing) told given_;
    alignas(k_no_false_sharing) const std::size_t capacity_;
    const std::size_t batch_;
    const std::uint64_t mask_;
    const std::unique_ptr<slot<T, Sync>[]> slots_;
};

}  // namespace cyclone::queue
