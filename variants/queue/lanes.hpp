// Lanes: each producer has a queue of its own, of one producer and one consumer and without bound,
// and the one consumer of them all goes round. An inner piece of block_lanes.hpp and
// credit_lanes.hpp.
//
// A lane is a ring of blocks. The producer fills the block at its back and publishes how many items
// it has pushed in all; the consumer empties the block at the front, and says which block that is
// when it goes on to the next. So the producer may fill every block from its own round to the front
// again, and makes a new one, between the two, only where the ring is full: memory is what the lane
// has needed at its worst, and a lane that is kept empty goes through two blocks for ever.
//
// Source      the queue of a producer: Vyukov 2009 (unbounded SPSC, nodes used again), with blocks
//             as in Desrochers 2014; that the consumer is alone makes the round exact, see
//             Emptiness
// Cost        push: two stores, no read of what the consumer writes but once a block. pop: a load
//             where the last look has shown more; else a look at each lane, at worst
// Progress    wait-free, both ends, but for the allocator
// Emptiness   strict, though lanes are looked at one after the other: only the consumer takes items
//             out, so a lane found empty was empty when the round began, and they all were then
// Invariants  I1 lanes are put on top of the list and stay until the end; a lane belongs to one
//                access, from its first push on, or to none and then to the next that comes
//             I2 items of a lane are at positions head, ..., tail - 1, the one at p in slot p %
//             k_slots
//                of its block; both ends go on to `next` of their block where p % k_slots is 0
//             I3 from the producer's block along `next` come the blocks that are free, then from
//                `front` on those with items, and then the producer's block again
//             I4 the consumer reads `next` of a block when items behind it are published, the
//                producer writes it before: it never changes in a block that is full
// Orders      tail carries items, front carries emptied slots back: release and acquire each. A
// lane
//             that changes hands carries what its producer knew. The rest is one thread's own
// Bound       as many lanes as there were accesses that push at a time; blocks as above. All of it
// is
//             given back at the end
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <span>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

/// `More` is what else a lane has, made from the first position; its give_back(position) is called
/// when an item has been taken from the lane.
template <sync::policy Sync, class T, class More, int Mutant = 0>
class lanes {
    // 2 KiB of 8-byte items: long enough that the ends seldom meet, short enough to stay in a first
    // level cache. Small under other policies, where blocks shall be left in small tests too.
    static constexpr std::uint64_t k_slots = std::derived_from<Sync, sync::native> ? 256 : 2;

    struct block {
        std::array<slot<T, Sync>, k_slots> slots;
        typename Sync::template var<block*> next;
    };

 public:
    static constexpr std::size_t k_bytes_per_item = (sizeof(block) + k_slots - 1) / k_slots;

    /// What an access knows of its lane.
    struct standing {
        std::uint64_t position;  // of the next item
        std::uint64_t end;       // of the block, or where the next one is needed
        block* back;
    };

    struct lane : More {
        explicit lane(std::uint64_t first)
            : More(first), tail(first), left({first, first, nullptr}), head(first), seen(first) {}

        // The producer writes it and does not read it: the line may be away.
        alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail;
        // Seldom written.
        alignas(k_no_false_sharing) typename Sync::template atomic<block*> front;
        typename Sync::template atomic<bool> owned{true};
        typename Sync::template var<standing> left;  // by the access before
        lane* below = nullptr;                       // written before others know the lane
        // The consumer's alone.
        alignas(k_no_false_sharing) std::uint64_t head;
        std::uint64_t seen;  // items up to here are there
        block* here = nullptr;
    };

    /// The end of a lane that pushes: an access's, in its own memory.
    class sender {
     public:
        explicit sender(lanes& all) noexcept : all_(all) {}
        ~sender() noexcept(Sync::k_nothrow) {
            if (lane_ == nullptr) return;
            lane_->left.set(at_);
            // Release: what the next access of this lane goes on from.
            lane_->owned.store(false, std::memory_order_release);
        }
        sender(const sender&) = delete;
        sender& operator=(const sender&) = delete;

        /// Room for one item at least: how many. std::bad_alloc passes, and nothing has happened.
        std::uint64_t make_room() {
            if (at_.position == at_.end) [[unlikely]]
                step();
            return at_.end - at_.position;
        }
        /// After make_room().
        void push(T&& item) noexcept(Sync::k_nothrow) {
            put(std::move(item));
            publish();
        }
        /// The same of several, at most as many as there is room for. They are seen all at once.
        void push_run(std::span<T> items) noexcept(Sync::k_nothrow) {
            for (T& one : items) put(std::move(one));
            publish();
        }

        /// After make_room().
        [[nodiscard]] lane& where() noexcept { return *lane_; }

     private:
        void put(T&& item) noexcept(Sync::k_nothrow) {
            if constexpr (Mutant == 6) {
                lane_->tail.store(at_.position + 1, std::memory_order_release);
                widen_window();
            }
            at_.back->slots[at_.position % k_slots].put(std::move(item));
            ++at_.position;
        }
        void publish() noexcept(Sync::k_nothrow) {
            // Release: whoever sees the number sees the items.
            lane_->tail.store(at_.position,
                              Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
        }

        /// To the next block: the one behind, if the consumer has left it, else a new one. Before
        /// the first push there is no lane: who never pushes is none that must be looked at.
        void step() {
            if (lane_ == nullptr) {
                lane_ = &all_.taken();
                at_ = lane_->left.get();
                if (at_.position != at_.end) return;
            }
            // Acquire: the consumer has read what is in the blocks before its front.
            constexpr auto k_left =
                Mutant == 4 ? std::memory_order_relaxed : std::memory_order_acquire;
            block* const behind = at_.back == nullptr ? nullptr : at_.back->next.get();
            if (behind != nullptr && (Mutant == 5 || behind != lane_->front.load(k_left))) {
                at_.back = behind;
            } else {
                block* const more = Sync::template make<block>();
                more->next.set(behind == nullptr ? more : behind);
                if (at_.back == nullptr) {
                    // Relaxed: the first item that is published carries it.
                    lane_->front.store(more, std::memory_order_relaxed);
                } else {
                    at_.back->next.set(more);
                }
                at_.back = more;
            }
            at_.end = at_.position + k_slots;
        }

        lanes& all_;
        lane* lane_ = nullptr;
        standing at_{};
    };

