// Michael and Scott's queue with epochs: a call says when it came and then walks freely, and what
// pops take away is given back two epochs later. Cheaper for a pop than two hazard pointers, and
// without a bound: a thread that stops inside a call keeps all that is popped meanwhile.
//
// Source      Michael and Scott 1996 (the list, michael_scott.hpp); Fraser 2004 (epochs); the
//             domain is variants/reclamation/epochs.hpp
// Cost        push: an allocation, two read-modify-writes and one full fence; pop: one and one.
//             Every 64th pop of a thread looks at all places
// Progress    lock-free, both ends, but for the allocator; memory is not
// Invariants, Orders   in the pieces, domain_nodes.hpp and michael_scott.hpp
// Bound       none
#pragma once

#include "base/assert.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "variants/queue/domain_nodes.hpp"
#include "variants/queue/participants.hpp"
#include "variants/reclamation/epochs.hpp"

namespace cyclone::queue {

namespace detail {

/// The domain, and two seeded bugs of its own in the place of 4 and 5 of the list: its fences order
/// what those would not.
template <int Mutant, sync::policy Sync>
using domain_of_ms_epochs = cyclone::reclamation::epochs<no_work,
                                                         Mutant == 4   ? 1
                                                         : Mutant == 5 ? 7
                                                                       : 0,
                                                         Sync>;

}  // namespace detail

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class ms_epochs : public domain_queue<detail::domain_of_ms_epochs<Mutant, Sync>,
                                      Mutant == 4 || Mutant == 5 ? 0 : Mutant, Sync, T> {
    using base = domain_queue<detail::domain_of_ms_epochs<Mutant, Sync>,
                              Mutant == 4 || Mutant == 5 ? 0 : Mutant, Sync, T>;

 public:
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::epochs};

    /// There is no capacity to keep to, and there are no positions. At most `places` accesses.
    explicit ms_epochs(std::size_t capacity, std::uint64_t /*origin*/ = 0,
                       unsigned places = k_places<Sync>)
        : base(places) {
        CYCLONE_ASSERT(capacity >= 1);
    }
};

}  // namespace cyclone::queue
