// The workloads of a queue benchmark, templates over the variant, and which variant has which.
//
//   transfer         one producer and one consumer, both as fast as they can: timers-queues P1.
//                    transfer_wake: the consumer sleeps on a waker when it finds nothing
//   transfer_bytes   the same with items of `payload` bytes, where a variant holds any item
//   fan_in           several producers, one consumer: P4. fan_in_wake: on a waker as well;
//                    fan_in_own: in the variant's own pop()
//   pingpong         two threads and two queues, one item on its way: P2; asleep in pingpong_wake
//   paced            items at instants fixed beforehand, and how long each was on its way: P3
//   mix, bursts      threads that all push and pop, of many-to-many queues: P5
//   pair             one thread that pushes and pops: what the calls cost when nobody else is there
//   simulated, ...   processors that are simulated (simulated.hpp)
//
// An operation is an item (pingpong: a round trip; mix and bursts: a call). Whoever cannot go on
// pauses, and yields after a while (crowd.hpp). What that came to is in the values: tries that
// found the queue full or empty for each item, threads and processors, and how much of what is
// timed all threads were at work together: a figure of threads that did not meet is one of
// something else.
#pragma once

#include <string>
#include <vector>

#include "experiments/queue/mix.hpp"
#include "experiments/queue/paced.hpp"
#include "experiments/queue/pair.hpp"
#include "experiments/queue/pingpong.hpp"
#include "experiments/queue/relay.hpp"
#include "experiments/queue/simulated.hpp"

namespace cyclone::queue {

/// What a V can be asked for. `oracle`: the first of the registry.
template <class V>
[[nodiscard]] std::vector<std::string> workloads_of(bool oracle) {
    constexpr kind k_serves = V::k_traits.serves;
    std::vector<std::string> names{"transfer",      "transfer_wake", "pingpong",
                                   "pingpong_wake", "paced",         "pair"};
    if constexpr (k_carries_any<V>) names.emplace_back("transfer_bytes");
    if constexpr (k_serves != kind::spsc) {
        names.emplace_back("fan_in");
        names.emplace_back("fan_in_wake");
        if constexpr (k_waits_itself<V>) names.emplace_back("fan_in_own");
    }
    if constexpr (k_serves == kind::mpmc) {
        names.emplace_back("mix");
        names.emplace_back("bursts");
    }
    for (std::string& name : simulated_workloads<V>(oracle)) names.push_back(std::move(name));
    return names;
}

namespace detail {

[[nodiscard]] inline std::vector<std::string> own_params_of(const std::string& workload) {
    if (workload == "transfer") return {"batch", "capacity", "work"};
    if (workload == "transfer_wake") return {"batch", "capacity", "wake", "work"};
    if (workload == "transfer_bytes") return {"batch", "capacity", "payload", "work"};
    if (workload == "fan_in") return {"batch", "capacity", "producers", "work"};
    if (workload == "fan_in_own") return {"batch", "capacity", "producers", "work"};
    if (workload == "fan_in_wake") return {"batch", "capacity", "producers", "wake", "work"};
    if (workload == "pingpong_wake") return {"capacity", "wake"};
    if (workload == "paced") return {"arrivals", "burst", "capacity", "gap_ns", "wake"};
    if (workload == "mix") return {"capacity", "inside", "shape", "think", "threads"};
    if (workload == "bursts") return {"every", "threads", "timed"};
    if (workload == "pair") return {"capacity", "inside"};
    return {"capacity"};
}

}  // namespace detail

/// The params that a workload knows.
[[nodiscard]] inline std::vector<std::string> params_of(const std::string& workload) {
    if (is_simulated(workload)) return simulated_params(workload);
    std::vector<std::string> names = detail::own_params_of(workload);
    if (workload != "pair") names.emplace_back("cores");  // of those it may use, the first so many
    return names;
}

/// transfer with items of so many bytes; each size is a variant of its own.
template <class V>
[[nodiscard]] std::unique_ptr<lab::batches> make_transfer_bytes(const lab::request& what) {
    const std::uint64_t bytes = what.param("payload", std::uint64_t{64});
    if (bytes == 8) return std::make_unique<relay<V>>(what, 1);
    if (bytes == 16) return std::make_unique<relay<carrying<V, parcel<16>>>>(what, 1);
    if (bytes == 64) return std::make_unique<relay<carrying<V, parcel<64>>>>(what, 1);
    if (bytes == 256) return std::make_unique<relay<carrying<V, parcel<256>>>>(what, 1);
    throw lab::usage_error{fmt::format("--param payload={}: 8, 16, 64 or 256", bytes)};
}

/// One of workloads_of<V>().
template <class V>
[[nodiscard]] std::unique_ptr<lab::batches> make_workload(const lab::request& what) {
    constexpr kind k_serves = V::k_traits.serves;
    const std::string& name = what.workload;
    if (is_simulated(name)) return make_simulated<V>(what);
    if (what.by == lab::meter::work) {
        throw lab::usage_error{"queues do not count their work; use --meter instructions"};
    }
    if (name == "pair") return std::make_unique<pair<V>>(what);
    if (name == "pingpong") return std::make_unique<pingpong<V>>(what);
    if (name == "transfer_wake") return std::make_unique<relay<V, waiting::on_bell>>(what, 1);
    if (name == "pingpong_wake") return std::make_unique<pingpong<V, true>>(what);
    if (name == "paced") return std::make_unique<paced<V>>(what);
    if constexpr (k_carries_any<V>) {
        if (name == "transfer_bytes") return make_transfer_bytes<V>(what);
    }
    if constexpr (k_serves == kind::mpmc) {
        if (name == "mix") return std::make_unique<mix<V>>(what);
        if (name == "bursts") return std::make_unique<bursts<V>>(what);
    }
    if constexpr (k_serves != kind::spsc) {
        const auto producers = [&] { return relay<V>::producers_of(what); };
        if (name == "fan_in") return std::make_unique<relay<V>>(what, producers());
        if (name == "fan_in_wake") {
            return std::make_unique<relay<V, waiting::on_bell>>(what, producers());
        }
        if constexpr (k_waits_itself<V>) {
            if (name == "fan_in_own") {
                return std::make_unique<relay<V, waiting::by_itself>>(what, producers());
            }
        }
    }
    return std::make_unique<relay<V>>(what, 1);
}

}  // namespace cyclone::queue
