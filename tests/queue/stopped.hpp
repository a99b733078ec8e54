// One real thread that is stopped before one of its steps, while others go on (sync_failing.hpp).
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <thread>

#include "base/sync_failing.hpp"
#include "support/suite.hpp"

namespace cyclone::queue::test {

constexpr std::uint64_t k_steps_max = 1000;  ///< more than any call here has

/// Runs `call` in a thread that stops before step `step`, `meanwhile` while it stands, and then
/// lets it go on, whatever `meanwhile` throws. False: the call has no such step.
inline bool stopped_at(std::uint64_t step, const std::function<void()>& call,
                       const std::function<void()>& meanwhile) {
    struct ending {
        sync::puppet& victim;
        std::thread thread;
        bool stands = false;
        ~ending() {
            if (stands) victim.release();
            thread.join();
        }
    };
    sync::puppet victim("victim", sync::stall_at(step));
    ending at_end{victim, std::thread([&] { victim.run(call); })};
    at_end.stands = victim.wait_until_stalled();
    if (at_end.stands) meanwhile();
    return at_end.stands;
}

}  // namespace cyclone::queue::test
