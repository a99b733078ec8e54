// A queue for each producer, and consumers that go round them. Producers share nothing with one
// another: a push takes no read-modify-write at all. What is given up is the order between
// producers; each one's own items keep theirs.
//
// Source      after Desrochers 2014 (moodycamel::ConcurrentQueue): sub-queues of blocks, one a
//             producer. Ours: a compare-and-swap claims an item that is surely there, so that no
//             place is ever skipped; blocks are used again in their ring, found empty by a look at
//             their cells; and "empty" is strict: see below
// Cost        push: loads and stores, and once a block a look at its cells, a block more where the
//             consumers are that far behind. pop: one read-modify-write; contended, one for every
//             loser too; from a queue of k producers that is empty, 3 k loads
// Progress    push wait-free, but for the allocator. pop lock-free: a lost swap means that another
//             pop has an item, a second look that finds more means that a push has ended
// Invariants  I1 of a shard, pushes_ is its producer's, pops_ <= pushes_; the items are at pops_,
//                ..., pushes_ - 1, modulo 2^64. Both only grow
//             I2 who moved pops_ from p to q owns the items p, ..., q - 1 until he marks their
//                cells as left
//             I3 position p lies in block p / cells, which is in the ring's place of that number;
//                a ring that replaces another has all its blocks, and a place of a ring is written
//                once. So whoever knows that p is there finds it in any ring that he can see
//             I4 a block is used again when all its cells are left; else the ring is doubled
//             I5 shards below used_ are those that were ever pushed to
// Why empty is strict: a pop that finds pops_ = pushes_ in every shard adds up the pushes_, and
// then adds them up again. They only grow, so equal sums say that none has moved, and at the moment
// between the two all shards were empty at once.
// Orders      pushes_ carries the items, the block and the ring; the mark of a cell carries it
// back.
//             pops_ is released and acquired: who finds it moved by another pop sees the pushes
//             that came before that one, in other shards too, or it would say "empty" after them.
//             A place of the table hands a shard over from one producer to the next
#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "variants/queue/participants.hpp"
#include "variants/queue/shard.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class sharded {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    static constexpr bool k_nothrow = Sync::k_nothrow;
    using part = shard<Mutant, Sync, T>;

 public:
    using value_type = T;
    static constexpr traits k_traits{.keeps = order::fifo_per_producer,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::wait_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = part::k_bytes;

    /// A block has as many cells as the capacity says, but 2 at least and 256 at most. Each shard's
    /// positions begin at `origin`. At most `places` accesses.
    explicit sharded(std::size_t capacity, std::uint64_t origin = 0,
                     unsigned places = k_places<Sync>)
        : places_(places), rooms_(std::make_unique<room[]>(places)) {
        CYCLONE_ASSERT(capacity >= 1 && places >= 1);
        const std::size_t cells = std::bit_ceil(std::clamp(capacity, k_cells_min, k_cells_max));
        for (unsigned i = 0; i < places; ++i) rooms_[i].items.open(cells, origin);
    }
    ~sharded() noexcept(k_nothrow) {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (unsigned i = 0; i < places_; ++i) {
                part& items = rooms_[i].items;
                for (auto one = items.claim(1); one.count != 0; one = items.claim(1)) {
                    static_cast<void>(items.take(one.from));
                }
            }
        }
    }
    sharded(const sharded&) = delete;
    sharded& operator=(const sharded&) = delete;

    /// One a thread (S11): the producer of a shard, and a consumer of all.
    class access {
     public:
        using value_type = T;

        explicit access(sharded& queue) : queue_(&queue), place_(queue.join()) {}
        ~access() noexcept(k_nothrow) {
            // Release: what this producer has done in its shard, to the next one.
            queue_->rooms_[place_].taken.store(
                0, Mutant == 8 ? std::memory_order_relaxed : std::memory_order_release);
        }
        access(const access&) = delete;
        access& operator=(const access&) = delete;

        /// Always true; std::bad_alloc passes, and then nothing has happened.
        bool try_push(T&& item) {
            if (!is_known_) introduce();
            queue_->rooms_[place_].items.push(std::move(item));
            return true;
        }
        /// All of them (S12); what std::bad_alloc leaves out, a count below says.
        std::size_t push_many(std::span<T> items) {
            if (!is_known_) introduce();
            return queue_->rooms_[place_].items.push_many(items);
        }

        popped<T> try_pop() noexcept(k_nothrow) {
            const auto got = claim(1);
            if (got.count == 0) return answer::empty;
            return popped<T>(got.of->take(got.from));
        }
        /// As many as there are, from shard after shard (S12).
        std::size_t pop_many(std::span<T> space) noexcept(k_nothrow) {
            std::size_t done = 0;
            while (done < space.size()) {
                const auto got = claim(space.size() - done);
                if (got.count == 0) break;
                for (std::uint64_t i = 0; i < got.count; ++i) {
                    space[done++] = got.of->take(got.from + i);
                }
            }
            return done;
        }

     private:
        struct claimed {
            part* of = nullptr;
            std::uint64_t from = 0;
            std::uint64_t count = 0;
        };

        /// From here on consumers look at the shard.
        void introduce() noexcept(k_nothrow) {
            auto& used = queue_->used_;
            std::uint32_t seen = used.load(std::memory_order_relaxed);
            // Relaxed: nothing is read through it but what the constructor has made.
            while (seen <= place_ &&
                   !used.compare_exchange_strong(seen, place_ + 1, std::memory_order_relaxed,
                                                 std::memory_order_relaxed)) {
            }
            is_known_ = true;
        }

        /// Items of one shard that are now the caller's; none: there was a moment without any.
        claimed claim(std::uint64_t most) noexcept(k_nothrow) {
            for (;;) {
                const std::uint32_t used = queue_->used_.load(std::memory_order_relaxed);
                std::uint64_t sum = 0;
                for (std::uint32_t i = 0; i < used; ++i) {
                    if (turn_ >= used) go_on(0);
                    part& items = queue_->rooms_[turn_].items;
                    const auto got = items.claim(std::min(most, left_));
                    if (got.count != 0) {
                        left_ -= got.count;
                        const claimed all{&items, got.from, got.count};
                        if (left_ == 0) go_on(turn_ + 1);
                        return all;
                    }
                    sum += got.from;
                    if constexpr (Mutant == 6) widen_window();
                    go_on(turn_ + 1);
                }
                if (Mutant == 6 || queue_->is_still(used, sum)) return {};
            }
        }
        void go_on(std::uint32_t to) noexcept {
            turn_ = to;
            left_ = k_run;
        }

        sharded* queue_;
        std::uint32_t place_;
        bool is_known_ = false;
        std::uint32_t turn_ = 0;      ///< the shard that is looked at next
        std::uint64_t left_ = k_run;  ///< items that it may still give before another's turn
    };

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    static constexpr std::size_t k_cells_min = 2;
    static constexpr std::size_t k_cells_max = 256;
    static constexpr std::uint64_t k_run = 256;

    struct room {
        part items;
        alignas(k_no_false_sharing) typename Sync::template atomic<std::uint32_t> taken{0};
    };

    [[nodiscard]] std::uint32_t join() {
        for (std::uint32_t i = 0; i < places_; ++i) {
            std::uint32_t seen = rooms_[i].taken.load(std::memory_order_relaxed);
            if (seen == 0 && rooms_[i].taken.compare_exchange_strong(
                                 seen, 1, std::memory_order_acquire, std::memory_order_relaxed)) {
                return i;
            }
        }
        throw std::length_error("queue: all " + std::to_string(places_) +
                                " places are taken: make it with more places, or let an access "
                                "go first");
    }

    /// Whether nothing was pushed since pushes_ added up to `sum` over `used` shards. Relaxed:
    /// what this must not miss came before a pop whose pops_ was acquired.
    [[nodiscard]] bool is_still(std::uint32_t used, std::uint64_t sum) noexcept(k_nothrow) {
        for (std::uint32_t i = 0; i < used; ++i) sum -= rooms_[i].items.pushes();
        return sum == 0 && used_.load(std::memory_order_relaxed) == used;
    }

    const unsigned places_;
    const std::unique_ptr<room[]> rooms_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint32_t> used_{0};
};

}  // namespace cyclone::queue
