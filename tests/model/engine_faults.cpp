// One program for each thing that can be wrong; its counterexample, replayed, is the same again.

#include <stdexcept>

#include "base/assert.hpp"
#include "engine_support.hpp"

namespace cyclone::model::test {

using sync::explored;

TEST_CASE("a requirement that does not hold", "[faults]") {
    const result r = expect_fault(
        [] {
            atomic_int x(0);
            thread a([&] { x.store(1, k_rlx); });
            require(x.load(k_rlx) == 0, "nobody was faster");
            a.join();
        },
        fault::requirement, "nobody was faster");
    CHECK(r.found->trace.find("load rlx x0.0 = 1 <- t1#1") != std::string::npos);
    CHECK(r.found->dot.find("digraph") == 0);
    CHECK(r.found->execution.threads.size() == 2);
}

TEST_CASE("an assertion of the code, and what it throws", "[faults]") {
    expect_fault([] { CYCLONE_ASSERT(atomic_int(1).load(k_rlx) == 2); }, fault::requirement,
                 "assertion failed");
    expect_fault([] { throw std::runtime_error("thrown"); }, fault::requirement, "thrown");
    CHECK(check({}, [] {
              try {
                  throw std::runtime_error("caught");
              } catch (const std::exception&) {
                  atomic_int x(0);
                  thread a([&] { x.store(1, k_rlx); });
                  a.join();
              }
          }).said == verdict::passed);
}

TEST_CASE("a data race", "[faults]") {
    expect_fault(
        [] {
            plain_int x(0);
            thread a([&] { x.set(1); });
            x.get();
            a.join();
        },
        fault::race, "are not ordered");
    expect_fault(
        [] {
            plain_int x(0);
            thread a([&] { x.set(1); });
            thread b([&] { x.set(2); });
            a.join();
            b.join();
        },
        fault::race);
    CHECK(check({}, [] {
              plain_int x(0);
              thread a([&] { x.get(); });
              x.get();
              a.join();
              x.set(1);
          }).said == verdict::passed);
}

TEST_CASE("an object that is found before it is surely made", "[faults]") {
    const auto publish = [](std::memory_order o) {
        return [o] {
            explored::atomic<plain_int*> where(nullptr);
            thread a([&] {
                plain_int* const made = explored::make<plain_int>(1);
                where.store(made, o);
            });
            if (plain_int* const found = where.load(k_acq)) found->get();
            a.join();
            explored::dispose(where.load(k_rlx));
        };
    };
    CHECK(check({}, publish(k_rel)).said == verdict::passed);
    expect_fault(publish(k_rlx), fault::uninitialised, "not ordered");
    static const atomic_int* outside = nullptr;
    static const atomic_int never_made;
    outside = &never_made;
    expect_fault([] { outside->load(k_rlx); }, fault::uninitialised, "not made in this execution");
}

TEST_CASE("a loop without end, and a bound that is too small", "[faults]") {
    expect_fault(
        [] {
            atomic_int x(0);
            for (;;) x.store(1, k_rlx);
        },
        fault::too_long, "events_max");
    expect_fault(
        [] {
            for (;;) explored::pause();
        },
        fault::too_long, "pauses");
}

TEST_CASE("mutexes that are misused", "[faults]") {
    expect_fault(
        [] {
            explored::mutex m;
            m.unlock();
        },
        fault::requirement, "does not hold");
    expect_fault(
        [] {
            explored::mutex m;
            m.lock();
        },
        fault::requirement, "held");
    expect_fault(
        [] {
            explored::mutex m;
            m.lock();
            m.lock();
        },
        fault::deadlock);
}

TEST_CASE("a body that is not deterministic is found out", "[faults]") {
    int run = 0;
    options how;
    const result r = check(how, [&] {
        atomic_int x(0);
        if (++run > 1) x.store(5, k_rlx);
        thread a([&] { x.store(1, k_rlx); });
        x.load(k_rlx);
        a.join();
    });
    REQUIRE(r.found.has_value());
    CHECK(r.found->what == fault::inconsistent);
    CHECK(r.found->message.find("not deterministic") != std::string::npos);
}

TEST_CASE("a finding of the caller's own", "[faults]") {
    expect_fault(
        [] {
            call(0, "push");
            back(0);
            thread a([] {
                call(1, "pop");
                back(1);
            });
            a.join();
            call(2, "pop");
            back(2);
            require(precedes(0, 1) && precedes(1, 2) && precedes(0, 2), "in order");
            require(!precedes(1, 0) && !precedes(2, 1), "not the other way round");
            fail(fault::not_linearizable, "no order explains it");
        },
        fault::not_linearizable, "no order explains it");
}

TEST_CASE("operations of two threads are ordered only by what they do", "[faults]") {
    bool ordered = false;
    bool unordered = false;
    const result r = check({}, [&] {
        atomic_int flag(0);
        thread a([&] {
            call(0);
            back(0);
            flag.store(1, k_rel);
        });
        const bool seen = flag.load(k_acq) == 1;
        call(1);
        back(1);
        a.join();
        require(precedes(0, 1) == seen);
        require(!precedes(1, 0));
        (seen ? ordered : unordered) = true;
    });
    CHECK(r.said == verdict::passed);
    CHECK((ordered && unordered));
}

}  // namespace cyclone::model::test
