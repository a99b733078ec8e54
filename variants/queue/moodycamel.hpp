// Peer: moodycamel's concurrent queue, with a token of each thread, as its author advises.
//
// Source      concurrentqueue 1.0.3, concurrentqueue.h; as moodycamel_plain
// Declares    as moodycamel_plain. The README lists the ways of using it from the fastest to the
//             slowest: in bulk with tokens, in bulk without, one at a time with tokens, without
// Cost        push: one store, and a new block every 32 items. pop: two or three read-modify-writes
//             at the producer that the token stands at, then at the next
// Progress    as moodycamel_plain
// Limits      as moodycamel_plain. The producer's token is made with the first push of an access,
//             since a producer that never pushes would be one more for all consumers to look at
#pragma once

#include <algorithm>
#include <concurrentqueue/concurrentqueue.h>
#include <new>
#include <optional>
#include <stdexcept>

#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class moodycamel {
    using queue_type = ::moodycamel::ConcurrentQueue<std::uint64_t>;

    /// One of the places for accesses (S11); the library itself has as many as there is memory.
    class place {
     public:
        explicit place(sync::native::atomic<unsigned>& taken) : taken_(taken) {
            if (taken_.fetch_add(1, std::memory_order_relaxed) < k_accesses_max) return;
            taken_.fetch_sub(1, std::memory_order_relaxed);
            throw std::length_error("moodycamel: more accesses than k_accesses_max; let one go");
        }
        ~place() { taken_.fetch_sub(1, std::memory_order_relaxed); }
        place(const place&) = delete;
        place& operator=(const place&) = delete;

     private:
        sync::native::atomic<unsigned>& taken_;
    };

 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.keeps = order::fifo_per_producer,
                                     .empties = emptiness::weak,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = 11;  // a block of 32: 320 bytes; its index: 16

    class access {
     public:
        using value_type = std::uint64_t;

        explicit access(moodycamel& queue)
            : mine_(queue.accesses_), queue_(queue.queue_), consumer_(queue.queue_) {}

        bool try_push(value_type&& item) {
            if (!queue_.enqueue(producer(), item)) throw std::bad_alloc();
            return true;
        }

        popped<value_type> try_pop() {
            value_type item = 0;
            if (!queue_.try_dequeue(consumer_, item)) return answer::empty;
            return popped<value_type>(std::move(item));
        }

        std::size_t push_many(std::span<value_type> items) {
            if (items.empty()) return 0;
            if (!queue_.enqueue_bulk(producer(), items.data(), items.size())) {
                throw std::bad_alloc();
            }
            return items.size();
        }
        std::size_t pop_many(std::span<value_type> room) {
            return room.empty() ? 0 : queue_.try_dequeue_bulk(consumer_, room.data(), room.size());
        }

     private:
        const ::moodycamel::ProducerToken& producer() {
            if (!producer_) [[unlikely]] {
                producer_.emplace(queue_);
                if (!producer_->valid()) {
                    producer_.reset();
                    throw std::bad_alloc();
                }
            }
            return *producer_;
        }

        const place mine_;
        queue_type& queue_;
        std::optional<::moodycamel::ProducerToken> producer_;
        ::moodycamel::ConsumerToken consumer_;
    };

    /// Blocks for `capacity` items are there from the beginning, as far as that is reasonable.
    explicit moodycamel(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : queue_(std::min(capacity, k_made_first)) {}

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    static constexpr std::size_t k_made_first = std::size_t{1} << 16;

    queue_type queue_;
    sync::native::atomic<unsigned> accesses_{0};
};

}  // namespace cyclone::queue
