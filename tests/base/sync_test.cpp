// The sync policies: what `failing` does to a thread, on algorithms small enough to know by heart.
// Native is held to be free by native_is_free; here it must also be correct with real threads.

#include "base/sync.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/cache_line.hpp"
#include "base/sync_failing.hpp"
#include "support/seed.hpp"
#include "sync_subjects.hpp"

namespace {

using namespace cyclone;
using namespace cyclone::test;
using sync::failing;
using sync::puppet;
using sync::verdict;

constexpr std::memory_order k_relaxed = std::memory_order_relaxed;

// Runs producer and consumer in two threads; true when all items came once and in order.
template <class Sync>
bool passes_in_order(int items, const std::function<void(std::function<void()>)>& producer,
                     const std::function<void(std::function<void()>)>& consumer) {
    spsc_ring<Sync> ring;
    bool in_order = true;
    std::thread in([&] {
        producer([&] {
            for (int i = 0; i < items;) {
                if (ring.push(i)) {
                    ++i;
                } else {
                    Sync::pause();
                }
            }
        });
    });
    consumer([&] {
        for (int i = 0; i < items;) {
            if (const auto item = ring.pop()) {
                in_order &= *item == i++;
            } else {
                Sync::pause();
            }
        }
    });
    in.join();
    return in_order && !ring.pop();
}

}  // namespace

TEST_CASE("native: a ring between two threads", "[base][sync][threads]") {
    const auto plainly = [](const std::function<void()>& body) { body(); };
    REQUIRE(passes_in_order<sync::native>(20000, plainly, plainly));
}

TEST_CASE("native: a fence publishes plain data", "[base][sync][threads]") {
    // Apart: in one 8-byte granule the sanitizer's few records of accesses would be filled by the
    // spinning on `ready`, and a race on `data` forgotten more often than seen.
    padded<sync::native::var<int>> data;
    padded<sync::native::atomic<int>> ready;
    std::thread writer([&] {
        data->set(42);
        sync::native::fence(std::memory_order_release);
        ready->store(1, k_relaxed);
    });
    while (ready->load(k_relaxed) == 0) sync::native::pause();
    sync::native::fence(std::memory_order_acquire);
    REQUIRE(data->get() == 42);
    writer.join();
}

TEST_CASE("failing: a ring under seeded yields on both sides", "[base][sync][threads]") {
    puppet in("producer", sync::yield_one_in(3, test::seed()));
    puppet out("consumer", sync::yield_one_in(5, test::seed() + 1));
    const auto by_in = [&](const std::function<void()>& body) { in.run(body); };
    const auto by_out = [&](const std::function<void()>& body) { out.run(body); };
    REQUIRE(passes_in_order<failing>(2000, by_in, by_out));
    REQUIRE(in.steps() >= 2000 * spsc_ring<failing>::k_push_steps);
}

TEMPLATE_TEST_CASE("both policies compute the same", "[base][sync]", sync::native, failing) {
    using order = std::memory_order;
    typename TestType::template atomic<int> a(6);
    REQUIRE(a.fetch_add(4, order::seq_cst) == 6);
    REQUIRE(a.fetch_sub(1, order::seq_cst) == 10);
    REQUIRE(a.fetch_or(6, order::seq_cst) == 9);
    REQUIRE(a.fetch_and(11, order::seq_cst) == 15);
    REQUIRE(a.fetch_xor(1, order::seq_cst) == 11);
    REQUIRE(a.exchange(3, order::acq_rel) == 10);
    int expected = 4;
    REQUIRE_FALSE(a.compare_exchange_strong(expected, 9, order::acq_rel, order::acquire));
    REQUIRE(expected == 3);
    REQUIRE(a.compare_exchange_strong(expected, 9, order::acq_rel, order::acquire));
    expected = 1;
    REQUIRE_FALSE(a.compare_exchange_weak(expected, 5, order::acq_rel, order::acquire));
    REQUIRE(expected == 9);
    while (!a.compare_exchange_weak(expected, 5, order::acq_rel, order::acquire)) {
    }
    REQUIRE(a.load(order::acquire) == 5);
    a.store(8, order::release);
    REQUIRE(a.load(order::relaxed) == 8);

    int cells[4] = {};
    typename TestType::template atomic<int*> p(cells);
    REQUIRE(p.fetch_add(3, order::relaxed) == cells);
    REQUIRE(p.fetch_sub(1, order::relaxed) == cells + 3);
    REQUIRE(p.load(order::relaxed) == cells + 2);

    typename TestType::template var<std::string> v("x");
    v.set(v.get() + "y");
    REQUIRE(v.get() == "xy");
    REQUIRE(typename TestType::template atomic<int>().load(order::relaxed) == 0);
}