    /// Positions begin at a block's first slot at or before `origin`.
    explicit lanes(std::uint64_t origin) : origin_(origin - origin % k_slots) {}
    ~lanes() noexcept(Sync::k_nothrow) {
        for (lane* one = top_.load(std::memory_order_relaxed); one != nullptr;) {
            lane* const below = one->below;
            block* const first = one->front.load(std::memory_order_relaxed);
            for (block* at = first; at != nullptr;) {
                block* const next = at->next.get();
                Sync::dispose(at);
                at = next == first ? nullptr : next;
            }
            Sync::dispose(one);
            one = below;
        }
    }
    lanes(const lanes&) = delete;
    lanes& operator=(const lanes&) = delete;

    /// The consumer's. A lane is left where the last look ends, or its block: no producer keeps the
    /// others waiting for longer than that.
    [[nodiscard]] popped<T> take() noexcept(Sync::k_nothrow) {
        lane* const from = served();
        return from == nullptr ? popped<T>(answer::empty) : popped<T>(taken_from(*from));
    }
    [[nodiscard]] std::size_t take_many(std::span<T> room) noexcept(Sync::k_nothrow) {
        std::size_t done = 0;
        while (done < room.size()) {
            lane* const from = served();
            if (from == nullptr) break;
            do {
                room[done++] = taken_from(*from);
            } while (done < room.size() && from->head != from->seen);
        }
        return done;
    }

    [[nodiscard]] std::uint64_t origin() const noexcept { return origin_; }

    /// The lanes from the latest; for those who look at what More has.
    [[nodiscard]] lane* top() const noexcept(Sync::k_nothrow) {
        return top_.load(std::memory_order_acquire);
    }

 private:
    /// A lane without a producer, or a new one.
    [[nodiscard]] lane& taken() {
        for (lane* one = top(); one != nullptr; one = one->below) {
            bool owned = one->owned.load(std::memory_order_relaxed);
            // Acquire: what its last producer knew.
            if (!owned && one->owned.compare_exchange_strong(owned, true, std::memory_order_acquire,
                                                             std::memory_order_relaxed)) {
                return *one;
            }
        }
        lane* const mine = Sync::template make<lane>(origin_);
        lane* top = top_.load(std::memory_order_relaxed);
        do {
            mine->below = top;
            // Release: what is in the lane.
        } while (!top_.compare_exchange_weak(top, mine, std::memory_order_release,
                                             std::memory_order_relaxed));
        return *mine;
    }

    /// The next in the round.
    [[nodiscard]] lane* behind(const lane* from) const noexcept(Sync::k_nothrow) {
        lane* const below = from == nullptr ? nullptr : from->below;
        return below == nullptr ? top() : below;
    }

    /// A lane with items: the one that was served last, while the last look at it holds; then the
    /// first in the round behind it. Null: there is none.
    [[nodiscard]] lane* served() noexcept(Sync::k_nothrow) {
        lane* const last = served_.get();
        if (last != nullptr && last->head != last->seen) return last;
        lane* const first = behind(last);
        if (first == nullptr) return nullptr;
        lane* one = first;
        do {
            if (Mutant == 7 && one == last) return nullptr;  // it was looked at a while ago
            if (has_more(*one)) {
                served_.set(one);
                return one;
            }
            one = behind(one);
        } while (one != first);
        return nullptr;
    }

    /// A look at a lane in which everything seen has been taken.
    [[nodiscard]] static bool has_more(lane& at) noexcept(Sync::k_nothrow) {
        // Acquire: the items up to the number are there.
        const std::uint64_t tail =
            at.tail.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
        const std::uint64_t head = at.head;
        if (tail == head) return false;
        at.seen = head + std::min(tail - head, k_slots - head % k_slots);
        return true;
    }

    /// From a lane in which something seen has not been taken.
    [[nodiscard]] static T taken_from(lane& at) noexcept(Sync::k_nothrow) {
        const std::uint64_t head = at.head;
        if (head % k_slots == 0) [[unlikely]]
            go_on(at);
        T out = at.here->slots[head % k_slots].take();
        at.head = head + 1;
        at.give_back(head + 1);
        return out;
    }
    static void go_on(lane& at) noexcept(Sync::k_nothrow) {
        block* const done = at.here;
        if (done == nullptr) {
            at.here = at.front.load(std::memory_order_relaxed);
            return;
        }
        block* const next = done->next.get();
        at.here = next;
        // Release: the producer may write the slots of the block that is left.
        at.front.store(next, Mutant == 3 ? std::memory_order_relaxed : std::memory_order_release);
    }

    // Written by those who come, read by everybody; then the consumer's.
    alignas(k_no_false_sharing) typename Sync::template atomic<lane*> top_;
    const std::uint64_t origin_;
    alignas(k_no_false_sharing) typename Sync::template var<lane*> served_;
};

}  // namespace cyclone::queue
