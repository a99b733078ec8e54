// The Disruptor's multicast (variants/queue/multicast.hpp), which is no row of the registry: every
// consumer is to see every item, all in one order. By hand, by crowds of real threads, and in every
// execution of small scenarios, with seeded bugs that the scenarios must find.
#include "variants/queue/multicast.hpp"

#include <array>
#include <vector>

#include "base/spin.hpp"
#include "lab/thread_driver.hpp"
#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "queue/check.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

/// Numbers and items as one consumer was given them.
struct seen_by_one {
    std::vector<std::uint64_t> numbers;
    std::vector<std::uint64_t> items;
};

template <class M>
std::size_t read_all(M& from, unsigned who, std::size_t most, seen_by_one& into) {
    return from.consume(who, most, [&](std::uint64_t number, std::uint64_t item) {
        into.numbers.push_back(number);
        into.items.push_back(item);
    });
}

using numbers = std::vector<std::uint64_t>;

constexpr std::uint64_t k_origins[] = {0, (std::uint64_t{1} << 32) - 3, std::uint64_t{0} - 3};

}  // namespace

TEST_CASE("multicast: everybody sees everything, in one order", "[multicast][witness]") {
    for (const std::uint64_t origin : k_origins) {
        INFO("origin " << origin);
        multicast<std::uint64_t, 3> to_all(4, origin);
        std::array<seen_by_one, 3> got;
        for (std::uint64_t round = 0; round < 5; ++round) {
            for (std::uint64_t i = 0; i < 4; ++i) {
                CHECK(to_all.try_publish(10 * round + i) == origin + 4 * round + i);
            }
            CHECK_FALSE(to_all.try_publish(99));
            for (unsigned who = 0; who < 3; ++who) {
                CHECK(read_all(to_all, who, 1, got[who]) == 1);
                CHECK(read_all(to_all, who, 9, got[who]) == 3);
                CHECK(read_all(to_all, who, 9, got[who]) == 0);
            }
        }
        for (const seen_by_one& one : got) {
            REQUIRE(one.items.size() == 20);
            for (std::uint64_t i = 0; i < 20; ++i) {
                CHECK(one.items[i] == 10 * (i / 4) + i % 4);
                CHECK(one.numbers[i] == origin + i);
            }
        }
    }
}

TEST_CASE("multicast: the slowest holds the producers up", "[multicast][witness]") {
    multicast<std::uint64_t, 2> to_both(2);
    seen_by_one fast;
    seen_by_one slow;
    CHECK(to_both.capacity() == 2);
    CHECK(to_both.try_publish(1));
    CHECK(to_both.try_publish(2));
    CHECK(read_all(to_both, 0, 9, fast) == 2);
    CHECK_FALSE(to_both.try_publish(3));
    CHECK(read_all(to_both, 1, 1, slow) == 1);
    CHECK(to_both.try_publish(3));
    CHECK_FALSE(to_both.try_publish(4));
    CHECK(read_all(to_both, 0, 9, fast) == 1);
    CHECK(read_all(to_both, 1, 9, slow) == 2);
    CHECK(fast.items == numbers{1, 2, 3});
    CHECK(slow.items == numbers{1, 2, 3});
    CHECK(multicast<std::uint64_t, 1>(1).capacity() == 2);
    CHECK(multicast<std::uint64_t, 1>(5).capacity() == 8);
}

TEST_CASE("multicast: a crowd", "[multicast][witness]") {
    constexpr unsigned k_producers = 2;
    constexpr unsigned k_consumers = 3;
    constexpr std::uint64_t k_each = 5000;
    constexpr std::uint64_t k_all = k_producers * k_each;
    for (const std::size_t capacity : {std::size_t{2}, std::size_t{64}}) {
        multicast<std::uint64_t, k_consumers> to_all(capacity, std::uint64_t{0} - 99);
        std::array<seen_by_one, k_consumers> got;
        auto team = lab::thread_team::start(k_producers + k_consumers, {});
        REQUIRE(team);
        (*team)->run([&](unsigned index, lab::stop_flag&) {
            constexpr std::uint64_t k_turns_max = std::uint64_t{1} << 22;
            const bool is_producer = index < k_producers;
            const std::uint64_t all = is_producer ? k_each : k_all;
            std::uint64_t done = 0;
            spin_wait<> wait;
            for (std::uint64_t turns = 0; done < all && turns < k_turns_max; ++turns) {
                const std::size_t step =
                    is_producer
                        ? (to_all.try_publish(item_of(index, done)) ? 1U : 0U)
                        : read_all(to_all, index - k_producers, 16, got[index - k_producers]);
                done += step;
                if (step == 0) wait.once();
            }
            return lab::tally{done, 0};
        });
        std::array<std::uint64_t, k_producers> last{};
        REQUIRE(got[0].items.size() == k_all);
        for (std::uint64_t i = 0; i < k_all; ++i) {
            const std::uint64_t item = got[0].items[i];
            std::uint64_t& before = last.at((item >> 40) - 1);
            REQUIRE(item == item_of(static_cast<unsigned>((item >> 40) - 1), before));
            ++before;
            REQUIRE(got[0].numbers[i] == std::uint64_t{0} - 99 + i);
        }
        for (const seen_by_one& one : got) CHECK((one.items == got[0].items));
    }
}

