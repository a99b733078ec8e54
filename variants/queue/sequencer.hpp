// Numbers for producers, and word of which of them have been written: the inner piece of the
// Disruptor, disruptor.hpp and multicast.hpp. A producer claims the next number, writes the entry
// of that number and publishes it, in whatever order producers get done; consumers read along the
// numbers as far as they are published. The slowest consumer is the gate: no number is claimed
// whose entry it still has to read.
//
// Source      Thompson, Farley, Barker, Gee and Stewart, LMAX 2011; the flags of many producers
//             are those of its MultiProducerSequencer
// Cost        claim: one read-modify-write when alone, and a look at the consumers each time that
//             the remembered gate is used up. publish: none
// Progress    try_claim lock-free, publish and is_published wait-free. A producer that stands with
//             a claimed number hides what comes behind it
// Invariants  I1 the flag of number n's entry has the round of n once n is published, and that of
//                the round before until then
//             I2 gate_ is not ahead of any consumer: it is one that some producer has seen
//             I3 next_ - capacity is nowhere ahead of the slowest consumer
// Orders      publish releases and is_published acquires: the entry.
//             What a consumer releases when it is through with an entry, `slowest` acquires, and
//             gate_ hands it on from producer to producer. next_ carries nothing
#pragma once

#include <bit>
#include <memory>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <int Mutant, sync::policy Sync>
class sequencer {
 public:
    sequencer(std::size_t capacity, std::uint64_t origin)
        : next_(origin),
          gate_(origin),
          capacity_(ceil_pow2(capacity == 1 ? 2 : capacity)),
          shift_(floor_log2(capacity_)),
          flags_(std::make_unique<flag[]>(capacity_)) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
        // Relaxed: whoever gives the queue to other threads publishes it.
        for (std::uint64_t n = origin; n != origin + capacity_; ++n) {
            flags_[index(n)].store(round_of(n - capacity_), std::memory_order_relaxed);
        }
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t index(std::uint64_t number) const noexcept {
        return number & (capacity_ - 1);
    }

    /// The next number into `mine`, unless its entry is still to be read: false. slowest() says,
    /// with acquire, which number the slowest consumer comes to next.
    template <class Slowest>
    [[nodiscard]] bool try_claim(std::uint64_t& mine, Slowest slowest) noexcept(Sync::k_nothrow) {
        mine = next_.load(std::memory_order_relaxed);
        for (;;) {
            if (Mutant != 2 && !is_free(mine, gate_.load(k_gate_seen))) {
                const std::uint64_t now = slowest();
                // A later look of another producer may be overwritten: the gate is only too
                // careful.
                gate_.store(now, k_gate_set);
                if (!is_free(mine, now)) return false;
            }
            const bool done = next_.compare_exchange_weak(mine, mine + 1, std::memory_order_relaxed,
                                                          std::memory_order_relaxed);
            if (done || Mutant == 7) return true;
        }
    }

    /// The caller's number is written.
    void publish(std::uint64_t mine) noexcept(Sync::k_nothrow) {
        flags_[index(mine)].store(
            round_of(mine), Mutant == 3 ? std::memory_order_relaxed : std::memory_order_release);
    }

    /// For consumers, of numbers that they have not passed.
    [[nodiscard]] bool is_published(std::uint64_t number) const noexcept(Sync::k_nothrow) {
        return flags_[index(number)].load(Mutant == 4
                                              ? std::memory_order_relaxed
                                              : std::memory_order_acquire) == round_of(number);
    }

    /// For a consumer: whether anybody has claimed the number that it comes to. Relaxed: claims
    /// that are earlier are seen by coherence.
    [[nodiscard]] bool is_claimed(std::uint64_t number) const noexcept(Sync::k_nothrow) {
        return next_.load(std::memory_order_relaxed) != number;
    }

 private:
    using flag = typename Sync::template atomic<std::uint32_t>;
    static constexpr auto k_gate_seen =
        Mutant == 6 ? std::memory_order_relaxed : std::memory_order_acquire;
    static constexpr auto k_gate_set =
        Mutant == 6 ? std::memory_order_relaxed : std::memory_order_release;

    /// Numbers go round at 2^64, and a gate may have passed one that was read too early.
    [[nodiscard]] bool is_free(std::uint64_t number, std::uint64_t gate) const noexcept {
        return static_cast<std::int64_t>(number - gate) < static_cast<std::int64_t>(capacity_);
    }
    /// Its lowest bits: a flag is only ever asked about two rounds that follow one another.
    [[nodiscard]] std::uint32_t round_of(std::uint64_t number) const noexcept {
        return static_cast<std::uint32_t>(number >> shift_);
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> next_;
    typename Sync::template atomic<std::uint64_t> gate_;  // the producers', as next_ is
    alignas(k_no_false_sharing) const std::size_t capacity_;
    const unsigned shift_;
    const std::unique_ptr<flag[]> flags_;
};

}  // namespace cyclone::queue
