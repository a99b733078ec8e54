// One producer's queue, the inner piece of sharded.hpp: unbounded, in blocks that a ring of
// pointers leads to, for one producer and any number of consumers. What it is and why it is right
// stands there; the invariants I1 to I4 are its.
//
// Cost        push: loads and stores; pop: one read-modify-write when alone
// Thread-safety: push and push_many are the producer's, claim and take anybody's, the rest nobody's
// while others are in a call
#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

template <int Mutant, sync::policy Sync, class T>
class shard {
    static constexpr bool k_nothrow = Sync::k_nothrow;

    struct cell {
        typename Sync::template atomic<std::uint32_t> full{0};
        slot<T, Sync> item;
    };
    /// Pointers to blocks by the lower bits of their numbers. One that was replaced is kept: the
    /// rings before the last are together as large as it is.
    struct ring {
        using place = typename Sync::template var<cell*>;
        ring(std::uint64_t size, ring* replaced)
            : mask(size - 1), older(replaced), blocks(std::make_unique<place[]>(size)) {}

        [[nodiscard]] place& of(std::uint64_t number) noexcept { return blocks[number & mask]; }

        const std::uint64_t mask;
        ring* const older;
        const std::unique_ptr<place[]> blocks;
    };

 public:
    static constexpr std::size_t k_bytes = sizeof(cell);

    /// Positions from, ..., from + count - 1; none: pushes stood at `from`, and pops too.
    struct run {
        std::uint64_t from = 0;
        std::uint64_t count = 0;
    };

    shard() = default;
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;
    ~shard() noexcept(k_nothrow) {
        ring* at = ring_.load(std::memory_order_relaxed);
        // The last ring has all the blocks.
        for (std::uint64_t i = 0; at != nullptr && i <= at->mask; ++i) {
            const std::unique_ptr<cell[]> gone(at->blocks[i].get());
        }
        while (at != nullptr) {
            ring* const older = at->older;
            Sync::dispose(at);
            at = older;
        }
    }

    /// To be called once, before all else. `cells` is a power of two.
    void open(std::size_t cells, std::uint64_t origin) noexcept(k_nothrow) {
        shift_ = static_cast<unsigned>(std::countr_zero(cells));
        pushes_.store(origin, std::memory_order_relaxed);
        pops_.store(origin, std::memory_order_relaxed);
    }

    /// std::bad_alloc passes, and then nothing has happened.
    void push(T&& item) {
        // Relaxed: nobody else writes it.
        const std::uint64_t mine = pushes_.load(std::memory_order_relaxed);
        put(mine, std::move(item));
        // Release: whoever sees the number sees the item.
        publish(mine + 1);
    }
    /// How many of them are in: below all where std::bad_alloc came after the first.
    std::size_t push_many(std::span<T> items) {
        const std::uint64_t from = pushes_.load(std::memory_order_relaxed);
        std::size_t done = 0;
        while (done < items.size()) {
            const std::uint64_t mine = from + done;
            if (within(mine) == 0 && done != 0) publish(mine);  // what fills a block need not wait
            try {
                put(mine, std::move(items[done]));
            } catch (const std::bad_alloc&) {
                if (done == 0) throw;
                break;
            }
            ++done;
        }
        if (done != 0) publish(from + done);
        return done;
    }

