// What waits: mutexes, notifications, event counters, loops that pause; and what waits for ever.

#include "engine_support.hpp"

namespace cyclone::model::test {
namespace {

using sync::explored;

// A passes data to B and wakes it; what B waits with is left to the case.
template <class Wake, class Sleep>
body hand_over(Wake wake, Sleep sleep) {
    return [=] {
        plain_int data(0);
        atomic_int flag(0);
        thread consumer([&] {
            sleep(flag);
            require(data.get() == 7, "what was published is seen");
        });
        data.set(7);
        wake(flag);
        consumer.join();
    };
}

const auto k_store_and_notify = [](atomic_int& flag) {
    flag.store(1, k_rel);
    flag.notify_one();
};
const auto k_store = [](atomic_int& flag) { flag.store(1, k_rel); };
const auto k_wait = [](atomic_int& flag) { flag.wait(0, k_acq); };

}  // namespace

TEST_CASE("an await goes on once its value is there", "[blocking]") {
    const auto sleep = [](atomic_int& flag) { await(flag, k_acq, [](int v) { return v == 1; }); };
    expect_count(hand_over(k_store, sleep), 1);
    const auto too_weak = [](atomic_int& flag) {
        await(flag, k_rlx, [](int v) { return v == 1; });
    };
    expect_fault(hand_over(k_store, too_weak), fault::race);
}

TEST_CASE("an await that nobody answers is a deadlock", "[blocking]") {
    const auto sleep = [](atomic_int& flag) { await(flag, k_acq, [](int v) { return v == 2; }); };
    const result r = expect_fault(hand_over(k_store, sleep), fault::deadlock, "waits at");
    CHECK(r.found->message.find("t0 joins t1") != std::string::npos);
}

TEST_CASE("a loop that pauses is cut, and goes on when what it reads changes", "[blocking]") {
    const auto spin = [](atomic_int& flag) {
        while (flag.load(k_acq) == 0) explored::pause();
    };
    const counted c = explore(hand_over(k_store, spin));
    CHECK(c.said.said == verdict::passed);
    CHECK(c.said.complete == 2);  // at once, or after a turn in vain
    CHECK(c.said.duplicates == 0);
    CHECK(c.said.blocked > 0);
    const auto for_ever = [](atomic_int& flag) {
        while (flag.load(k_acq) != 2) explored::pause();
    };
    expect_fault(hand_over(k_store, for_ever), fault::deadlock, "spins at");
}

TEST_CASE("a lock of one exchange is cut, too", "[blocking]") {
    const body b = [] {
        plain_int inside(0);
        atomic_int held(0);
        const auto critical = [&] {
            while (held.exchange(1, k_acq) == 1) explored::pause();
            inside.set(inside.get() + 1);
            held.store(0, k_rel);
        };
        thread a(critical);
        critical();
        a.join();
        require(inside.get() == 2, "exclusion");
    };
    const counted c = explore(b);
    INFO((c.said.found ? c.said.found->message + c.said.found->trace : c.said.bound));
    CHECK(c.said.said == verdict::passed);
    CHECK(c.said.complete >= 2);
    CHECK(c.said.duplicates == 0);
}

TEST_CASE("a mutex excludes, in each order of its holders", "[blocking]") {
    const body b = [] {
        plain_int inside(0);
        explored::mutex m;
        const auto critical = [&] {
            m.lock();
            inside.set(inside.get() + 1);
            m.unlock();
        };
        thread a(critical), c(critical);
        critical();
        a.join();
        c.join();
        require(inside.get() == 3, "exclusion");
    };
    expect_count(b, 6);
}

TEST_CASE("try_lock takes a mutex or says no", "[blocking]") {
    expect_count(
        [] {
            explored::mutex m;
            thread a([&] {
                m.lock();
                m.unlock();
            });
            if (m.try_lock()) m.unlock();
            a.join();
        },
        3);
}

TEST_CASE("two locks in two orders are a deadlock", "[blocking]") {
    expect_fault(
        [] {
            explored::mutex m, n;
            thread a([&] {
                m.lock();
                n.lock();
                n.unlock();
                m.unlock();
            });
            n.lock();
            m.lock();
            m.unlock();
            n.unlock();
            a.join();
        },
        fault::deadlock, "waits at");
}

TEST_CASE("a wait is woken, and without a notification it is not", "[blocking]") {
    const counted c = explore(hand_over(k_store_and_notify, k_wait));
    INFO((c.said.found ? c.said.found->message + c.said.found->trace : c.said.bound));
    CHECK(c.said.said == verdict::passed);
    CHECK(c.said.complete >= 2);
    CHECK(c.said.duplicates == 0);
    options both;
    both.both = true;
    CHECK(check(both, hand_over(k_store_and_notify, k_wait)).said == verdict::passed);
    expect_fault(hand_over(k_store, k_wait), fault::deadlock, "waits at");
    const auto notify_first = [](atomic_int& flag) {
        flag.notify_one();
        flag.store(1, k_rel);
    };
    expect_fault(hand_over(notify_first, k_wait), fault::deadlock);
    const auto weak = [](atomic_int& flag) { flag.wait(0, k_rlx); };
    expect_fault(hand_over(k_store_and_notify, weak), fault::race);
}

TEST_CASE("notify_one wakes one of two, notify_all both", "[blocking]") {
    const auto two_sleepers = [](bool all) {
        return [all] {
            atomic_int flag(0);
            thread a([&] { flag.wait(0, k_acq); });
            thread b([&] { flag.wait(0, k_acq); });
            flag.store(1, k_rel);
            if (all) {
                flag.notify_all();
            } else {
                flag.notify_one();
            }
            a.join();
            b.join();
        };
    };
    CHECK(check({}, two_sleepers(true)).said == verdict::passed);
    expect_fault(two_sleepers(false), fault::deadlock);
}

TEST_CASE("a condition variable", "[blocking]") {
    const auto program = [](bool notify_under_lock, bool recheck) {
        return [=] {
            plain_int ready(0);
            explored::mutex m;
            condvar c;
            thread consumer([&] {
                m.lock();
                if (recheck) {
                    while (ready.get() == 0) c.wait(m);
                } else {
                    c.wait(m);
                }
                require(ready.get() == 1, "ready");
                m.unlock();
            });
            m.lock();
            ready.set(1);
            if (notify_under_lock) c.notify_one();
            m.unlock();
            if (!notify_under_lock) c.notify_one();
            consumer.join();
        };
    };
    CHECK(check({}, program(true, true)).said == verdict::passed);
    CHECK(check({}, program(false, true)).said == verdict::passed);
    expect_fault(program(true, false), fault::deadlock);
}

TEST_CASE("an event counter keeps what was posted", "[blocking]") {
    const body b = [] {
        plain_int data(0);
        event_counter e;
        thread consumer([&] {
            std::uint64_t got = e.take();
            while (got < 2) got += e.take();
            require(got == 2, "as much as was posted");
            require(data.get() == 1, "posting publishes");
        });
        data.set(1);
        e.post();
        e.post();
        consumer.join();
        require(e.try_take() == 0, "nothing is left");
    };
    expect_count(b, 2);
    expect_fault(
        [] {
            event_counter e;
            thread consumer([&] {
                e.take(true);
                e.take(true);
            });
            e.post();
            consumer.join();
        },
        fault::deadlock);
}

TEST_CASE("what is assumed is not explored further", "[blocking]") {
    const body b = [] {
        atomic_int x(0);
        thread a([&] {
            x.store(1, k_rlx);
            x.store(2, k_rlx);
        });
        const int seen = x.load(k_rlx);
        assume(seen == 1);
        require(seen == 1);
        a.join();
    };
    const counted c = explore(b);
    CHECK(c.said.said == verdict::passed);
    CHECK(c.said.complete == 1);
    CHECK(c.said.blocked == 2);
}

}  // namespace cyclone::model::test
