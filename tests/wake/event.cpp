// The kernel's event counter (sys/event.hpp): what it counts, when it is full, when it is readable.
#include "sys/event.hpp"

#include <cerrno>
#include <limits>
#include <poll.h>
#include <sys/resource.h>
#include <thread>

#include "support.hpp"
#include "wake/event.hpp"

namespace cyclone::wake::test {
namespace {

using counting = sys::event::counting;

bool readable(const sys::event& one) {
    pollfd watched{.fd = one.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&watched, 1, 0) == 1;
}

template <class Event>
void counts_as_declared() {
    Event all;
    REQUIRE(all.open());
    CHECK(all.try_take() == 0);
    CHECK(all.try_post(2) == 0);
    CHECK(all.try_post(3) == 0);
    CHECK(all.take() == 5);
    CHECK(all.try_take() == 0);
    Event single;
    REQUIRE(single.open(counting::one_by_one));
    CHECK(single.try_post(2) == 0);
    single.wait();
    CHECK(single.take() == 1);
    CHECK(single.take() == 1);
    CHECK(single.try_take() == 0);
}

}  // namespace

TEST_CASE("an event counts as declared, and so does its model", "[judge]") {
    counts_as_declared<sys::event>();
    counts_as_declared<word_event<sync::native>>();
}

TEST_CASE("an event is readable while its number is not 0", "[judge]") {
    sys::event one;
    CHECK(one.fd() == -1);
    REQUIRE(one.open());
    CHECK_FALSE(readable(one));
    one.post(1);
    CHECK(readable(one));
    CHECK(one.take() == 1);
    CHECK_FALSE(readable(one));
}

TEST_CASE("an event at its end refuses and stays readable", "[judge]") {
    sys::event one;
    REQUIRE(one.open());
    constexpr std::uint64_t k_most = std::numeric_limits<std::uint64_t>::max() - 1;
    CHECK(one.try_post(k_most) == 0);
    CHECK(one.try_post(1) == EAGAIN);
    one.post(1);  // does not wait
    CHECK(one.take() == k_most);
}

TEST_CASE("an event cannot be made without descriptors", "[judge]") {
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    sys::event one;
    const auto opened = one.open();
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == error_code::resource_exhausted);
    CHECK(opened.error().message.find("eventfd") != std::string::npos);
}

TEST_CASE("a take sleeps until there is something", "[judge]") {
    sys::event one;
    REQUIRE(one.open());
    std::uint64_t got = 0;
    std::thread sleeper([&] { got = one.take(); });
    one.post(7);
    sleeper.join();
    CHECK(got == 7);
}

}  // namespace cyclone::wake::test
