// An unbounded queue of one producer and one consumer: a list of blocks, each some cache lines of
// items that say themselves how far the producer is (item_line.hpp). The producer fills the last
// block and adds another; the consumer empties the first and goes on to the next. Blocks that it
// has left are filled again, the oldest first, so that once the queue has been as long as it gets
// nothing is allocated any more.
//
// Source      Vyukov 2009 (unbounded SPSC queue: a list whose nodes, once passed, are the
// producer's
//             again), with blocks for nodes as in cameron314/readerwriterqueue; the numbers in the
//             lines are those of line_ring.hpp
// Cost        that of line_ring.hpp; every k_block items a step to the next block, which reads and
//             writes one pointer of each side's, and allocates if the queue has never been so long
// Progress    wait-free, both ends, but for the allocator
// Invariants  I1 from oldest_ along `next` come the blocks that the consumer has left, then its own
//                (at_), then those that it has not come to, then last_, whose `next` is null
//             I2 `next` is written by the producer only: null before the block is linked, and once
//                when the one behind it is
//             I3 the number of a line is the position behind the latest item put there; in a line
//                that was not written yet it is not ahead of the line's first position
//             I4 left_seen_ was at_ once: blocks before it are nobody's but the producer's
// Orders      the number of a line carries its items, `next` the block with its null and its
//             numbers, at_ the emptied blocks back: a release and an acquire each
// Bound       none. It holds as many blocks as it ever held at once, and one; they are given back
//             when it is destroyed
#pragma once

