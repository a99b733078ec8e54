// Conformance: every semantic of queue.hpp on every row of the registry, one scenario each, with
// the outcome written by hand; and the judge of crowds shown to bite.
#include <algorithm>
#include <numeric>

#include "base/spin.hpp"
#include "breaks.hpp"
#include "lab/thread_driver.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

constexpr std::size_t k_sizes[] = {1, 2, 3, 5, 8, 64, 100};
constexpr std::uint64_t k_wraps[] = {0, (std::uint64_t{1} << 32) - 2, std::uint64_t{0} - 2};
constexpr std::size_t k_many = 1000;  ///< that an unbounded queue takes without a word

std::vector<std::uint64_t> numbers(std::uint64_t from, std::size_t count) {
    std::vector<std::uint64_t> all(count);
    std::iota(all.begin(), all.end(), from);
    return all;
}

/// A call and its flush, which is nothing where calls are seen at once (S13).
bool put(any& queue, std::uint64_t item) {
    const bool in = queue.try_push(item);
    queue.flush_pushes();
    return in;
}
popped<std::uint64_t> get(any& queue) {
    auto one = queue.try_pop();
    queue.flush_pops();
    return one;
}

/// Pops up to `most` items, as long as there are any.
std::vector<std::uint64_t> popped_from(any& queue, std::size_t most) {
    std::vector<std::uint64_t> got;
    while (got.size() < most) {
        const auto one = get(queue);
        if (!one) break;
        got.push_back(*one);
    }
    return got;
}

std::vector<std::uint64_t> in_order(std::vector<std::uint64_t> pushed, const traits& declared) {
    if (declared.keeps == order::lifo) std::reverse(pushed.begin(), pushed.end());
    return pushed;
}

/// A scenario of one rule on every chosen row; not on a peer that is known to break the rule, which
/// is what peers.cpp shows.
template <class Scenario>
void on_each_held_to(const char* rule, const char* name, Scenario scenario) {
    on_each(name, [&](const registration& row) {
        if (!is_known_to_break(row, rule)) scenario(row);
    });
}

}  // namespace

TEST_CASE("S5: a capacity that gives no queue is an error that says why", "[conformance]") {
    on_each_held_to("S5", "no capacity", [](const registration& row) {
        const auto none = row.make({.capacity = 0});
        REQUIRE_FALSE(none);
        CHECK(none.error().code == error_code::invalid_argument);
        CHECK(none.error().message.find("capacity 0") != std::string::npos);
        const auto holds = made(row.make, {})->declared().holds;
        if (holds == capacity_rule::unbounded) return;
        const auto much = row.make({.capacity = k_capacity_max + 1});
        REQUIRE_FALSE(much);
        CHECK(much.error().code == error_code::out_of_range);
    });
}

TEST_CASE("S5, S4: exactly the capacity fits", "[conformance]") {
    on_each_held_to("S5", "capacity", [](const registration& row) {
        for (const std::size_t wanted : k_sizes) {
            const auto queue = made(row.make, {.capacity = wanted});
            INFO("capacity " << wanted);
            const traits& declared = queue->declared();
            CHECK(queue->capacity() == capacity_for(declared, wanted).value());
            if (declared.holds == capacity_rule::exact) CHECK(queue->capacity() == wanted);
            const std::size_t fits = declared.bounded() ? queue->capacity() : k_many;
            for (std::size_t i = 0; i < fits; ++i) CHECK(put(*queue, i));
            if (!declared.bounded()) continue;
            CHECK_FALSE(put(*queue, fits));
            CHECK(get(*queue));
            CHECK(put(*queue, fits));
            CHECK_FALSE(put(*queue, fits));
        }
    });
}

TEST_CASE("S5: capacities that are rounded", "[conformance]") {
    constexpr traits k_rounded{.holds = capacity_rule::power_of_two};
    CHECK(capacity_for(k_rounded, 1).value() == 2);
    CHECK(capacity_for(k_rounded, 2).value() == 2);
    CHECK(capacity_for(k_rounded, 5).value() == 8);
    CHECK(capacity_for(k_rounded, k_capacity_max).value() == k_capacity_max);
    CHECK(capacity_for({.holds = capacity_rule::unbounded}, 7).value() == k_unbounded);
}

TEST_CASE("S3: empty when nothing is inside", "[conformance]") {
    on_each_held_to("S3", "empty", [](const registration& row) {
        const auto queue = made(row.make, {.capacity = 4});
        CHECK(queue->try_pop().said() == answer::empty);
        for (std::uint64_t round = 0; round < 20; ++round) {
            CHECK(put(*queue, round));
            const auto one = get(*queue);
            REQUIRE(one);
            CHECK(*one == round);
            CHECK(queue->try_pop().said() == answer::empty);
            CHECK(queue->try_pop().said() == answer::empty);
        }
    });
}

