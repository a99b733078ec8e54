// The seeded fault of the thread sanitizer's own run: a shard whose every memory order is relaxed.
// What one thread writes into a timer and the owner reads is then a plain race, and the sanitizer
// must say so: the test that runs this looks for its words.
#include <cstdio>
#include <deque>
#include <thread>

#include "variants/timer/hierarchical_wheel.hpp"
#include "variants/timer/sharded.hpp"

namespace {

using cyclone::sync::native;
using namespace cyclone::timer;

/// The native policy with the orders taken out.
struct relaxed : native {
    static constexpr auto k_none = std::memory_order_relaxed;

    template <class T>
    class atomic : public native::atomic<T> {
        using base = native::atomic<T>;

     public:
        using base::base;
        T load(std::memory_order) const noexcept { return base::load(k_none); }
        void store(T v, std::memory_order) noexcept { base::store(v, k_none); }
        T exchange(T v, std::memory_order) noexcept { return base::exchange(v, k_none); }
        bool compare_exchange_strong(T& e, T v, std::memory_order, std::memory_order) noexcept {
            return base::compare_exchange_strong(e, v, k_none, k_none);
        }
        bool compare_exchange_weak(T& e, T v, std::memory_order, std::memory_order) noexcept {
            return base::compare_exchange_weak(e, v, k_none, k_none);
        }
    };
};

using shard_type = sharded<hierarchical_wheel<>, cyclone::no_work, 0, relaxed>;

}  // namespace

int main() {
    constexpr std::size_t k_timers = 1000;
    shard_type shard(0);
    std::deque<shard_type::node> timers;
    std::size_t fired = 0;
    for (std::size_t i = 0; i < k_timers; ++i)
        timers.emplace_back([](void* count, entry&) { ++*static_cast<std::size_t*>(count); },
                            &fired);
    std::thread other([&] {
        for (auto& timer : timers) shard.remote_start(timer, 1);
    });
    std::size_t seen = 0;
    for (tick now = 1; seen < k_timers && now < 1'000'000'000; ++now) seen += shard.advance(now);
    other.join();
    std::puts(fired == k_timers ? "nothing was reported" : "not all fired");
    return 0;
}