#include <algorithm>
#include <concepts>
#include <new>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "variants/queue/item_line.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class block_spsc {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    using line = item_line<T, Sync>;
    template <class V>
    using own = typename Sync::template var<V>;
    static constexpr std::size_t k_items = line::k_items;
    // About 4 KiB; where every step is looked at, one line, so that blocks are used again.
    static constexpr std::size_t k_lines = std::same_as<Sync, sync::native> ? 63 : 1;

    struct block {
        /// No line holds anything, and `origin` is the position of the first slot.
        explicit block(std::uint64_t origin) noexcept(Sync::k_nothrow) {
            // Relaxed: the link publishes the block.
            for (line& one : lines) one.tail.store(origin, std::memory_order_relaxed);
        }
        typename Sync::template atomic<block*> next;
        line lines[k_lines];
    };

 public:
    using value_type = T;
    static constexpr std::size_t k_block = k_lines * k_items;  ///< items of a block
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = (sizeof(block) + k_block - 1) / k_block;

    /// There is no capacity to keep to.
    explicit block_spsc(std::size_t /*capacity*/, std::uint64_t origin = 0)
        : block_spsc(*Sync::template make<block>(origin), origin) {}
    ~block_spsc() noexcept(Sync::k_nothrow) {
        take_all(*this);
        block* one = oldest_.get();
        while (one != nullptr) {
            block* const next = one->next.load(std::memory_order_relaxed);
            Sync::dispose(one);
            if constexpr (Mutant == 8) break;
            one = next;
        }
    }
    block_spsc(const block_spsc&) = delete;
    block_spsc& operator=(const block_spsc&) = delete;

    /// The producer's. Always true; std::bad_alloc passes, and then nothing has happened.
    bool try_push(T&& item) {
        line* here = to_.get();
        if (here == nullptr) here = add_block();
        const std::uint64_t tail = tail_.get();
        const auto place = static_cast<std::size_t>(tail - tail_first_.get());
        here->items[place].put(std::move(item));
        tell(*here, tail + 1);
        filled(here, place + 1, tail + 1);
        return true;
    }

    /// The producer's (S12): a line at a time. Where there is no memory for more after some items
    /// are in, it says how many.
    std::size_t push_many(std::span<T> items) {
        std::size_t done = 0;
        while (done < items.size()) {
            line* here = to_.get();
            if (here == nullptr) here = try_add_block(done > 0);
            if (here == nullptr) break;
            const std::uint64_t tail = tail_.get();
            const auto place = static_cast<std::size_t>(tail - tail_first_.get());
            const std::size_t run = std::min(items.size() - done, k_items - place);
            here->put(place, items.subspan(done, run));
            tell(*here, tail + run);
            filled(here, place + run, tail + run);
            done += run;
        }
        return done;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::uint64_t head = head_.get();
        line* here = from_.get();
        if (head == tail_seen_.get() && find_items(here, head) == 0) return answer::empty;
        const auto place = static_cast<std::size_t>(head - head_first_.get());
        if constexpr (Mutant == 7) {
            const bool is_last = place + 1 == k_items &&
                                 line_behind(here, *at_.load(std::memory_order_relaxed)) == nullptr;
            if (is_last && next_block() != nullptr) {
                widen_window();
                head_.set(head + 1);
                head_first_.set(head + 1);
                return popped<T>(here->items[place].take());
            }
        }
        popped<T> out(here->items[place].take());
        emptied(here, place + 1, head + 1);
        return out;
    }

    /// The consumer's (S12).
    std::size_t pop_many(std::span<T> room) noexcept(
        Sync::k_nothrow) requires std::is_nothrow_move_assignable_v<T> {
        std::size_t done = 0;
        while (done < room.size()) {
            const std::uint64_t head = head_.get();
            line* here = from_.get();
            std::uint64_t seen = tail_seen_.get() - head;
            if (seen == 0) seen = find_items(here, head);
            if (seen == 0) break;
            const auto place = static_cast<std::size_t>(head - head_first_.get());
            const auto run = static_cast<std::size_t>(
                std::min<std::uint64_t>({room.size() - done, k_items - place, seen}));
            here->take(place, room.subspan(done, run));
            emptied(here, place + run, head + run);
            done += run;
        }
        return done;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    block_spsc(block& first, std::uint64_t origin) noexcept(Sync::k_nothrow)
        : at_(&first),
          head_(origin),
          tail_seen_(origin),
          from_(first.lines),
          head_first_(origin),
          tail_(origin),
          to_(first.lines),
          tail_first_(origin),
          last_(&first),
          oldest_(&first),
          left_seen_(&first) {}

    /// The next line of the block, or null.
    [[nodiscard]] static line* line_behind(line* here, block& in) noexcept {
        return here + 1 == in.lines + k_lines ? nullptr : here + 1;
    }

    void filled(line* here, std::size_t places, std::uint64_t tail) noexcept(Sync::k_nothrow) {
        tail_.set(tail);
        if (places < k_items) return;
        to_.set(line_behind(here, *last_.get()));
        tail_first_.set(tail);
    }
    void emptied(line* here, std::size_t places, std::uint64_t head) noexcept(Sync::k_nothrow) {
        head_.set(head);
        if (places < k_items) return;
        // Relaxed: nobody else writes it.
        from_.set(line_behind(here, *at_.load(std::memory_order_relaxed)));
        head_first_.set(head);
    }

    // Release: whoever sees the number sees the items before it.
    void tell(line& here, std::uint64_t tail) noexcept(Sync::k_nothrow) {
        here.tail.store(tail, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
    }

    /// How many items are seen from `head` on, all earlier ones being used up. `here` is their
    /// line, or null where the block is used up: then it becomes the first line of the next.
    [[nodiscard]] std::uint64_t find_items(line*& here,
                                           std::uint64_t head) noexcept(Sync::k_nothrow) {
        if (here == nullptr) here = next_block();
        if (here == nullptr) return 0;
        // Acquire: the items before the number are there.
        const std::uint64_t tail =
            here->tail.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
        if (!is_ahead(tail, head)) return 0;
        tail_seen_.set(tail);
        return tail - head;
    }

    /// Goes on to the next block, if there is one: the one that is left is the producer's again.
    [[nodiscard]] line* next_block() noexcept(Sync::k_nothrow) {
        // Relaxed: nobody else writes it.
        block* const left = at_.load(std::memory_order_relaxed);
        // Acquire: the block behind the link.
        block* const next =
            left->next.load(Mutant == 6 ? std::memory_order_relaxed : std::memory_order_acquire);
        if (next == nullptr) return nullptr;
        // Release: its items were read.
        at_.store(next, Mutant == 3 ? std::memory_order_relaxed : std::memory_order_release);
        from_.set(next->lines);
        return next->lines;
    }

    [[nodiscard]] line* try_add_block(bool may_fail) {
        try {
            return add_block();
        } catch (const std::bad_alloc&) {
            if (!may_fail) throw;
            return nullptr;
        }
    }

    /// Returns its first line.
    line* add_block() {
        block* const added = spare_block();
        // Relaxed: the link publishes it.
        if constexpr (Mutant != 5) added->next.store(nullptr, std::memory_order_relaxed);
        // Release: the block, to the consumer.
        last_.get()->next.store(added, std::memory_order_release);
        last_.set(added);
        to_.set(added->lines);
        return added->lines;
    }

    /// One that the consumer has left, or a new one.
    [[nodiscard]] block* spare_block() {
        block* const oldest = oldest_.get();
        if (oldest == left_seen_.get()) {
            // Acquire: the blocks before it were read.
            left_seen_.set(
                at_.load(Mutant == 4 ? std::memory_order_relaxed : std::memory_order_acquire));
            if (oldest == left_seen_.get()) return Sync::template make<block>(tail_.get());
        }
        // Relaxed: the producer wrote it.
        oldest_.set(oldest->next.load(std::memory_order_relaxed));
        return oldest;
    }

    // The consumer's line, of which the producer reads the first word once a block; then the
    // producer's, which nobody else reads.
    alignas(k_no_false_sharing) typename Sync::template atomic<block*> at_;
    own<std::uint64_t> head_;
    own<std::uint64_t> tail_seen_;
    own<line*> from_;                ///< null when the block is used up
    own<std::uint64_t> head_first_;  ///< the position of the first slot of that line
    alignas(k_no_false_sharing) own<std::uint64_t> tail_;
    own<line*> to_;  ///< null when the block is full
    own<std::uint64_t> tail_first_;
    own<block*> last_;
    own<block*> oldest_;
    own<block*> left_seen_;
};

}  // namespace cyclone::queue
