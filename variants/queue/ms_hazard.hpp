// Michael and Scott's queue with hazard pointers: a call publishes the two nodes that it stands on,
// and what pops take away is given back when nobody does. What waits is bounded, whoever stops.
//
// Source      Michael and Scott 1996 (the list, michael_scott.hpp); Michael 2004 (hazard pointers,
//             and this queue with them); the domain is variants/reclamation/hazard_pointers.hpp
// Cost        push: an allocation, two read-modify-writes and one full fence; pop: one and two.
//             Every 256th pop of a thread looks through all hazard pointers
// Progress    lock-free, both ends, but for the allocator
// Invariants, Orders   in the pieces, domain_nodes.hpp and michael_scott.hpp
// Bound       nodes that wait: the domain's backlog_max
#pragma once

#include "base/assert.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "variants/queue/domain_nodes.hpp"
#include "variants/queue/participants.hpp"
#include "variants/reclamation/hazard_pointers.hpp"

namespace cyclone::queue {

namespace detail {

/// The domain, and two seeded bugs of its own in the place of 4 and 5 of the list: its fences order
/// what those would not.
template <int Mutant, sync::policy Sync>
using domain_of_ms_hazard = cyclone::reclamation::hazard_pointers<no_work,
                                                                  Mutant == 4   ? 2
                                                                  : Mutant == 5 ? 3
                                                                                : 0,
                                                                  Sync>;

}  // namespace detail

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class ms_hazard : public domain_queue<detail::domain_of_ms_hazard<Mutant, Sync>,
                                      Mutant == 4 || Mutant == 5 ? 0 : Mutant, Sync, T> {
    using base = domain_queue<detail::domain_of_ms_hazard<Mutant, Sync>,
                              Mutant == 4 || Mutant == 5 ? 0 : Mutant, Sync, T>;

 public:
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::hazard_pointers};

    /// There is no capacity to keep to, and there are no positions. At most `places` accesses.
    explicit ms_hazard(std::size_t capacity, std::uint64_t /*origin*/ = 0,
                       unsigned places = k_places<Sync>)
        : base(places) {
        CYCLONE_ASSERT(capacity >= 1);
    }
};

}  // namespace cyclone::queue
