// For an event loop that must push back: the lanes of block_lanes.hpp with an exact bound on what
// is inside of all of them together. A place is a credit; every lane keeps an account of credits, a
// push draws one from its own, and the pop gives it back to the lane that the item came through. So
// credits gather where they are used, and a producer meets others only where the queue is nearly
// full: then it draws from their accounts, one by one, and what it draws comes back to its own.
//
// Source      ours; credits are Kung and Chapman 1993 (credit-based flow control of links),
// lanes.hpp
//             names the rest
// Cost        push: one read-modify-write on a line of its own, three stores. pop: a load or two,
//             two stores; once a run a look at every lane. A full queue is found out by a look at
//             every account
// Progress    push lock-free: a lost compare-and-swap means that another push has drawn there; but
//             for the allocator. pop wait-free. Nothing hides anything
// Invariants  I1 to I4 of lanes.hpp
//             I5 drawn <= returned in every account, modulo 2^64: the difference is its credits;
//             the
//                common account has all of them at first, and gets none back
//             I6 the credits in all accounts, the items inside and the pushes under way that have
//                drawn are capacity() together: every move of a credit is one step of one word
// Orders      accounts carry no data, and are exact because a read-modify-write reads the latest:
//             all of it is relaxed. Who pops earlier than a push is seen by coherence
// Bound       a lane for each access that pushes; memory as each lane has needed at its worst, at
// most capacity()
//             items and two blocks a lane
#pragma once

#include <algorithm>
#include <span>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/access_count.hpp"
#include "variants/queue/lanes.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class credit_lanes {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    class account {
     public:
        explicit account(std::uint64_t first) : account(first, first) {}
        account(std::uint64_t drawn, std::uint64_t returned) : drawn_(drawn), returned_(returned) {}

        /// Up to `most` credits, which is above 0; how many. `returned` is a number that returned_
        /// has been, and is brought up to date where it does not do.
        [[nodiscard]] std::uint64_t draw(std::uint64_t most,
                                         std::uint64_t& returned) noexcept(Sync::k_nothrow) {
            std::uint64_t drawn = drawn_.load(std::memory_order_relaxed);
            for (;;) {
                if (left(returned, drawn) <= 0) {
                    returned = returned_.load(std::memory_order_relaxed);
                    if (left(returned, drawn) <= 0) return 0;
                }
                const std::uint64_t now = std::min(most, returned - drawn);
                if constexpr (Mutant == 9) {
                    drawn_.store(drawn + now, std::memory_order_relaxed);
                    return now;
                }
                if (drawn_.compare_exchange_weak(drawn, drawn + now, std::memory_order_relaxed,
                                                 std::memory_order_relaxed)) {
                    return now;
                }
            }
        }
        /// The consumer's.
        void give_back(std::uint64_t position) noexcept(Sync::k_nothrow) {
            returned_.store(position, std::memory_order_relaxed);
        }

     private:
        static constexpr std::int64_t left(std::uint64_t returned, std::uint64_t drawn) noexcept {
            return static_cast<std::int64_t>(returned - drawn);
        }

        // The producer's line, which others come to when they have nothing left; the consumer's.
        alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> drawn_;
        alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> returned_;
    };
    using all_lanes = lanes<Sync, T, account, Mutant>;
    using lane = typename all_lanes::lane;

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::mpsc,
                                     .keeps = order::fifo_per_producer,
                                     .fills = fullness::weak,
                                     .push = progress::lock_free,
                                     .pop = progress::wait_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = all_lanes::k_bytes_per_item;

    /// A thread's, with its lane and its account.
    class access {
     public:
        using value_type = T;

        /// std::length_error: there are k_accesses_max already.
        explicit access(credit_lanes& queue)
            : counted_(queue.accesses_),
              queue_(queue),
              mine_(queue.lanes_),
              returned_(queue.origin_) {}
        access(const access&) = delete;
        access& operator=(const access&) = delete;

        /// std::bad_alloc passes, and then nothing has happened.
        bool try_push(T&& item) {
            mine_.make_room();
            if (draw(1) == 0) return false;
            mine_.push(std::move(item));
            return true;
        }
        std::size_t push_many(std::span<T> items) {
            std::size_t done = 0;
            while (done < items.size()) {
                const std::uint64_t room = mine_.make_room();
                const std::uint64_t now = draw(std::min<std::uint64_t>(items.size() - done, room));
                if (now == 0) break;
                mine_.push_run(items.subspan(done, now));
                done += now;
            }
            return done;
        }

        /// The consumer's.
        popped<T> try_pop() noexcept(Sync::k_nothrow) { return queue_.lanes_.take(); }
        std::size_t pop_many(std::span<T> room) noexcept(Sync::k_nothrow) {
            return queue_.lanes_.take_many(room);
        }

     private:
        [[nodiscard]] std::uint64_t draw(std::uint64_t most) noexcept(Sync::k_nothrow) {
            lane& own = mine_.where();
            const std::uint64_t got = own.draw(most, returned_);
            return got > 0 ? got : queue_.draw_elsewhere(most, own);
        }

        const access_count::one counted_;
        credit_lanes& queue_;
        typename all_lanes::sender mine_;
        std::uint64_t returned_;  // to the account, as was last seen
    };

    explicit credit_lanes(std::size_t capacity, std::uint64_t origin = 0)
        : lanes_(origin),
          origin_(lanes_.origin()),
          common_(origin_, origin_ + capacity + (Mutant == 8 ? 1 : 0)),
          capacity_(capacity) {
        CYCLONE_ASSERT(capacity >= 1 && capacity <= k_capacity_max);
    }
    ~credit_lanes() noexcept(Sync::k_nothrow) {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            while (lanes_.take()) {
            }
        }
    }
    credit_lanes(const credit_lanes&) = delete;
    credit_lanes& operator=(const credit_lanes&) = delete;

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
    /// Credits from the common account or that of another lane.
    [[nodiscard]] std::uint64_t draw_elsewhere(std::uint64_t most,
                                               const lane& own) noexcept(Sync::k_nothrow) {
        std::uint64_t returned = origin_ + capacity_;
        std::uint64_t got = common_.draw(most, returned);
        if constexpr (Mutant == 10) return got;
        for (lane* one = lanes_.top(); one != nullptr && got == 0; one = one->below) {
            std::uint64_t unknown = origin_;
            if (one != &own) got = one->draw(most, unknown);
        }
        return got;
    }

    all_lanes lanes_;
    const std::uint64_t origin_;
    account common_;
    const std::size_t capacity_;
    access_count accesses_;
};

}  // namespace cyclone::queue
