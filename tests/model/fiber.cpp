// Fibers: switching, abandoning, exceptions, addresses.

#include "model/fiber.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>
#include <string>

#if defined(__SANITIZE_ADDRESS__)
#define CYCLONE_LEAK_CHECKER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CYCLONE_LEAK_CHECKER 1
#endif
#endif
#ifdef CYCLONE_LEAK_CHECKER
#include <sanitizer/lsan_interface.h>
#endif

namespace cyclone::model::test {
namespace {

// What is thrown on a fiber that is then abandoned is lost; a leak checker need not say so.
struct losses_expected {
#ifdef CYCLONE_LEAK_CHECKER
    losses_expected() { __lsan_disable(); }
    ~losses_expected() { __lsan_enable(); }
    losses_expected(const losses_expected&) = delete;
    losses_expected& operator=(const losses_expected&) = delete;
#endif
};

}  // namespace

TEST_CASE("a fiber goes on where it yielded", "[fiber]") {
    std::string order;
    fiber f;
    CHECK(f.finished());
    f.reset([&] {
        order += 'a';
        fiber::yield_to_owner();
        order += 'c';
    });
    CHECK_FALSE(f.finished());
    f.resume();
    order += 'b';
    CHECK_FALSE(f.finished());
    f.resume();
    CHECK(f.finished());
    CHECK(order == "abc");
    CHECK(fiber::current() == nullptr);
}

TEST_CASE("a fiber may run fibers", "[fiber]") {
    std::string order;
    fiber outer, inner;
    outer.reset([&] {
        inner.reset([&] {
            CHECK(fiber::current() == &inner);
            order += '1';
            fiber::yield_to_owner();
            order += '3';
        });
        inner.resume();
        CHECK(fiber::current() == &outer);
        order += '2';
        fiber::yield_to_owner();
        inner.resume();
    });
    outer.resume();
    outer.resume();
    CHECK((outer.finished() && inner.finished()));
    CHECK(order == "123");
}

TEST_CASE("one that is abandoned begins anew, at the same address", "[fiber]") {
    std::set<const void*> places;
    fiber f;
    for (int i = 0; i < 1000; ++i) {
        f.reset([&] {
            volatile int local = i;
            const int* const place = const_cast<const int*>(&local);
            places.insert(place);
            if (!f.holds(place)) places.insert(nullptr);
            fiber::yield_to_owner();
            places.insert(nullptr);
        });
        f.resume();
    }
    CHECK(places.size() == 1);
    CHECK(*places.begin() != nullptr);
    CHECK_FALSE(f.holds(&places));
}

TEST_CASE("exceptions stay where they belong", "[fiber]") {
    std::string caught;
    fiber f;
    f.reset([&] {
        try {
            throw std::runtime_error("inner");
        } catch (const std::exception& e) {
            fiber::yield_to_owner();
            caught += e.what();
            try {
                throw;
            } catch (const std::exception& again) {
                caught += again.what();
            }
        }
    });
    f.resume();
    CHECK(std::current_exception() == nullptr);
    try {
        throw std::runtime_error("outer");
    } catch (const std::exception& e) {
        f.resume();
        caught += e.what();
    }
    CHECK(caught == "innerinnerouter");
    CHECK(std::uncaught_exceptions() == 0);
    // Abandoned in a handler: nothing is left behind.
    f.reset([] {
        try {
            throw 1;
        } catch (int) {
            fiber::yield_to_owner();
        }
    });
    {
        [[maybe_unused]] const losses_expected here{};
        f.resume();
    }
    f.reset([] {});
    f.resume();
    CHECK(std::current_exception() == nullptr);
}

TEST_CASE("floating-point settings are a fiber's own", "[fiber]") {
    double sum = 0;
    fiber f;
    f.reset([&] {
        for (int i = 0; i < 10; ++i) {
            sum += 0.5;
            fiber::yield_to_owner();
        }
    });
    for (int i = 0; i < 10; ++i) f.resume();
    CHECK(sum == 5.0);
}

TEST_CASE("a million switches", "[fiber]") {
    std::uint64_t turns = 0;
    fiber f;
    f.reset([&] {
        for (;;) {
            ++turns;
            fiber::yield_to_owner();
        }
    });
    for (int i = 0; i < 1'000'000; ++i) f.resume();
    CHECK(turns == 1'000'000);
}

}  // namespace cyclone::model::test
