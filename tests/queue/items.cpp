// Conformance of what is inside: items that can only be moved, that count themselves, that have no
// default constructor; and the calls that wait. The registry's rows are queues of numbers; these
// are the same templates with other items.
#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include "lab/thread_driver.hpp"
#include "native.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

/// A scenario on every chosen variant that takes such items: scenario(maker).
template <class T, class Scenario>
void on_each_of_items(const char* name, maker_of<T> native_subject::*of, Scenario scenario) {
    for (const registration* row : cyclone::test::chosen_of(registry())) {
        const native_subject* const which = named(native_subjects(), row->name);
        REQUIRE(which != nullptr);
        if (which->*of == nullptr) continue;  // a peer, or a queue of words
        DYNAMIC_SECTION(row->name << ": " << name) {
            count_cases(1);
            scenario(which->*of);
        }
    }
}

template <class T>
[[nodiscard]] std::size_t room(const end_of<T>& queue) {
    return queue.declared().bounded() ? queue.capacity() : 5;
}

template <class T>
bool put(end_of<T>& queue, T&& item) {
    const bool in = queue.try_push(std::move(item));
    queue.flush_pushes();
    return in;
}
template <class T>
popped<T> get(end_of<T>& queue) {
    auto one = queue.try_pop();
    queue.flush_pops();
    return one;
}

}  // namespace

TEST_CASE("S6: a push that fails has not touched the item", "[conformance]") {
    on_each_of_items<boxed>("failed push", &native_subject::of_boxes, [](maker_of<boxed> make) {
        const auto queue = make({.capacity = 2});
        if (!queue->declared().bounded()) return;
        for (std::size_t i = 0; i < queue->capacity(); ++i) {
            CHECK(put(*queue, std::make_unique<int>(1)));
        }
        auto mine = std::make_unique<int>(7);
        CHECK_FALSE(queue->try_push(std::move(mine)));
        REQUIRE(mine != nullptr);
        CHECK(*mine == 7);
        CHECK(get(*queue));
        CHECK(queue->try_push(std::move(mine)));
        CHECK(mine == nullptr);
    });
}

TEST_CASE("S12: what did not pass in a batch is untouched", "[conformance]") {
    on_each_of_items<boxed>("batch", &native_subject::of_boxes, [](maker_of<boxed> make) {
        const auto queue = make({.capacity = 4});
        std::array<boxed, 11> items;
        for (std::size_t i = 0; i < items.size(); ++i) items[i] = std::make_unique<int>(i);
        const std::size_t in = queue->push_many(items);
        queue->flush_pushes();
        CHECK(in == std::min(items.size(), queue->capacity()));
        for (std::size_t i = 0; i < items.size(); ++i) {
            INFO("item " << i << " of " << in << " that passed");
            CHECK((items[i] == nullptr) == (i < in));
            if (items[i] != nullptr) CHECK(*items[i] == static_cast<int>(i));
        }
        std::array<boxed, 12> room;
        CHECK(queue->pop_many(room) == in);
        std::vector<int> got;
        for (std::size_t i = 0; i < in; ++i) {
            REQUIRE(room[i] != nullptr);
            got.push_back(*room[i]);
        }
        if (queue->declared().keeps == order::lifo) std::reverse(got.begin(), got.end());
        for (std::size_t i = 0; i < in; ++i) CHECK(got[i] == static_cast<int>(i));
        for (std::size_t i = in; i < room.size(); ++i) CHECK(room[i] == nullptr);
    });
}

TEST_CASE("S9: what is inside at the end is destroyed, each once", "[conformance]") {
    on_each_of_items<tracked>(
        "destroyed with items inside", &native_subject::of_tracked, [](maker_of<tracked> make) {
            REQUIRE(tracked::alive() == 0);
            for (std::size_t taken = 0; taken < 5; ++taken) {
                {
                    const auto queue = make({.capacity = 4});
                    const std::size_t fits = room(*queue);
                    for (std::size_t i = 0; i < fits; ++i) {
                        CHECK(put(*queue, tracked(static_cast<int>(i))));
                    }
                    for (std::size_t i = 0; i < std::min(taken, fits); ++i) CHECK(get(*queue));
                    CHECK(tracked::alive() == static_cast<int>(fits - std::min(taken, fits)));
                }
                CHECK(tracked::alive() == 0);
            }
        });
}