TEST_CASE("stall a producer before it publishes: the item is not there", "[base][sync]") {
    using ring_type = spsc_ring<failing>;
    ring_type ring;
    puppet producer("producer", sync::stall_at(ring_type::k_push_steps));
    auto ended = puppet::outcome::killed;
    std::thread t([&] { ended = producer.run([&] { ring.push(7); }); });
    REQUIRE(producer.wait_until_stalled());
    REQUIRE(producer.steps() == ring_type::k_push_steps);
    REQUIRE_FALSE(ring.pop());  // written, not published: the consumer neither waits nor sees it
    REQUIRE_FALSE(ring.pop());
    producer.release();
    t.join();
    REQUIRE(ended == puppet::outcome::finished);
    REQUIRE(ring.pop() == 7);
}

TEST_CASE("a thread may stall more than once; one that never does is told apart", "[base][sync]") {
    sync::failing::atomic<int> a;
    puppet twice("twice", [](const sync::step& s) {
        return s.number == 2 || s.number == 4 ? verdict::stall : verdict::go;
    });
    std::thread t([&] {
        twice.run([&] {
            for (int i = 1; i <= 5; ++i) a.store(i, k_relaxed);
        });
    });
    REQUIRE(twice.wait_until_stalled());
    REQUIRE(a.load(k_relaxed) == 1);
    twice.release();
    REQUIRE(twice.wait_until_stalled());
    REQUIRE(a.load(k_relaxed) == 3);
    twice.release();
    t.join();
    REQUIRE_FALSE(twice.wait_until_stalled());
    REQUIRE(a.load(k_relaxed) == 5);
}

TEST_CASE("kill a push to a lock-free stack at each step", "[base][sync]") {
    std::uint64_t step = 1;
    for (;; ++step) {
        REQUIRE(step < 100);
        node first{1};
        node second{2};
        node third{3};
        treiber_stack<failing> stack;
        stack.push(first);
        puppet victim("victim", sync::kill_at(step));
        const auto ended = victim.run([&] { stack.push(second); });
        REQUIRE(victim.steps() == std::min(step, treiber_stack<failing>::k_push_steps));
        stack.push(third);  // the others are never in its way
        REQUIRE(stack.pop() == &third);
        if (ended == puppet::outcome::finished) {
            REQUIRE(stack.pop() == &second);
        }
        REQUIRE(stack.pop() == &first);
        REQUIRE(stack.pop() == nullptr);
        if (ended == puppet::outcome::finished) break;
    }
    REQUIRE(step == treiber_stack<failing>::k_push_steps + 1);  // every step had its turn
}

TEST_CASE("kill a lock holder: the lock stays held though its guard unwinds", "[base][sync]") {
    int left_held = 0;
    int left_free = 0;
    for (std::uint64_t step = 1;; ++step) {
        REQUIRE(step < 100);
        spin_lock<failing> lock;
        failing::var<int> guarded;
        puppet victim("victim", sync::kill_at(step));
        const auto ended = victim.run([&] {
            const guard<failing> held(lock);
            guarded.set(1);
            guarded.set(2);
        });
        if (ended == puppet::outcome::finished) break;
        (lock.try_lock() ? left_free : left_held) += 1;
        REQUIRE(guarded.get() == std::max(0, static_cast<int>(step) - 2));
    }
    REQUIRE(left_free == 1);  // dead before the lock was taken
    REQUIRE(left_held == 3);  // two writes and the unlock
}

