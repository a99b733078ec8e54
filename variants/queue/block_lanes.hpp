// For an event loop: many producers without bound, one consumer that must know for certain that
// there is nothing. Each producer has a lane of blocks of its own, so producers never meet, a push
// is two plain stores and no read-modify-write, and the consumer takes whole runs of items after
// one look. What it does not give is an order between producers.
//
// Source      ours; lanes.hpp names what it is made of. A queue a producer is Desrochers' idea
//             (moodycamel::ConcurrentQueue); that one consumer makes "empty" exact is what is added
// Cost        push: two stores. pop: a load or two, once a run a look at every lane
// Progress    wait-free, both ends, but for the allocator; nothing hides anything
// Invariants  I1 to I4 of lanes.hpp
// Orders      lanes.hpp
// Bound       a lane for each access that pushes; memory as each lane has needed at its worst
#pragma once

#include <algorithm>
#include <span>

#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "variants/queue/access_count.hpp"
#include "variants/queue/lanes.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class block_lanes {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    struct nothing_more {
        explicit nothing_more(std::uint64_t /*first*/) noexcept {}
        static void give_back(std::uint64_t /*position*/) noexcept {}
    };
    using all_lanes = lanes<Sync, T, nothing_more, Mutant>;

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::mpsc,
                                     .keeps = order::fifo_per_producer,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = all_lanes::k_bytes_per_item;

    /// A thread's, with its lane.
    class access {
     public:
        using value_type = T;

        /// std::length_error: there are k_accesses_max already.
        explicit access(block_lanes& queue)
            : counted_(queue.accesses_), queue_(queue), mine_(queue.lanes_) {}
        access(const access&) = delete;
        access& operator=(const access&) = delete;

        /// Always true; std::bad_alloc passes, and then nothing has happened.
        bool try_push(T&& item) {
            mine_.make_room();
            mine_.push(std::move(item));
            return true;
        }
        std::size_t push_many(std::span<T> items) {
            std::size_t done = 0;
            while (done < items.size()) {
                const std::size_t now =
                    std::min<std::size_t>(items.size() - done, mine_.make_room());
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
        const access_count::one counted_;
        block_lanes& queue_;
        typename all_lanes::sender mine_;
    };

    /// There is no capacity to keep to.
    explicit block_lanes(std::size_t /*capacity*/, std::uint64_t origin = 0) : lanes_(origin) {}
    ~block_lanes() noexcept(Sync::k_nothrow) {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            while (lanes_.take()) {
            }
        }
    }
    block_lanes(const block_lanes&) = delete;
    block_lanes& operator=(const block_lanes&) = delete;

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    all_lanes lanes_;
    access_count accesses_;
};

}  // namespace cyclone::queue
