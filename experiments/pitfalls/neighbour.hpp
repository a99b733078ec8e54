#pragma once
// Another job on the same processor: a thread that sleeps, wakes and computes takes the processor
// away as a stranger's program would. The driver pins the process, so that both share one.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "base/sync.hpp"

namespace cyclone::pitfalls {

class neighbour {
 public:
    /// Sleeps about `sleep_ns` and computes about `work_ns`, in turns, until it is destroyed; both
    /// are exponential around these means.
    neighbour(std::uint64_t seed, double sleep_ns, double work_ns)
        : thread_([this, seed, sleep_ns, work_ns] { live(rng(seed), sleep_ns, work_ns); }) {}
    neighbour(const neighbour&) = delete;
    neighbour& operator=(const neighbour&) = delete;
    ~neighbour() {
        stop_.store(true, std::memory_order_relaxed);
        thread_.join();
    }

 private:
    static constexpr std::int64_t k_slice_ns = 1'000'000;  // how soon it notices the end

    [[nodiscard]] bool stopped() const { return stop_.load(std::memory_order_relaxed); }

    void live(rng random, double sleep_ns, double work_ns) {
        while (!stopped()) {
            const std::int64_t wake = until(random.exponential(sleep_ns));
            for (std::int64_t left = 1; left > 0 && !stopped();) {
                left = wake - clock::monotonic_ns();
                std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(left, k_slice_ns)));
            }
            const std::int64_t end = until(random.exponential(work_ns));
            while (clock::monotonic_ns() < end && !stopped()) sync::native::pause();
        }
    }

    static std::int64_t until(double ns) {
        return clock::monotonic_ns() + static_cast<std::int64_t>(ns);
    }

    sync::native::atomic<bool> stop_{false};
    std::thread thread_;  // last: it uses what stands above
};

}  // namespace cyclone::pitfalls
