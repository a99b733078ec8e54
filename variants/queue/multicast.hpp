// The Disruptor's multicast: producers publish items in a ring, and every one of a fixed number of
// consumers sees every item, all in the same order, each at its own pace. Nothing is copied for a
// second consumer and nothing is handed out; the slowest consumer holds the producers up.
//
// It is no queue in the sense of queue.hpp, where an item goes to one consumer.
//
// Semantics   M1 every consumer is given every item whose publication succeeded, once, by number
//             M2 number n is the same item for all consumers; the items of one producer rise
//             M3 try_publish fails only if the slowest consumer was `capacity` items behind, as
//                seen in the call
//             M4 consume gives nothing, though something is published, only behind a number whose
//                producer is still at work
//             M5 what a thread did before its publication is seen by each consumer of the item;
//                what a consumer did with an item comes before the publication that takes its
//                entry
//
// Source      Thompson, Farley, Barker, Gee and Stewart, LMAX 2011; numbers: sequencer.hpp
// Cost        publish: one read-modify-write when alone, and a look at all consumers once a round.
//             consume: a load an item and a store a batch
// Progress    try_publish lock-free, consume wait-free
// Invariants  those of sequencer.hpp with slowest() the least of the consumers' numbers
// Orders      each consumer's number is released by it and acquired in slowest(); the rest is
//             sequencer.hpp's
// Thread-safety: try_publish any thread; each consumer number is one thread's at a time
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "variants/queue/sequencer.hpp"

namespace cyclone::queue {

template <class T, unsigned Consumers, sync::policy Sync = sync::native, int Mutant = 0>
class multicast {
    static_assert(Consumers >= 1, "somebody must read");
    static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>,
                  "an item of a multicast is read by several, so each is given a copy");

    struct reader {
        alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> next;
    };
    using entry = typename Sync::template var<T>;

 public:
    using value_type = T;
    static constexpr unsigned k_consumers = Consumers;

    /// `capacity` is rounded up to a power of two, at least 2; numbers begin at `origin`.
    explicit multicast(std::size_t capacity, std::uint64_t origin = 0)
        : numbers_(capacity, origin), entries_(std::make_unique<entry[]>(numbers_.capacity())) {
        // Relaxed: whoever gives the multicast to other threads publishes it.
        for (reader& one : readers_) one.next.store(origin, std::memory_order_relaxed);
    }
    multicast(const multicast&) = delete;
    multicast& operator=(const multicast&) = delete;

    /// Its number, or nothing when there is no room.
    [[nodiscard]] std::optional<std::uint64_t> try_publish(T item) noexcept(Sync::k_nothrow) {
        std::uint64_t mine = 0;
        if (!numbers_.try_claim(mine, [this] { return slowest(); })) return std::nullopt;
        if constexpr (Mutant == 1) numbers_.publish(mine);
        entries_[numbers_.index(mine)].set(item);
        if constexpr (Mutant != 1) numbers_.publish(mine);
        return mine;
    }

    /// Calls see(number, item) for what is published from the consumer's number on, at most `most`
    /// times, and then gives the places back; returns how many.
    template <class F>
    std::size_t consume(unsigned who, std::size_t most, F see) {
        CYCLONE_ASSERT(who < Consumers);
        auto& next = readers_[who].next;
        const std::uint64_t first = next.load(std::memory_order_relaxed);  // its own
        // Not past a round, whose flags are of the numbers that are being read.
        const std::uint64_t end = first + std::min<std::uint64_t>(most, numbers_.capacity());
        std::uint64_t mine = first;
        for (; mine != end && numbers_.is_published(mine); ++mine) {
            see(mine, entries_[numbers_.index(mine)].get());
        }
        if (mine != first) {
            next.store(mine, Mutant == 5 ? std::memory_order_relaxed : std::memory_order_release);
        }
        return mine - first;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return numbers_.capacity(); }

 private:
    /// Numbers go round: the least is the one from which the others are ahead.
    [[nodiscard]] std::uint64_t slowest() const noexcept(Sync::k_nothrow) {
        std::uint64_t least = readers_[0].next.load(std::memory_order_acquire);
        for (unsigned i = 1; i < (Mutant == 8 ? 1 : Consumers); ++i) {
            const std::uint64_t other = readers_[i].next.load(std::memory_order_acquire);
            if (static_cast<std::int64_t>(other - least) < 0) least = other;
        }
        return least;
    }

    sequencer<Mutant, Sync> numbers_;
    const std::unique_ptr<entry[]> entries_;
    std::array<reader, Consumers> readers_;
};

}  // namespace cyclone::queue
