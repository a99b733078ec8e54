#pragma once
// Bodies for the second engine: programs with a seeded bug of each kind, and one or two without.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "model/interleave.hpp"
#include "stepped_subjects.hpp"

namespace cyclone::model::steps::test {

inline const interleave_options k_all{.how = tactic::exhaustive};

template <class T>
using word = stepped::atomic<T>;

/// `threads` threads raise one number `times` times each.
inline std::function<void()> raisers(int threads, int times) {
    return [=] {
        word<int> number(0);
        const auto raise = [&] {
            for (int i = 0; i < times; ++i) number.fetch_add(1, k_rlx);
        };
        std::array<std::optional<steps::thread>, 4> crew;
        for (int t = 0; t < threads; ++t) crew[static_cast<std::size_t>(t)].emplace(raise);
        for (auto& one : crew) one.reset();
        steps::require(number.load(k_rlx) == threads * times, "no increment is lost");
    };
}

/// Reads, then writes: an increment can be lost. The fewest decisions are one or two.
inline void lossy_counter() {
    word<int> number(0);
    const auto raise = [&] { number.store(number.load(k_rlx) + 1, k_rlx); };
    { const steps::thread a(raise), b(raise); }
    steps::require(number.load(k_rlx) == 2, "no increment is lost");
}

inline void deadlock() {
    stepped::mutex left, right;
    const steps::thread a([&] {
        left.lock();
        right.lock();
        right.unlock();
        left.unlock();
    });
    const steps::thread b([&] {
        right.lock();
        left.lock();
        left.unlock();
        right.unlock();
    });
}

/// A consumer that looks once and then sleeps: the notification may come between.
template <bool Rechecks>
void sleeper() {
    word<int> item(0), asleep(0);
    const steps::thread consumer([&] {
        if (item.load(k_sc) != 0) return;
        asleep.store(1, k_sc);
        if (Rechecks && item.load(k_sc) != 0) return;
        asleep.wait(1, k_sc);
    });
    item.store(1, k_sc);
    if (asleep.load(k_sc) == 1) {
        asleep.store(0, k_sc);
        asleep.notify_one();
    }
}

/// Changes what somebody sleeps on and tells nobody.
inline void silent_change() {
    word<int> door(0);
    const steps::thread waiter([&] { door.wait(0, k_sc); });
    door.store(1, k_sc);
}

/// Step by step the two draw back for each other, for ever.
inline void livelock() {
    polite_pair<stepped> pair;
    const steps::thread a([&] { pair.next(0); }), b([&] { pair.next(1); });
}

inline void spins_in_vain() {
    word<int> never(0);
    const steps::thread waiter([&] {
        while (never.load(k_acq) == 0) stepped::pause();
    });
}

/// Thread 1 takes a node; thread 2 takes two and gives the first one back. Whoever holds a node
/// must be the only one.
template <bool Tagged>
void aba() {
    treiber_stack<stepped, Tagged> stack(3);
    std::array<int, 4> holders{};
    const auto take = [&] {
        const std::uint32_t n = stack.pop();
        if (n != 0) steps::require(++holders[n - 1] == 1, "a node has one holder");
        return n;
    };
    const auto give = [&](std::uint32_t n) {
        if (n == 0) return;
        --holders[n - 1];
        stack.push(n);
    };
    {
        const steps::thread one([&] {
            take();
            take();
        });
        const steps::thread two([&] {
            const std::uint32_t first = take();
            take();
            give(first);
        });
    }
}

inline void use_after_free() {
    auto* const shared = stepped::make<word<int>>(1);
    const steps::thread reader([=] { (void)shared->load(k_acq); });
    const steps::thread owner([=] { stepped::dispose(shared); });
}

inline void double_free() {
    word<word<int>*> slot(stepped::make<word<int>>(1));
    const auto drop = [&] {
        if (auto* const mine = slot.load(k_acq)) {
            slot.store(nullptr, k_rel);
            stepped::dispose(mine);
        }
    };
    const steps::thread a(drop), b(drop);
}

inline void leaks_sometimes() {
    word<word<int>*> slot(nullptr);
    const auto put = [&] {
        auto* const mine = stepped::make<word<int>>(1);
        if (slot.load(k_acq) == nullptr) {
            slot.store(mine, k_rel);
        } else {
            stepped::dispose(mine);
        }
    };
    { const steps::thread a(put), b(put); }
    stepped::dispose(slot.load(k_acq));
}

inline void unlocks_anothers() {
    stepped::mutex lock;
    word<int> seen(0);
    const steps::thread a([&] {
        lock.lock();
        seen.store(1, k_rel);
    });
    const steps::thread b([&] {
        if (seen.load(k_acq) == 1) lock.unlock();
    });
}

struct seeded_bug {
    const char* name;
    void (*body)();
    fault what;
    const char* says;
};
inline constexpr seeded_bug k_bugs[] = {
    {"a lost increment", lossy_counter, fault::requirement, "no increment is lost"},
    {"a deadlock", deadlock, fault::deadlock, "wants to lock"},
    {"a lost wake-up", sleeper<false>, fault::deadlock, "sleeps on"},
    {"a change that is not told", silent_change, fault::deadlock, "its wake-up was lost"},
    {"ABA", aba<false>, fault::requirement, "one holder"},
    {"use after free", use_after_free, fault::use_after_free, "load at interleave_bodies.hpp"},
    {"double free", double_free, fault::double_free, "before that at"},
    {"a leak", leaks_sometimes, fault::leak, "were not disposed of"},
    {"another's mutex", unlocks_anothers, fault::requirement, "does not hold"},
};

}  // namespace cyclone::model::steps::test
