// What the explorer goes through with a waker: small programs whose every execution must end. That
// a wake-up is lost shows as threads that wait for what nobody will do.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/check.hpp"
#include "wake/explored.hpp"
#include "wake/wake.hpp"

namespace cyclone::wake::test {

struct scenario {
    std::string name;
    std::function<void()> body;
};

using explored = sync::explored;
using word = explored::atomic<int>;

constexpr auto k_relaxed = std::memory_order_relaxed;

template <class V>
void opened(V& waker) {
    model::require(waker.open().has_value(), "a waker opens");
}

/// W1: each producer publishes so many items, one after another, and notifies of each; the first
/// thread takes them all. The publications are relaxed: the contract asks for no more.
template <class V>
void hand_over(int producers, int items) {
    V waker;
    opened(waker);
    std::array<word, 2> published{};
    std::array<std::optional<model::thread>, 2> threads;
    for (std::size_t p = 0; p < static_cast<std::size_t>(producers); ++p) {
        threads[p].emplace([&, p] {
            for (int i = 1; i <= items; ++i) {
                published[p].store(i, k_relaxed);
                waker.notify_one();
            }
        });
    }
    const auto there = [&] {
        int sum = published[0].load(k_relaxed);
        if (producers > 1) sum += published[1].load(k_relaxed);
        return sum;
    };
    int taken = 0;
    while (taken < producers * items) {
        await(waker, [&] {
            const int now = there();
            const bool found = now > taken;
            if (found) taken = now;
            return found;
        });
    }
    for (auto& thread : threads) {
        if (thread) thread->join();
    }
}

/// W1, W7: two sleepers and one publication for both.
template <class V>
void broadcast() {
    V waker;
    opened(waker);
    word flag;
    const auto sleeper = [&] { await(waker, [&] { return flag.load(k_relaxed) == 1; }); };
    model::thread first(sleeper);
    model::thread second(sleeper);
    flag.store(1, k_relaxed);
    waker.notify_all();
    first.join();
    second.join();
}

/// W1: two sleepers and an item for each, with a notify_one each.
template <class V>
void one_each() {
    V waker;
    opened(waker);
    word published;
    word taken;
    const auto sleeper = [&] {
        await(waker, [&] {
            int seen = taken.load(k_relaxed);
            while (seen < published.load(k_relaxed)) {
                if (taken.compare_exchange_strong(seen, seen + 1, k_relaxed, k_relaxed))
                    return true;
            }
            return false;
        });
    };
    model::thread first(sleeper);
    model::thread second(sleeper);
    published.store(1, k_relaxed);
    waker.notify_one();
    published.store(2, k_relaxed);
    waker.notify_one();
    first.join();
    second.join();
}

/// W2: the sleeper says that it has prepared, and then knows from its wake alone that the payload
/// is there.
template <class V>
void visible() {
    V waker;
    opened(waker);
    word prepared;
    explored::var<int> payload(0);
    model::thread other([&] {
        while (prepared.load(std::memory_order_acquire) == 0) explored::pause();
        payload.set(7);
        waker.notify_one();
    });
    const key seen = waker.prepare();
    prepared.store(1, std::memory_order_release);
    waker.sleep(seen);
    model::require(payload.get() == 7, "W2: the payload of the notify that ended the sleep");
    other.join();
}

/// W3: a thread that cancels takes no wake away from the one that sleeps.
template <class V>
void cancelled() {
    V waker;
    opened(waker);
    word flag;
    model::thread sleeper([&] { await(waker, [&] { return flag.load(k_relaxed) == 1; }); });
    model::thread passer([&] { waker.cancel(waker.prepare()); });
    flag.store(1, k_relaxed);
    waker.notify_all();
    sleeper.join();
    passer.join();
}

/// What every build goes through.
template <class V>
[[nodiscard]] std::vector<scenario> scenarios() {
    std::vector<scenario> all{
        {"one producer, one item", [] { hand_over<V>(1, 1); }},
        {"one producer, two items", [] { hand_over<V>(1, 2); }},
        {"two producers, an item each", [] { hand_over<V>(2, 1); }},
        {"plain data arrives with the wake", [] { visible<V>(); }},
    };
    if (V::k_traits.sleeps == sleepers::one) return all;
    all.push_back({"two sleepers, one broadcast", [] { broadcast<V>(); }});
    all.push_back({"one sleeps, another cancels", [] { cancelled<V>(); }});
    return all;
}

/// What takes longer.
template <class V>
[[nodiscard]] std::vector<scenario> large_scenarios() {
    std::vector<scenario> all{
        {"one producer, three items", [] { hand_over<V>(1, 3); }},
    };
    if (V::k_traits.sleeps == sleepers::one) return all;
    all.push_back({"two sleepers, an item each", [] { one_each<V>(); }});
    return all;
}

}  // namespace cyclone::wake::test