TEST_CASE("S9: destroyed when the last push is just over", "[conformance]") {
    on_each_of_items<tracked>("a racing last push", &native_subject::of_tracked,
                              [](maker_of<tracked> make) {
                                  // The items count themselves without a lock: the two calls must
                                  // not overlap, but they are as near as a join lets them be.
                                  for (int round = 0; round < 50; ++round) {
                                      {
                                          const auto queue = make({.capacity = 4});
                                          const auto other = queue->attach();
                                          auto team = lab::thread_team::start(2, {});
                                          REQUIRE(team);
                                          (*team)->run([&](unsigned index, lab::stop_flag&) {
                                              if (index == 1) other->try_push(tracked(round));
                                              return lab::tally{1, 0};
                                          });
                                      }
                                      CHECK(tracked::alive() == 0);
                                  }
                              });
}

TEST_CASE("S1: an item leaves nothing behind where it was", "[conformance]") {
    on_each_of_items<tracked>("rounds of items", &native_subject::of_tracked,
                              [](maker_of<tracked> make) {
                                  const auto queue = make({.capacity = 3});
                                  for (int round = 0; round < 20; ++round) {
                                      CHECK(put(*queue, tracked(round)));
                                      CHECK(tracked::alive() == 1);
                                      auto one = get(*queue);
                                      REQUIRE(one);
                                      CHECK((*one).value() == round);
                                      CHECK(tracked::alive() == 1);
                                  }
                                  CHECK(tracked::alive() == 0);
                              });
}

TEST_CASE("S1: items with memory of their own", "[conformance]") {
    on_each_of_items<std::string>(
        "strings", &native_subject::of_strings, [](maker_of<std::string> make) {
            const auto queue = make({.capacity = 4});
            const std::string longish(100, 'x');  // beyond the small-string buffer
            for (char mark = 'a'; mark <= 'z'; ++mark) {
                CHECK(put(*queue, longish + mark));
                auto one = get(*queue);
                REQUIRE(one);
                CHECK(*one == longish + mark);
            }
            CHECK(put(*queue, std::string(longish)));  // one stays inside
        });
}

TEST_CASE("S11: access is had by so many at a time, and again when one has gone", "[conformance]") {
    on_each_of_items<std::uint64_t>("accesses", &native_subject::make, [](maker make) {
        const auto queue = make({.capacity = 64});
        std::vector<std::unique_ptr<end>> all;
        for (unsigned i = 1; i < k_accesses_max; ++i) all.push_back(queue->attach());
        // One more has a place or is told that there is none; places may be taken by the first call
        // only, and there may be more of them than must be.
        std::vector<std::unique_ptr<end>> more;
        const auto one_more = [&] {
            more.push_back(queue->attach());
            CHECK(put(*more.back(), std::uint64_t{1}));
            CHECK(get(*more.back()));
        };
        bool refused = false;
        for (unsigned i = 0; i < k_accesses_max && !refused; ++i) {
            try {
                one_more();
            } catch (const std::length_error&) {
                refused = true;
            }
        }
        cyclone::test::note_fact("one access more", refused ? "std::length_error" : "has a place");
        more.clear();
        for (int round = 0; round < 5; ++round) {
            all.pop_back();
            all.push_back(queue->attach());
            CHECK(put(*all.back(), std::uint64_t{7}));
            const auto one = get(*all.front());
            REQUIRE(one);
            CHECK(*one == 7);
        }
    });
}

TEST_CASE("S15: who waits for room or for an item gets it", "[conformance]") {
    on_each_of_items<std::uint64_t>("calls that wait", &native_subject::make, [](maker make) {
        const auto queue = make({.capacity = 2});
        if (!queue->waits()) return;
        const crowd who = allowed(queue->declared(), {.producers = 2, .consumers = 2});
        constexpr std::uint64_t k_each = 4000;
        std::vector<std::unique_ptr<end>> ends;
        for (unsigned i = 0; i < who.producers + who.consumers; ++i) {
            ends.push_back(queue->attach());
        }
        harvest reaped;
        reaped.got.resize(who.consumers);
        auto team = lab::thread_team::start(who.producers + who.consumers, {});
        REQUIRE(team);
        (*team)->run([&](unsigned index, lab::stop_flag&) {
            if (index < who.producers) {
                for (std::uint64_t i = 0; i < k_each; ++i) ends[index]->push(item_of(index, i));
                ends[index]->flush_pushes();
                return lab::tally{k_each, 0};
            }
            const std::uint64_t mine = who.producers * k_each / who.consumers;
            auto& got = reaped.got[index - who.producers];
            for (std::uint64_t i = 0; i < mine; ++i) got.push_back(ends[index]->pop());
            return lab::tally{mine, 0};
        });
        crowd all = who;
        all.items = k_each;
        CHECK(text(judge(reaped, all, queue->declared())) == "");
        CHECK(queue->try_pop().said() == answer::empty);
        count_cases(who.producers * k_each);
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
