// Peer: xenium's Michael-Scott queue with epochs.
//
// Source      xenium 0.0.2, xenium/michael_scott_queue.hpp over
//             xenium/reclamation/generic_epoch_based.hpp (epoch_based: Fraser's, all threads looked
//             at every 100 critical regions)
// Declares    the comments of its members: an unbounded lock-free FIFO queue; push always allocates
//             a node; try_pop is false where there is nothing to pop
// Cost        push: an allocation and two read-modify-writes when alone; pop: one; an epoch is
//             entered and left with a fence
// Progress    lock-free as declared, but for the allocator; and a thread that stops in a call stops
//             the freeing of memory, as with all epochs. No step of it can be stopped but the
//             making of the item, which is before it touches the queue
// Limits      of xenium's faster queues the bounded one of Nikolaev is not in this version, and
//             those of Ramalhete and Kirsch hold pointers only: 64-bit numbers do not fit
#pragma once

#include <array>  // which the next two forget
#include <xenium/michael_scott_queue.hpp>
#include <xenium/reclamation/generic_epoch_based.hpp>

#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class xenium_ms {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::epochs};
    // The item, its link, and for the retired a virtual table and a link.
    static constexpr std::size_t k_bytes_per_item = 4 * sizeof(value_type);

    explicit xenium_ms(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0) {}

    bool try_push(value_type&& item) {
        queue_.push(item);
        return true;
    }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!queue_.try_pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    using epochs = xenium::policy::reclaimer<xenium::reclamation::epoch_based<>>;

    xenium::michael_scott_queue<value_type, epochs> queue_;
};

}  // namespace cyclone::queue