TEST_CASE("S1, S2: what goes in comes out, in the order declared", "[conformance]") {
    on_each_held_to("S2", "order", [](const registration& row) {
        for (const std::size_t wanted : k_sizes) {
            const auto queue = made(row.make, {.capacity = wanted});
            const std::size_t fits = std::min(queue->capacity(), k_many);
            for (std::uint64_t round = 0; round < 5; ++round) {
                const auto pushed = numbers(round * 1000, fits);
                for (const std::uint64_t item : pushed) REQUIRE(put(*queue, item));
                CHECK(popped_from(*queue, fits + 1) == in_order(pushed, queue->declared()));
            }
        }
    });
}

TEST_CASE("S2: pops between pushes", "[conformance]") {
    on_each_held_to("S2", "pops between pushes", [](const registration& row) {
        const auto queue = made(row.make, {.capacity = 8});
        for (const std::uint64_t item : {1, 2, 3}) CHECK(put(*queue, item));
        const auto first = get(*queue);
        for (const std::uint64_t item : {4, 5}) CHECK(put(*queue, item));
        const bool is_lifo = queue->declared().keeps == order::lifo;
        CHECK(*first == (is_lifo ? 3U : 1U));
        using list = std::vector<std::uint64_t>;
        CHECK(popped_from(*queue, 9) == (is_lifo ? list{5, 4, 2, 1} : list{2, 3, 4, 5}));
    });
}

TEST_CASE("S10: positions that go round", "[conformance]") {
    on_each_held_to("S10", "positions go round", [](const registration& row) {
        for (const std::uint64_t origin : k_wraps) {
            for (const std::size_t wanted : {1U, 3U, 4U}) {
                const auto queue = made(row.make, {.capacity = wanted, .origin = origin});
                const std::size_t fits = std::min<std::size_t>(queue->capacity(), 4);
                INFO("origin " << origin << ", capacity " << wanted);
                for (std::uint64_t round = 0; round < 6; ++round) {
                    const auto pushed = numbers(round * 100, fits);
                    for (const std::uint64_t item : pushed) REQUIRE(put(*queue, item));
                    CHECK(popped_from(*queue, fits + 1) == in_order(pushed, queue->declared()));
                }
            }
        }
    });
}

TEST_CASE("S7: what was done before a push is seen after the pop", "[conformance]") {
    on_each_held_to("S7", "publication", [](const registration& row) {
        constexpr std::uint64_t k_items = 2000;
        const auto queue = made(row.make, {.capacity = 16});
        std::vector<std::uint64_t> written(k_items);  // plain memory: the queue alone orders it
        std::uint64_t wrong = 0;
        auto team = lab::thread_team::start(2, {});
        REQUIRE(team);
        (*team)->run([&](unsigned index, lab::stop_flag&) {
            const auto mine = queue->attach();
            spin_wait<> wait;
            for (std::uint64_t i = 0, turns = 0; i < k_items && turns < (1U << 22); ++turns) {
                if (index == 0) {
                    written[i] = ~i;
                    if (put(*mine, i))
                        ++i;
                    else
                        wait.once();
                } else if (const auto one = get(*mine)) {
                    wrong += *one < k_items && written[*one] == ~*one ? 0 : 1;
                    ++i;
                } else {
                    wait.once();
                }
            }
            return lab::tally{k_items, 0};
        });
        CHECK(wrong == 0);
        CHECK(queue->try_pop().said() == answer::empty);
        count_cases(k_items);
    });
}

TEST_CASE("S12: a batch is as so many single calls", "[conformance]") {
    on_each_held_to("S12", "batches", [](const registration& row) {
        for (const std::size_t wanted : {1U, 3U, 8U, 64U}) {
            const auto queue = made(row.make, {.capacity = wanted, .origin = k_wraps[2]});
            INFO("capacity " << wanted);
            const std::size_t fits = std::min(queue->capacity(), wanted + 5);
            CHECK(queue->push_many({}) == 0);
            CHECK(queue->pop_many({}) == 0);
            for (std::uint64_t round = 0; round < 6; ++round) {
                auto items = numbers(round * 1000, wanted + 5);
                CHECK(queue->push_many(items) == fits);
                queue->flush_pushes();
                std::vector<std::uint64_t> room(fits + 3, 7);
                // In two bites: the second begins in the middle of the first.
                const std::size_t bite = fits / 2;
                CHECK(queue->pop_many({room.data(), bite}) == bite);
                CHECK(queue->pop_many({room.data() + bite, fits + 3 - bite}) == fits - bite);
                queue->flush_pops();
                items.resize(fits);
                items = in_order(items, queue->declared());
                items.insert(items.end(), 3, 7);  // what nothing came into is as it was
                CHECK(room == items);
                CHECK(queue->pop_many(room) == 0);
            }
        }
    });
}