    /// Up to `most` items, at least 1, that are the caller's from now on.
    [[nodiscard]] run claim(std::uint64_t most) noexcept(k_nothrow) {
        // Acquire: what this shard's pops have behind them must not be missed in another shard.
        constexpr auto k_seen = Mutant == 5 ? std::memory_order_relaxed  //
                                            : std::memory_order_acquire;
        constexpr auto k_moved = Mutant == 5 ? std::memory_order_relaxed  //
                                             : std::memory_order_release;
        std::uint64_t from = pops_.load(k_seen);
        for (;;) {
            // Acquire: the items up to the number are there.
            const std::uint64_t in =
                pushes_.load(Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
            const std::uint64_t count = std::min(in - from, most);
            if (count == 0) return {in, 0};
            const std::uint64_t first = from;
            if (pops_.compare_exchange_strong(from, first + count, k_moved, k_seen) ||
                Mutant == 9) {
                return {first, count};
            }
        }
    }

    /// The item at a position that was claimed, once.
    [[nodiscard]] T take(std::uint64_t position) noexcept(k_nothrow) {
        // Acquire: it may be newer than the one that was there when the item was pushed.
        ring& all = *ring_.load(std::memory_order_acquire);
        cell& here = all.of(number(position)).get()[within(position)];
        T out = here.item.take();
        // Release: the producer may write the cell.
        here.full.store(0, Mutant == 3 ? std::memory_order_relaxed : std::memory_order_release);
        return out;
    }

    /// How many were ever pushed, from the origin; relaxed.
    [[nodiscard]] std::uint64_t pushes() const noexcept(k_nothrow) {
        return pushes_.load(std::memory_order_relaxed);
    }

 private:
    [[nodiscard]] std::uint64_t number(std::uint64_t position) const noexcept {
        return position >> shift_;
    }
    [[nodiscard]] std::uint64_t within(std::uint64_t position) const noexcept {
        return position & ((std::uint64_t{1} << shift_) - 1);
    }

    void publish(std::uint64_t upto) noexcept(k_nothrow) {
        pushes_.store(upto, Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
    }

    void put(std::uint64_t mine, T&& item) {
        cell* block = block_.get();
        if (within(mine) == 0 || block == nullptr) {
            block = entered(number(mine));
            block_.set(block);
        }
        cell& here = block[within(mine)];
        here.item.put(std::move(item));
        // Relaxed: who claims the position has acquired it, and who reads it else is this thread.
        here.full.store(1, std::memory_order_relaxed);
    }

    /// The block of this number, with nothing inside.
    [[nodiscard]] cell* entered(std::uint64_t wanted) {
        // Relaxed: nobody else writes it.
        ring* all = ring_.load(std::memory_order_relaxed);
        if (all == nullptr) all = made(1, nullptr);
        cell* const there = all->of(wanted).get();
        if (there != nullptr) {
            if (Mutant == 4 || is_left(there)) return there;
            all = doubled(*all, wanted);
        }
        auto fresh = std::make_unique<cell[]>(std::size_t{1} << shift_);
        all->of(wanted).set(fresh.get());
        return fresh.release();
    }

    /// Whether all items of a block were taken, and not just claimed.
    [[nodiscard]] bool is_left(const cell* block) const noexcept(k_nothrow) {
        for (std::size_t i = 0; i < std::size_t{1} << shift_; ++i) {
            if (block[i].full.load(std::memory_order_acquire) != 0) return false;
        }
        return true;
    }

    /// A ring twice as large, for the number after those that `old` has.
    [[nodiscard]] ring* doubled(ring& old, std::uint64_t next) {
        const std::uint64_t size = old.mask + 1;
        ring* const all = made(2 * size, &old);
        for (std::uint64_t i = next - size + (Mutant == 7 ? 1 : 0); i != next; ++i) {
            all->of(i).set(old.of(i).get());
        }
        // Release: whoever finds it finds the blocks in it.
        ring_.store(all, std::memory_order_release);
        return all;
    }
    [[nodiscard]] ring* made(std::uint64_t size, ring* replaced) {
        ring* const all = Sync::template make<ring>(size, replaced);
        if (replaced == nullptr) ring_.store(all, std::memory_order_relaxed);
        return all;
    }

    // The producer's lines, then the consumers'. The ring's is read in every pop and seldom
    // written.
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> pushes_{0};
    typename Sync::template var<cell*> block_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> pops_{0};
    alignas(k_no_false_sharing) typename Sync::template atomic<ring*> ring_{nullptr};
    unsigned shift_ = 0;
};

}  // namespace cyclone::queue
