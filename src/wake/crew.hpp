// Threads that may fall asleep for good, and somebody who watches them: a lost wake-up is a thread
// that makes no step, and a check must say so and end, not hang.
//
// Thread-safety: step() and giving_up() from any body; the rest from the thread that made the crew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "base/sync.hpp"
#include "wake/any.hpp"

namespace cyclone::wake {

class crew {
 public:
    /// The bodies sleep on `wakers` and on nothing else. Without a step of any of them for so long,
    /// one has been lost.
    crew(std::vector<any*> wakers, std::int64_t patience_ms);
    ~crew();
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;

    void start(std::function<void()> body);

    /// A body has got somewhere.
    void step() noexcept { steps_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t steps() const noexcept {
        return steps_.load(std::memory_order_relaxed);
    }
    /// Somebody was lost: bodies end when they see this, also in the middle.
    [[nodiscard]] bool giving_up() const noexcept {
        return giving_up_.load(std::memory_order_relaxed);
    }

    /// Waits until steps() is at least `steps`. False if that took longer than the patience.
    [[nodiscard]] bool reaches(std::uint64_t steps) const;
    /// Waits until every body has ended. False if one was lost; it was then woken by force.
    [[nodiscard]] bool join();

 private:
    [[nodiscard]] bool all_ended() const noexcept {
        return ended_.load(std::memory_order_acquire) == threads_.size();
    }
    [[nodiscard]] bool wait_for_end() const;
    void wake_by_force();

    std::vector<any*> wakers_;
    std::int64_t patience_ns_;
    sync::native::atomic<std::uint64_t> steps_{0};
    sync::native::atomic<std::size_t> ended_{0};
    sync::native::atomic<bool> giving_up_{false};
    std::vector<std::thread> threads_;
};

}  // namespace cyclone::wake
