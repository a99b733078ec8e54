// The assertion tiers at the level this program was built with, and the replaceable handler.
#include "base/assert.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>

#include "base/intrusive_list.hpp"
#include "base/work.hpp"

namespace {

[[noreturn]] void throw_it(const char* expression, const char*, int) {
    throw std::runtime_error(expression);
}

/// Runs with a handler that throws, and puts the usual one back.
struct throwing_handler {
    cyclone::assert_handler before = cyclone::set_assert_handler(throw_it);
    ~throwing_handler() { cyclone::set_assert_handler(before); }
};

}  // namespace

TEST_CASE("an assertion of an enabled tier reaches the handler, others cost nothing") {
    const throwing_handler handler;
    int evaluated = 0;
    const auto no = [&] {
        ++evaluated;
        return false;
    };
    int expected = 0;
    const auto tier = [&](int level, auto&& run) {
        if (CYCLONE_CHECK >= level) {
            CHECK_THROWS_WITH(run(), "no()");
            ++expected;
        } else {
            CHECK_NOTHROW(run());
        }
    };
    tier(1, [&] { CYCLONE_ASSERT(no()); });
    tier(2, [&] { CYCLONE_CHECK_THAT(no()); });
    tier(3, [&] { CYCLONE_AUDIT(no()); });
    CHECK(evaluated == expected);
}

TEST_CASE("a list keeps order, unlinks anywhere, and tells who was last") {
    cyclone::intrusive_list list;
    cyclone::list_link a;
    cyclone::list_link b;
    cyclone::list_link c;
    list.push_back(a);
    list.push_back(b);
    list.push_back(c);
    CHECK(list.audit() == 3);
    CHECK(cyclone::list_unlink(b) == nullptr);
    CHECK_FALSE(b.linked());
    CHECK(list.next == &a);
    CHECK(a.next == &c);
    CHECK(cyclone::list_unlink(a) == nullptr);
    CHECK(cyclone::list_unlink(c) == &list);
    CHECK(list.empty());
    CHECK(list.audit() == 0);
}

TEST_CASE("splicing moves everything, in order, and leaves the source empty") {
    cyclone::intrusive_list from;
    cyclone::intrusive_list to;
    cyclone::list_link a;
    cyclone::list_link b;
    cyclone::list_link c;
    to.push_back(a);
    from.push_back(b);
    from.push_back(c);
    to.splice_back(from);
    CHECK(from.empty());
    CHECK(to.audit() == 3);
    CHECK(a.next == &b);
    CHECK(b.next == &c);
    to.splice_back(from);
    CHECK(to.audit() == 3);
}

TEST_CASE("audit sees a broken link") {
    cyclone::intrusive_list list;
    cyclone::list_link a;
    cyclone::list_link b;
    list.push_back(a);
    list.push_back(b);
    b.prev = &list;
    CHECK(list.audit() == -1);
    b.prev = &a;
    CHECK(list.audit() == 2);
}

TEST_CASE("counted work counts, no_work is empty") {
    cyclone::counted_work work;
    work.node();
    work.node();
    work.comparison();
    work.relink();
    work.slot();
    CHECK(work.totals().nodes == 2);
    CHECK(work.totals().comparisons == 1);
    CHECK(work.totals().relinks == 1);
    CHECK(work.totals().slots == 1);
    static_assert(std::is_empty_v<cyclone::no_work>);
}
