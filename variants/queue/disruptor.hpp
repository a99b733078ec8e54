// The Disruptor as a queue: producers claim numbers, write their entries and publish them in any
// order, and the one consumer reads along as far as they are published. It looks ahead and
// remembers how far that is, and it may read many entries and give their places back with one
// store.
//
// Source      Thompson, Farley, Barker, Gee and Stewart, LMAX 2011, with one gating consumer; the
//             numbers are sequencer.hpp, the multicast that it was made for is multicast.hpp. The
//             third answer of try_pop is ours
// Cost        push: one read-modify-write when alone, and a look at the consumer's number once a
//             round of the ring. pop: none; in batches one store for all
// Progress    push lock-free, pop wait-free. A producer that stands with a claimed number hides
//             what comes behind it
// Invariants  those of sequencer.hpp, and
//             I1 done_ <= ready_ <= done_ + k_ahead: what is between them is published
//             I2 the entries of numbers from done_ on are the producers' until they are published,
//                then the consumer's until done_ has passed them
// Orders      entries on their way out: sequencer.hpp. done_ is released by the consumer, and
//             acquired by producers, in slowest(): the place may be written again
#pragma once

#include <algorithm>
#include <memory>
#include <span>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/sequencer.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class disruptor {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::mpsc,
                                     .empties = emptiness::three_valued,
                                     .fills = fullness::weak,
                                     .holds = capacity_rule::power_of_two,
                                     .push = progress::lock_free,
                                     .pop = progress::wait_free};
    static constexpr std::size_t k_bytes_per_item = sizeof(slot<T, Sync>) + sizeof(std::uint32_t);
    /// How far the consumer looks ahead: a cache line of flags.
    static constexpr std::size_t k_ahead = k_cache_line / sizeof(std::uint32_t);

    explicit disruptor(std::size_t capacity, std::uint64_t origin = 0)
        : numbers_(capacity, origin),
          slots_(std::make_unique<slot<T, Sync>[]>(numbers_.capacity())),
          done_(origin),
          ready_(origin) {}
    ~disruptor() noexcept(Sync::k_nothrow) { take_all(*this); }
    disruptor(const disruptor&) = delete;
    disruptor& operator=(const disruptor&) = delete;

    bool try_push(T&& item) noexcept(Sync::k_nothrow) {
        std::uint64_t mine = 0;
        if (!numbers_.try_claim(mine, [this] { return done_.load(std::memory_order_acquire); })) {
            return false;
        }
        slot<T, Sync>& here = slots_[numbers_.index(mine)];
        if constexpr (Mutant == 1) {
            numbers_.publish(mine);
            widen_window();
            here.put(std::move(item));
            return true;
        }
        here.put(std::move(item));
        if constexpr (Mutant == 8) widen_window();
        numbers_.publish(mine);
        return true;
    }

    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        const std::uint64_t mine = done_.load(std::memory_order_relaxed);  // the consumer's own
        if (published_from(mine) == mine) {
            const bool waits = Mutant != 8 && numbers_.is_claimed(mine);
            return waits ? answer::would_block : answer::empty;
        }
        popped<T> out(slots_[numbers_.index(mine)].take());
        done_.store(mine + 1, k_given_back);
        return out;
    }

    /// S12: the places of a batch go back with one store.
    std::size_t pop_many(std::span<T> room) noexcept(
        Sync::k_nothrow&& std::is_nothrow_move_assignable_v<T>) {
        const std::uint64_t first = done_.load(std::memory_order_relaxed);
        std::uint64_t mine = first;
        for (T& item : room) {
            if (published_from(mine) == mine) break;
            item = slots_[numbers_.index(mine)].take();
            ++mine;
        }
        if (mine != first) done_.store(mine, k_given_back);
        return mine - first;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return numbers_.capacity(); }

 private:
    static constexpr auto k_given_back =
        Mutant == 5 ? std::memory_order_relaxed : std::memory_order_release;

    /// For the consumer, who has come to `mine`: all numbers from it to the one returned, and not
    /// that one, are published. Looks only when nothing is left of the last look.
    [[nodiscard]] std::uint64_t published_from(std::uint64_t mine) noexcept(Sync::k_nothrow) {
        std::uint64_t end = ready_.get();
        if (end != mine) return end;
        // Not past a round: that flag would be of the number that is looked for first.
        const std::uint64_t most = mine + std::min(numbers_.capacity(), k_ahead);
        while (end != most && numbers_.is_published(end)) ++end;
        if constexpr (Mutant == 9) end += end != mine && end != most ? 1 : 0;
        if (end != mine) ready_.set(end);
        return end;
    }

    sequencer<Mutant, Sync> numbers_;
    const std::unique_ptr<slot<T, Sync>[]> slots_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> done_;
    typename Sync::template var<std::uint64_t> ready_;  // the consumer's
};

}  // namespace cyclone::queue
