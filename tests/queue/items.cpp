// Conformance of what is inside: items that can only be moved, that count themselves, that have no
// default constructor. The registry's rows are queues of numbers; these are the same templates with
// other items.
#include <memory>
#include <string>

#include "support.hpp"

namespace cyclone::queue::test {
namespace {

/// Moves only, has no default constructor, and knows how many of it are alive.
class tracked {
 public:
    explicit tracked(int value) noexcept : value_(value) { ++alive(); }
    tracked(tracked&& other) noexcept : value_(std::exchange(other.value_, -1)) { ++alive(); }
    tracked(const tracked&) = delete;
    tracked& operator=(const tracked&) = delete;
    tracked& operator=(tracked&&) = delete;
    ~tracked() { --alive(); }

    [[nodiscard]] int value() const noexcept { return value_; }
    static int& alive() {
        static int count = 0;
        return count;
    }

 private:
    int value_;
};

/// A scenario on every chosen variant as a queue of T: scenario(type_identity<queue>).
template <class T, class Scenario>
void on_each_of_items(const char* name, Scenario scenario) {
    const auto rows = cyclone::test::chosen_of(registry());
    with_each_queue_of<T>([&](std::string_view variant, auto which) {
        const auto has_name = [&](const registration* row) { return row->name == variant; };
        if (std::none_of(rows.begin(), rows.end(), has_name)) return;
        DYNAMIC_SECTION(variant << ": " << name) {
            count_cases(1);
            scenario(which);
        }
    });
}

template <class Q>
[[nodiscard]] std::size_t room(const Q& queue) {
    return Q::k_traits.bounded() ? queue.capacity() : 5;
}

}  // namespace

TEST_CASE("S6: a push that fails has not touched the item", "[conformance]") {
    on_each_of_items<std::unique_ptr<int>>("failed push", [](auto which) {
        using queue_type = typename decltype(which)::type;
        if constexpr (queue_type::k_traits.bounded()) {
            queue_type queue(2);
            for (std::size_t i = 0; i < queue.capacity(); ++i) {
                CHECK(queue.try_push(std::make_unique<int>(1)));
            }
            auto mine = std::make_unique<int>(7);
            CHECK_FALSE(queue.try_push(std::move(mine)));
            REQUIRE(mine != nullptr);
            CHECK(*mine == 7);
            CHECK(queue.try_pop());
            CHECK(queue.try_push(std::move(mine)));
            CHECK(mine == nullptr);
        }
    });
}

TEST_CASE("S9: what is inside at the end is destroyed, each once", "[conformance]") {
    on_each_of_items<tracked>("destroyed with items inside", [](auto which) {
        using queue_type = typename decltype(which)::type;
        REQUIRE(tracked::alive() == 0);
        for (std::size_t taken = 0; taken < 5; ++taken) {
            {
                queue_type queue(4);
                for (std::size_t i = 0; i < room(queue); ++i) {
                    CHECK(queue.try_push(tracked(static_cast<int>(i))));
                }
                for (std::size_t i = 0; i < std::min(taken, room(queue)); ++i) {
                    CHECK(queue.try_pop());
                }
                CHECK(tracked::alive() ==
                      static_cast<int>(room(queue) - std::min(taken, room(queue))));
            }
            CHECK(tracked::alive() == 0);
        }
    });
}

TEST_CASE("S1: an item leaves nothing behind where it was", "[conformance]") {
    on_each_of_items<tracked>("rounds of items", [](auto which) {
        using queue_type = typename decltype(which)::type;
        queue_type queue(3);
        for (int round = 0; round < 20; ++round) {
            CHECK(queue.try_push(tracked(round)));
            CHECK(tracked::alive() == 1);
            auto one = queue.try_pop();
            REQUIRE(one);
            CHECK((*one).value() == round);
            CHECK(tracked::alive() == 1);
        }
        CHECK(tracked::alive() == 0);
    });
}

TEST_CASE("S1: items with memory of their own", "[conformance]") {
    on_each_of_items<std::string>("strings", [](auto which) {
        using queue_type = typename decltype(which)::type;
        queue_type queue(4);
        const std::string longish(100, 'x');  // beyond the small-string buffer
        for (char mark = 'a'; mark <= 'z'; ++mark) {
            CHECK(queue.try_push(longish + mark));
            auto one = queue.try_pop();
            REQUIRE(one);
            CHECK(*one == longish + mark);
        }
        CHECK(queue.try_push(std::string(longish)));  // one stays inside
    });
}

TEST_CASE("what can be an item", "[judge]") {
    struct throws_when_moved {
        throws_when_moved(throws_when_moved&&) noexcept(false) {}
    };
    CHECK(k_can_be_item<std::uint64_t>);
    CHECK(k_can_be_item<tracked>);
    CHECK(k_can_be_item<std::unique_ptr<int>>);
    CHECK_FALSE(k_can_be_item<throws_when_moved>);
    CHECK_FALSE(k_can_be_item<const int>);
    CHECK_FALSE(k_can_be_item<int&>);
    CHECK_FALSE(k_can_be_item<void>);
}

}  // namespace cyclone::queue::test