TEST_CASE("a dead thread changes nothing while it unwinds", "[base][sync]") {
    using order = std::memory_order;
    failing::atomic<int> a(5);
    failing::var<int> v(5);
    struct cleanup {
        failing::atomic<int>& a;
        failing::var<int>& v;
        int& seen;
        ~cleanup() noexcept(false) {
            a.store(1, order::relaxed);
            v.set(1);
            seen += a.exchange(2, order::relaxed) + a.fetch_add(1, order::relaxed);
            int expected = 99;
            while (!a.compare_exchange_strong(expected, 3, order::relaxed, order::relaxed)) {
            }
            while (!a.compare_exchange_weak(expected, 3, order::relaxed, order::relaxed)) {
            }
            failing::fence(order::seq_cst);
        }
    };
    int seen = 0;
    puppet victim("victim", sync::kill_at(1));
    const auto ended = victim.run([&] {
        const cleanup at_end{a, v, seen};
        failing::pause();
    });
    REQUIRE(ended == puppet::outcome::killed);
    REQUIRE(seen == 10);
    REQUIRE(a.load(order::relaxed) == 5);
    REQUIRE(v.get() == 5);
    REQUIRE(victim.steps() == 1);
}

TEST_CASE("death cannot be swallowed", "[base][sync]") {
    failing::atomic<int> a;
    puppet victim("victim", sync::kill_at(2));
    const auto ended = victim.run([&] {
        for (int i = 1; i <= 3; ++i) {
            try {
                a.store(i, k_relaxed);
            } catch (...) {
            }
        }
    });
    REQUIRE(ended == puppet::outcome::killed);
    REQUIRE(a.load(k_relaxed) == 1);
}

TEST_CASE("the body's own exception passes through and ends the run", "[base][sync]") {
    puppet subject("subject");
    REQUIRE_THROWS_AS(subject.run([] { throw std::runtime_error("own"); }), std::runtime_error);
    REQUIRE_FALSE(subject.wait_until_stalled());
    puppet next("next");  // the thread is free for another puppet
    REQUIRE(next.run([] {}) == puppet::outcome::finished);
}

TEST_CASE("the hook sees each step with its number, kind and place", "[base][sync]") {
    std::vector<sync::step> seen;
    puppet subject("subject", [&](const sync::step& s) {
        seen.push_back(s);
        return verdict::go;
    });
    failing::atomic<int> a;
    failing::var<int> v;
    const auto line = std::source_location::current().line();
    subject.run([&] {
        a.load(k_relaxed);
        a.store(1, k_relaxed);
        a.fetch_or(1, k_relaxed);
        int expected = 0;
        a.compare_exchange_weak(expected, 2, k_relaxed, k_relaxed);
        v.get();
        v.set(1);
        failing::fence(std::memory_order_acquire);
        failing::pause();
    });
    a.load(k_relaxed);  // outside the run: nobody asks
    using enum sync::operation;
    const std::vector expected{load, store, rmw, compare_exchange, get, set, fence, pause};
    REQUIRE(seen.size() == expected.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
        REQUIRE(seen[i].number == i + 1);
        REQUIRE(seen[i].what == expected[i]);
        REQUIRE(seen[i].place.line() == line + 2 + i + (i >= 3 ? 1 : 0));
    }
}

TEST_CASE("seeded yields repeat, and come about as often as asked", "[base][sync]") {
    const auto pattern = [](std::uint64_t seed) {
        const auto hook = sync::yield_one_in(4, seed);
        std::vector<bool> yields;
        for (std::uint64_t i = 1; i <= 4000; ++i) {
            yields.push_back(hook({i, sync::operation::load, {}}) == verdict::yield);
        }
        return yields;
    };
    const auto once = pattern(test::seed());
    REQUIRE(once == pattern(test::seed()));
    REQUIRE(once != pattern(test::seed() + 1));
    const auto count = std::ranges::count(once, true);
    REQUIRE(std::abs(count - 1000) < 160);  // standard deviation 27
}
