// Watching threads by the steps that they make.

#include "wake/crew.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/clock.hpp"

namespace cyclone::wake {

namespace {

constexpr std::int64_t k_ms = 1'000'000;
constexpr std::int64_t k_force_ns = 400 * k_ms;  ///< how long waking by force is tried

void look_again_soon() { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

}  // namespace

crew::crew(std::vector<any*> wakers, std::int64_t patience_ms)
    : wakers_(std::move(wakers)), patience_ns_(patience_ms * k_ms) {}

crew::~crew() { static_cast<void>(join()); }

void crew::start(std::function<void()> body) {
    threads_.emplace_back([this, run = std::move(body)] {
        run();
        ended_.fetch_add(1, std::memory_order_release);
    });
}

bool crew::reaches(std::uint64_t steps) const {
    const std::int64_t end = clock::monotonic_ns() + patience_ns_;
    while (this->steps() < steps) {
        if (clock::monotonic_ns() > end) return false;
        look_again_soon();
    }
    return true;
}

bool crew::wait_for_end() const {
    std::uint64_t seen = steps();
    std::int64_t since = clock::monotonic_ns();
    while (!all_ended()) {
        const std::int64_t now = clock::monotonic_ns();
        if (steps() != seen) {
            seen = steps();
            since = now;
        } else if (now - since > patience_ns_) {
            return false;
        }
        look_again_soon();
    }
    return true;
}

void crew::wake_by_force() {
    giving_up_.store(true, std::memory_order_relaxed);
    const std::int64_t end = clock::monotonic_ns() + k_force_ns;
    while (!all_ended()) {
        if (clock::monotonic_ns() > end) {
            std::fputs("a thread sleeps that no notify wakes any more: lost for good\n", stderr);
            std::signal(SIGABRT, SIG_DFL);  // nobody need explain this any further
            std::abort();
        }
        for (any* waker : wakers_) {
            // Prepared, so that notify finds somebody whatever the waker thinks of the others.
            const key seen = waker->prepare();
            waker->notify_all();
            waker->cancel(seen);
        }
        look_again_soon();
    }
}

bool crew::join() {
    const bool well = wait_for_end();
    if (!well) wake_by_force();
    for (std::thread& one : threads_) one.join();
    threads_.clear();
    ended_.store(0, std::memory_order_relaxed);
    return well && !giving_up();
}

}  // namespace cyclone::wake