TEST_CASE("S13: who finds no room or no item has flushed", "[conformance]") {
    on_each("flushes", [](const registration& row) {
        const auto queue = made(row.make, {.capacity = 8});
        if (!queue->declared().bounded()) return;
        const std::size_t fits = queue->capacity();
        for (std::uint64_t round = 0; round < 5; ++round) {
            for (std::size_t i = 0; i < fits; ++i) CHECK(queue->try_push(i));
            CHECK_FALSE(queue->try_push(99));  // shows all that was pushed
            for (std::size_t i = 0; i < fits; ++i) CHECK(queue->try_pop());
            CHECK(queue->try_pop().said() == answer::empty);  // gives all places back
        }
        queue->flush_pushes();
        queue->flush_pops();
        CHECK(queue->try_pop().said() == answer::empty);
    });
}

TEST_CASE("S11: what is inside stays when its producer has gone", "[conformance]") {
    on_each("accesses that go", [](const registration& row) {
        const auto queue = made(row.make, {.capacity = 8});
        std::uint64_t next = 0;
        for (int round = 0; round < 200; ++round) {  // more than there can be at a time
            const auto another = queue->attach();
            CHECK(put(*another, ++next));
            CHECK(put(*another, ++next));
            if (round % 2 == 0) continue;
            const auto got = popped_from(*queue, 9);
            auto due = in_order({next - 3, next - 2, next - 1, next}, queue->declared());
            if (queue->declared().keeps != order::fifo_per_producer) CHECK(got == due);
            auto sorted = got;
            std::sort(sorted.begin(), sorted.end());
            CHECK(sorted == numbers(next - 3, 4));
        }
        CHECK(get(*queue).said() == answer::empty);
    });
}

TEST_CASE("two queues know nothing of each other", "[conformance]") {
    on_each("two queues", [](const registration& row) {
        const auto a = made(row.make, {.capacity = 4});
        const auto b = made(row.make, {.capacity = 4});
        CHECK(put(*a, 1));
        CHECK(get(*b).said() == answer::empty);
        CHECK(put(*b, 2));
        CHECK(*get(*a) == 1);
        CHECK(*get(*b) == 2);
    });
}

TEST_CASE("a row's kind and bounds are those it declares", "[conformance]") {
    on_each("declarations", [](const registration& row) {
        const auto queue = made(row.make, {});
        const traits& declared = queue->declared();
        CHECK(row.kind == name_of(declared.serves));
        CHECK(declared.bounded() == (declared.fills != fullness::never));
        CHECK(declared.bounded() == (queue->capacity() != k_unbounded));
    });
}

TEST_CASE("the judge finds what is planted", "[judge]") {
    constexpr crowd k_who{.producers = 2, .consumers = 2, .items = 2};
    constexpr traits k_fifo{};
    const auto a = [](std::uint64_t n) { return item_of(0, n); };
    const auto b = [](std::uint64_t n) { return item_of(1, n); };
    CHECK(text(judge({{{a(0), a(1)}, {b(0), b(1)}}, {}, {}}, k_who, k_fifo)) == "");
    CHECK(text(judge({{{a(1)}, {a(0)}}, {b(0), b(1)}, {}}, k_who, k_fifo)) == "");
    CHECK(judge({{{a(0), a(1)}, {b(0)}}, {}, {}}, k_who, k_fifo)->property == "S1 once");
    CHECK(judge({{{a(0), a(1)}, {b(0), b(1)}}, {a(1)}, {}}, k_who, k_fifo)->property == "S1 once");
    CHECK(judge({{{a(0), a(1)}, {b(0), 7}}, {b(1)}, {}}, k_who, k_fifo)->property == "S1 once");
    CHECK(judge({{{a(0), a(2)}, {b(0), b(1)}}, {a(1)}, {}}, k_who, k_fifo)->property == "S1 once");
    const harvest overtaken{{{a(1), a(0)}, {b(0), b(1)}}, {}, {}};
    CHECK(judge(overtaken, k_who, k_fifo)->property == "S2 order");
    CHECK(text(judge(overtaken, k_who, {.keeps = order::lifo})) == "");
    const harvest left_behind{{{a(1)}, {b(0), b(1)}}, {a(0)}, {}};
    CHECK(judge(left_behind, k_who, k_fifo)->property == "S2 order");
    const harvest said{{{}, {}}, {}, violation{"S3 empty", "planted"}};
    CHECK(judge(said, k_who, k_fifo)->property == "S3 empty");
}

}  // namespace cyclone::queue::test
