// A ring of cache lines, each of which carries its items and, beside them, how far the producer is.
// Lamport's ring has that number in a line of its own, so that each item that is waited for costs
// two transfers, one after the other: the number, then the item. Here it is written into the line
// that is being written anyway, and one transfer brings both. The consumer tells how far it is in
// the usual way, in a line of its own; the producer remembers what it saw of that, and looks again
// only when the ring would be full.
//
// Source      ours; of Lamport 1977 and Lee, Bu and Chandranmenon 2010 (what is remembered), and of
//             the channels of Baumann et al. 2009 (Barrelfish): a line a message, whose last word
//             says that it is there. There a line is written once; here it is added to, item by
//             item, and each is seen at once
// Cost        push: a move of the item and two stores, both into one line that is in the cache but
//             for the first item of a line. pop: a move, a store, and a look when the items seen
//             are used up: once a line where the producer is ahead. A look at the consumer's
//             number is made when the ring looks full: once a round of it
// Worth       ns an item on two cores of a Xeon (Sapphire Rapids), items of 8 bytes, 4096 of them,
//             medians, with it for without it. The number in the line and not in one of its own
//             (cached_spsc): 285 for 455 a round trip. Asking for the line behind the next when a
//             line begins: 3.7 for 5.3 one by one; one line further 8.6, as the producer is writing
//             there. In batches of 64, asking nine lines ahead: 1.9 for 2.6; a copy of a whole line
//             and not slot by slot: 2.6 for 4.3. The producer asking for its lines ahead: nothing,
//             and in batches 2.9 for 2.2
// Progress    wait-free, both ends
// Invariants  I1 head_ is written by the consumer only, everything else by the producer only but
//                what the consumer keeps for itself; positions only grow
//             I2 tail_ - head_ <= capacity_, modulo 2^64; the items lie in the order of their
//                positions in the slots of one line after the other, going round
//             I3 the number of a line is the position behind the latest item that was put there:
//                ahead of head_, when head_ is in that line, exactly if there is an item
//             I4 head_seen_ <= head_ and tail_seen_ <= tail_
// Orders      the number of a line carries the items to the consumer, head_ the empty slots back:
//             a release and an acquire each. That lines are looked at one by one makes no
//             difference: items before a number are there, in whichever line they are
// Bound       none: positions go round at 2^64
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "variants/queue/item_line.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class line_ring {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    using line = item_line<T, Sync>;
    template <class V>
    using own = typename Sync::template var<V>;
    static constexpr std::size_t k_items = line::k_items;

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::spsc,
                                     .fills = fullness::weak,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = (sizeof(line) + k_items - 1) / k_items;

    explicit line_ring(std::size_t capacity, std::uint64_t origin = 0)
        : capacity_(capacity),
          lines_(std::make_unique<line[]>(count_for(capacity))),
          end_(lines_.get() + count_for(capacity)),
          head_(origin),
          tail_seen_(origin),
          from_(lines_.get()),
          head_first_(origin),
          tail_(origin),
          head_seen_(origin),
          to_(lines_.get()),
          tail_first_(origin) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
        // Relaxed: whoever gives the queue to other threads publishes it.
        for (line* one = lines_.get(); one != end_; ++one) {
            one->tail.store(Mutant == 9 ? 0 : origin, std::memory_order_relaxed);
        }
    }
    ~line_ring() noexcept(Sync::k_nothrow) { take_all(*this); }
    line_ring(const line_ring&) = delete;
    line_ring& operator=(const line_ring&) = delete;

    /// The producer's.
    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        const std::uint64_t tail = tail_.get();
        if (room_behind(tail, 1) == 0) return false;
        line* const here = to_.get();
        const auto place = static_cast<std::size_t>(tail - tail_first_.get());
        if constexpr (Mutant == 5) {
            tell(*here, tail + 1);
            widen_window();
        }
        here->items[place].put(std::move(item));
        if constexpr (Mutant != 5) tell(*here, tail + 1);
        tail_.set(tail + 1);
        if (place + 1 == k_items) {
            to_.set(after(here));
            tail_first_.set(tail + 1);
        }
        return true;
    }

    /// The producer's (S12): a line at a time, and each is seen as soon as it is full.
    std::size_t push_many(std::span<T> items) noexcept(Sync::k_nothrow) {
        std::uint64_t tail = tail_.get();
        const auto count = static_cast<std::size_t>(
            std::min<std::uint64_t>(items.size(), room_behind(tail, items.size())));
        const std::uint64_t end = tail + count;
        line* here = to_.get();
        std::uint64_t first = tail_first_.get();
        for (std::size_t done = 0; done < count;) {
            const auto place = static_cast<std::size_t>(tail - first);
            const std::size_t run = std::min(count - done, k_items - place);
            here->put(place, items.subspan(done, run));
            done += run;
            tail += run;
            if (Mutant != 7 || tail == end) tell(*here, Mutant == 8 ? end : tail);
            if (place + run == k_items) {
                here = after(here);
                first = tail;
            }
        }
        tail_.set(tail);
        to_.set(here);
        tail_first_.set(first);
        return count;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        // Relaxed: nobody else writes it.
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        line* const here = from_.get();
        if (head == tail_seen_.get() && !find_items(*here, head)) return answer::empty;
        const auto place = static_cast<std::size_t>(head - head_first_.get());
        popped<T> out(here->items[place].take());
        if (place + 1 == k_items) {
            line* const next = after(here);
            ask_for(*after(next));
            from_.set(next);
            head_first_.set(head + 1);
        }
        give_back(head + 1);
        return out;
    }

    /// The consumer's (S12): the producer sees all places at once.
    std::size_t pop_many(std::span<T> room) noexcept(
        Sync::k_nothrow) requires std::is_nothrow_move_assignable_v<T> {
        std::uint64_t head = head_.load(std::memory_order_relaxed);
        line* here = from_.get();
        std::uint64_t first = head_first_.get();
        std::size_t done = 0;
        while (done < room.size()) {
            if (head == tail_seen_.get() && !find_items(*here, head)) break;
            const auto place = static_cast<std::size_t>(head - first);
            const auto seen = static_cast<std::size_t>(tail_seen_.get() - head);
            const std::size_t run = std::min({room.size() - done, k_items - place, seen});
            if (end_ - lines_.get() > k_ahead) ask_for(*line_ahead(here));
            here->take(place, room.subspan(done, run));
            done += run;
            head += run;
            if (place + run == k_items) {
                here = after(here);
                first = head;
            }
        }
        if (done == 0) return 0;
        from_.set(here);
        head_first_.set(first);
        give_back(head);
        return done;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    [[nodiscard]] static std::size_t count_for(std::size_t capacity) noexcept {
        return (capacity + k_items - 1) / k_items;
    }
    [[nodiscard]] line* after(line* one) const noexcept {
        return one + 1 == end_ ? lines_.get() : one + 1;
    }

    static constexpr std::ptrdiff_t k_ahead = 9;  ///< lines: a batch of 64

    /// In a ring of more lines than that.
    [[nodiscard]] line* line_ahead(line* one) const noexcept {
        return end_ - one > k_ahead ? one + k_ahead : lines_.get() + (k_ahead - (end_ - one));
    }
    /// A line that will be looked at soon. It may be written at the moment: nothing is read here.
    static void ask_for([[maybe_unused]] const line& soon) noexcept {
        if constexpr (std::same_as<Sync, sync::native>) __builtin_prefetch(&soon);
    }

    /// How many items fit behind `tail`; less than `wanted` is what a look just made has shown.
    [[nodiscard]] std::uint64_t room_behind(std::uint64_t tail,
                                            std::uint64_t wanted) noexcept(Sync::k_nothrow) {
        const std::uint64_t known = capacity_ - (tail - head_seen_.get());
        if (known >= wanted) return known;
        // Acquire: the slots that are free since then were read by the consumer.
        const std::uint64_t head =
            head_.load(Mutant == 4 ? std::memory_order_relaxed : std::memory_order_acquire);
        head_seen_.set(head);
        return capacity_ - (tail - head);
    }

    /// Whether there is an item at `head`, which is in this line; everything seen is used up.
    [[nodiscard]] bool find_items(line& here, std::uint64_t head) noexcept(Sync::k_nothrow) {
        // Acquire: the items before the number are there.
        const std::uint64_t tail =
            here.tail.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
        // What an earlier round has left is behind.
        if (Mutant == 6 ? tail == head : !is_ahead(tail, head)) return false;
        tail_seen_.set(tail);
        return true;
    }

    // Release: whoever sees the number sees the items before it.
    void tell(line& here, std::uint64_t tail) noexcept(Sync::k_nothrow) {
        here.tail.store(tail, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
    }
    // Release: whoever sees the number may write the slots.
    void give_back(std::uint64_t head) noexcept(Sync::k_nothrow) {
        head_.store(head, Mutant == 3 ? std::memory_order_relaxed : std::memory_order_release);
    }

    // What nobody writes; the consumer's line; the producer's, which nobody else reads.
    alignas(k_no_false_sharing) const std::size_t capacity_;
    const std::unique_ptr<line[]> lines_;
    line* const end_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    own<std::uint64_t> tail_seen_;
    own<line*> from_;
    own<std::uint64_t> head_first_;  ///< the position of the first slot of that line
    alignas(k_no_false_sharing) own<std::uint64_t> tail_;
    own<std::uint64_t> head_seen_;
    own<line*> to_;
    own<std::uint64_t> tail_first_;
};

}  // namespace cyclone::queue
