// Conformance: every semantic of counter.hpp on every row of the registry, with real threads, and
// the judge shown to bite.
#include <algorithm>
#include <numeric>

#include "lab/thread_driver.hpp"
#include "support.hpp"

namespace cyclone::counter::test {
namespace {

using numbers = std::vector<std::uint64_t>;

numbers first_numbers(std::uint64_t count) {
    numbers all(count);
    std::iota(all.begin(), all.end(), 0U);
    return all;
}

constexpr traits k_dense{};
constexpr traits k_batched{.rises = order::per_handle, .batch = 4};

}  // namespace

TEST_CASE("S2: one handle counts from 0", "[conformance]") {
    on_each("one handle", [](const registration& row) {
        const auto counter = row.make();
        const auto handle = counter->make_handle();
        numbers got;
        for (int i = 0; i < 1000; ++i) got.push_back(handle->next());
        CHECK(got == first_numbers(1000));  // batches too: one handle takes them one after another
    });
}

TEST_CASE("S1, S2, S3: threads together", "[conformance]") {
    on_each("crowd", [](const registration& row) {
        for (const unsigned threads : {1U, 2U, 3U, 4U, 8U}) {
            const auto counter = row.make();
            const std::uint64_t calls = effort(120000, 2400000) / threads;
            const history got = record_crowd(*counter, threads, calls);
            INFO(threads << " threads");
            CHECK(text(judge(got, counter->declared())) == "");
            count_cases(threads * calls);
        }
    });
}

TEST_CASE("S4: numbers follow real time where that is declared", "[conformance]") {
    on_each("relay", [](const registration& row) {
        const auto counter = row.make();
        const numbers got = record_relay(*counter, 3, effort(3000, 100000));
        count_cases(got.size());
        if (counter->declared().rises == order::real_time) CHECK(text(judge_order(got)) == "");
        numbers sorted = got;
        std::ranges::sort(sorted);
        CHECK(std::ranges::adjacent_find(sorted) == sorted.end());
    });
}

TEST_CASE("S4 is declared no weaker than it is", "[conformance]") {
    on_each("weaker order shows", [](const registration& row) {
        const auto counter = row.make();
        if (counter->declared().rises == order::real_time) return;
        CHECK(judge_order(record_relay(*counter, 2, 1000)));
    });
}

TEST_CASE("S5: a thread that stopped between calls holds nobody up", "[conformance]") {
    on_each("idle handles", [](const registration& row) {
        const auto counter = row.make();
        const auto idle = counter->make_handle();
        history got(2);
        got[0].push_back(idle->next());
        const auto busy = counter->make_handle();
        for (int i = 0; i < 1000; ++i) got[1].push_back(busy->next());
        got[0].push_back(idle->next());
        CHECK(text(judge(got, counter->declared())) == "");
    });
}

TEST_CASE("S6: handles come and go", "[conformance]") {
    on_each("short-lived handles", [](const registration& row) {
        const auto counter = row.make();
        history got;
        for (int i = 0; i < 100; ++i) {
            const auto handle = counter->make_handle();
            got.push_back({handle->next(), handle->next(), handle->next()});
        }
        CHECK(text(judge(got, counter->declared())) == "");
    });
}

TEST_CASE("two counters know nothing of each other", "[conformance]") {
    on_each("two counters", [](const registration& row) {
        const auto a = row.make();
        const auto b = row.make();
        const auto of_a = a->make_handle();
        const auto of_b = b->make_handle();
        for (std::uint64_t i = 0; i < 100; ++i) {
            CHECK(of_a->next() == i);
            CHECK(of_b->next() == i);
        }
    });
}

TEST_CASE("the judge finds what is planted", "[judge]") {
    CHECK(text(judge({{0, 2}, {1, 3}}, k_dense)) == "");
    CHECK(text(judge({{}, {}}, k_dense)) == "");
    CHECK(judge({{0, 1}, {1, 2}}, k_dense)->property == "S1 unique");
    CHECK(judge({{0, 2}, {1, 4}}, k_dense)->property == "S2 dense");
    CHECK(judge({{1, 2}}, k_dense)->property == "S2 dense");
    CHECK(judge({{0, 3}, {2, 1}}, k_dense)->property == "S3 rising");
    CHECK(text(judge({{0, 1, 2}, {4}}, k_batched)) == "");
    CHECK(text(judge({{0}, {4}}, k_batched)) == "");  // the most that S2 allows is 7
    CHECK(judge({{0}, {8}}, k_batched)->property == "S2 dense");
    CHECK(text(judge_order({0, 1, 5})) == "");
    CHECK(judge_order({0, 5, 1})->property == "S4 real time");
}

}  // namespace cyclone::counter::test