namespace {

using sync::explored;

/// What the explorer's bodies look at: numbers from 0, for each consumer the item of each.
struct sighting {
    static constexpr std::size_t k_most = 8;
    std::array<std::array<std::uint64_t, k_most>, 2> items{};
    std::array<std::size_t, 2> count{};

    template <class M>
    void read(M& from, unsigned who, std::size_t most) {
        from.consume(who, most, [&](std::uint64_t number, std::uint64_t item) {
            model::require(number == count[who] && number < k_most, "numbers without a gap");
            items[who][count[who]++] = item;
        });
    }
    /// Both have seen the same, and `published` of it.
    void judge(std::size_t published) const {
        model::require(count[0] == published && count[1] == published, "all that was published");
        for (std::size_t i = 0; i < published; ++i) {
            model::require(items[0][i] == items[1][i], "the same item by the same number");
            for (std::size_t j = 0; j < i; ++j) {
                model::require(items[0][i] != items[0][j], "each item once");
            }
        }
    }
};

/// Two producers of one each, and two consumers.
template <int Mutant>
void two_and_two() {
    multicast<std::uint64_t, 2, explored, Mutant> to_both(2);
    sighting seen;
    std::size_t published = 0;
    {
        bool is_in = false;
        model::thread other([&] { is_in = to_both.try_publish(1).has_value(); });
        model::thread reader([&] { seen.read(to_both, 1, 2); });
        published += to_both.try_publish(2).has_value() ? 1 : 0;
        seen.read(to_both, 0, 2);
        other.join();
        reader.join();
        published += is_in ? 1 : 0;
    }
    seen.read(to_both, 0, 2);
    seen.read(to_both, 1, 2);
    model::require(published == 2, "there was room for both");
    seen.judge(published);
}

/// Both entries are full, and two producers want them as soon as both consumers are through.
template <int Mutant>
void entries_are_used_again() {
    multicast<std::uint64_t, 2, explored, Mutant> to_both(2);
    sighting seen;
    model::require(to_both.try_publish(1) && to_both.try_publish(2), "there was room for both");
    std::array<bool, 2> is_in{};
    {
        model::thread slow([&] { seen.read(to_both, 1, 2); });
        model::thread third([&] { is_in[0] = to_both.try_publish(3).has_value(); });
        model::thread fourth([&] { is_in[1] = to_both.try_publish(4).has_value(); });
        seen.read(to_both, 0, 2);
        slow.join();
        third.join();
        fourth.join();
    }
    for (const unsigned who : {0U, 1U, 0U, 1U}) seen.read(to_both, who, 2);
    seen.judge(2U + (is_in[0] ? 1 : 0) + (is_in[1] ? 1 : 0));
}

template <int Mutant>
std::vector<model::named_body> bodies() {
    return {{"two producers, two consumers", &two_and_two<Mutant>},
            {"entries are used again", &entries_are_used_again<Mutant>}};
}

/// Whether some scenario finds the seeded bug.
template <int Mutant>
bool is_found() {
    for (const model::named_body& one : bodies<Mutant>()) {
        if (model::check({}, one.body).found) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("multicast: every execution of small scenarios", "[multicast][witness]") {
    for (const model::named_body& one : bodies<0>()) {
        const model::result found = model::check({}, one.body);
        INFO(one.name << ": " << found.bound
                      << (found.found ? found.found->message + "\n" + found.found->trace : ""));
        CHECK(found.said == model::verdict::passed);
        CHECK(found.complete > 100);
    }
}

TEST_CASE("multicast: every order that could be weaker is needed", "[multicast][witness]") {
    const model::weaken_report found = model::weaken({}, bodies<0>());
    INFO(found.table());
    CHECK(found.unsound == "");
    CHECK(found.count(model::fate_of::survived) == 0);
    CHECK(found.count(model::fate_of::undecided) == 0);
}

TEST_CASE("multicast: every seeded bug is found", "[multicast][witness]") {
    CHECK(is_found<1>());  // publishes before it writes
    CHECK(is_found<2>());  // claims without a look at the gate
    CHECK(is_found<3>());  // publishes relaxed
    CHECK(is_found<4>());  // reads flags relaxed
    CHECK(is_found<5>());  // gives places back relaxed
    CHECK(is_found<6>());  // hands the gate on relaxed
    CHECK(is_found<7>());  // takes a number although the compare-and-swap failed
    CHECK(is_found<8>());  // the first consumer alone is the gate
}

}  // namespace cyclone::queue::test
