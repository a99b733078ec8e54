// Checking a waker with real threads: what the contract says, one by one. The same checks serve the
// tests and the gate of the benchmark. A sleep that should have ended is waited for generously, and
// what a busy machine may spoil (that only one of several wakes) is asked of the best of many.
//
// Every check ends by itself if a wake-up is lost: who watches then wakes everybody, again and
// again. Should even that not help, the program ends with a message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "wake/any.hpp"

namespace cyclone::wake {

using maker = result<std::unique_ptr<any>> (*)();

struct violation {
    std::string property;  ///< "W1 lost", for instance
    std::string detail;
};

/// How far the checks go.
struct effort {
    std::uint64_t rounds = 20000;     ///< of ping-pong and of handovers
    std::uint64_t items = 20000;      ///< of a producer in the crowd
    std::int64_t patience_ms = 2000;  ///< without any progress, a thread asleep has been lost
    std::int64_t quiet_ms = 20;       ///< how long a sleep that must go on is watched
    std::uint64_t seed = 1;
};

// Each answers nothing if all is well.
/// W1, W3, W9: a notify between prepare and sleep ends the sleep; one thread.
[[nodiscard]] std::optional<violation> check_between(maker make, const effort& how);
/// W6 of one thread, where the variant counts.
[[nodiscard]] std::optional<violation> check_idle(maker make);
/// W4, W5: notifies of the past do not end a sleep.
[[nodiscard]] std::optional<violation> check_made_up(maker make, const effort& how);
/// W1, W7: several asleep; notify_one ends at least one sleep, notify_all all.
[[nodiscard]] std::optional<violation> check_several(maker make, const effort& how);
/// W2: plain data that nothing but the wake orders; also for the thread sanitizer.
[[nodiscard]] std::optional<violation> check_visible(maker make, const effort& how);
/// W1: two threads in turn, each asleep while it is the other's. The turns are plain stores.
[[nodiscard]] std::optional<violation> check_ping_pong(maker make, const effort& how);
/// W1: producers that each publish by plain stores, and sleepers that take what there is.
[[nodiscard]] std::optional<violation> check_crowd(maker make, unsigned producers,
                                                   unsigned consumers, const effort& how);
/// W1, W3, W5, W6: a program of prepare, cancel, notify and sleep, a byte each, by one thread that
/// holds several keys, against a model that knows which sleeps must end.
[[nodiscard]] std::optional<violation> check_program(maker make,
                                                     std::span<const std::uint8_t> program,
                                                     const effort& how);

/// All of the above; the first thing found broken. About a second as it stands.
[[nodiscard]] std::optional<violation> find_violation(maker make, const effort& how = {});

}  // namespace cyclone::wake
