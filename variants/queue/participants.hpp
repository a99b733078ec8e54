// How many threads a queue with places of its own (S11) is made for, by policy; an inner piece of
// those queues.
//
// In the explorer every object is two events of every execution, and a look at all places is an
// event each, so a queue there has as many places as its scenarios have threads. A policy that
// stops threads at every step needs few as well. What ships has k_accesses_max.
#pragma once

#include <concepts>
#include <cstdint>

#include "base/sync.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

/// Whether an object under the policy is more than its value: the explorer's are names of what is
/// in its graph.
template <sync::policy Sync>
inline constexpr bool k_objects_are_dear = sizeof(typename Sync::template atomic<std::uint32_t>) !=
                                           sizeof(std::uint32_t);

/// Places of a queue that is not told another number.
template <sync::policy Sync>
inline constexpr unsigned k_places = std::derived_from<Sync, sync::native> ? k_accesses_max
                                     : k_objects_are_dear<Sync>            ? 4
                                                                           : 8;

}  // namespace cyclone::queue
