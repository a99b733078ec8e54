// The Promela models of proofs/promela and the code that they were written from: the explorer says
// of the code what the table proofs/promela/verdicts.txt says, as Spin does of the models. The
// settings are the models': two producers with two items each; sleepers and who wakes them.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

#include "litmus_support.hpp"
#include "model/explored.hpp"
#include "variants/queue/vyukov_mpsc.hpp"
#include "variants/wake/eventcount.hpp"

#ifndef CYCLONE_VERDICTS
#error "CYCLONE_VERDICTS: the path of proofs/promela/verdicts.txt"
#endif

namespace cyclone::model::test {
namespace {

using policy = sync::explored;

/// Pops while the producers are at work; the others come when they are done.
constexpr int k_pops_beside = 4;

/// mpsc.pml, and beside it that a consumer which has itself pushed is not told "empty".
template <int Mutant>
void queue_setting() {
    queue::vyukov_mpsc<no_work, Mutant, policy, std::uint64_t> items(4);
    thread one([&] {
        for (std::uint64_t n = 0; n < 2; ++n) items.try_push(n + 0);
    });
    thread two([&] {
        for (std::uint64_t n = 0; n < 2; ++n) items.try_push(n + 10);
    });
    std::array<std::uint64_t, 2> expected{0, 10};
    int taken = 0;
    const auto take = [&] {
        const auto got = items.try_pop();
        if (!got) return got.said();
        std::uint64_t& next = expected[*got / 10];
        require(*got == next, "the items of a producer come once each and in their order");
        ++next;
        ++taken;
        return got.said();
    };
    for (int pops = 0; pops < k_pops_beside; ++pops) take();
    one.join();
    two.join();
    while (taken < 4)
        require(take() == queue::answer::item, "what was pushed is inside, and nobody hides it");
    require(items.try_pop().said() == queue::answer::empty, "at the end the queue is empty");
}

template <int Mutant>
void empty_setting() {
    queue::vyukov_mpsc<no_work, Mutant, policy, std::uint64_t> items(4);
    thread other([&] { items.try_push(1); });
    items.try_push(2);
    require(items.try_pop().said() != queue::answer::empty,
            "what this thread has pushed is inside: the queue is not empty");
    other.join();
    while (items.try_pop()) {
    }
}

template <int Mutant>
result verdict_on_queue(const options& how) {
    const result first = check(how, queue_setting<Mutant>);
    if (first.said != verdict::passed) return first;
    result both = check(how, empty_setting<Mutant>);
    both.complete += first.complete;
    both.blocked += first.blocked;
    both.events_most = std::max(both.events_most, first.events_most);
    return both;
}

/// eventcount.pml. Mutant 9 is the user's: no second look.
template <int Mutant, int Consumers>
void sleep_setting() {
    constexpr int k_wanted = 2 / Consumers, k_brought = Consumers;
    wake::eventcount<no_work, Mutant == 9 ? 0 : Mutant, policy> sleepers;
    policy::atomic<int> items(0);
    const auto take = [&] {
        int there = items.load(std::memory_order_relaxed);
        while (there > 0)
            if (items.compare_exchange_strong(there, there - 1, std::memory_order_relaxed,
                                              std::memory_order_relaxed))
                return true;
        return false;
    };
    const auto consume = [&] {
        for (int got = 0; got < k_wanted; ++got) {
            while (!take()) {
                const wake::key seen = sleepers.prepare();
                if (Mutant != 9 && take()) {
                    sleepers.cancel(seen);
                    break;
                }
                sleepers.sleep(seen);
            }
        }
    };
    const auto produce = [&] {
        items.fetch_add(k_brought, std::memory_order_relaxed);
        if (Consumers == 1)
            sleepers.notify_one();
        else
            sleepers.notify_all();
    };
    thread first(produce);
    if constexpr (Consumers == 1) {
        thread second(produce);
        consume();
    } else {
        thread other(consume);
        consume();
    }
}

template <int Mutant, int Consumers>
result verdict_on_sleepers(const options& how) {
    return check(how, sleep_setting<Mutant, Consumers>);
}

struct subject {
    const char* model;
    int mutant;
    result (*judge)(const options&);
};
constexpr subject k_subjects[] = {
    {"mpsc", 0, verdict_on_queue<0>},
    {"mpsc", 1, verdict_on_queue<1>},
    {"mpsc", 2, verdict_on_queue<2>},
    {"mpsc", 3, verdict_on_queue<3>},
    {"mpsc", 4, verdict_on_queue<4>},
    {"mpsc", 5, verdict_on_queue<5>},
    {"mpsc", 6, verdict_on_queue<6>},
    {"mpsc", 7, verdict_on_queue<7>},
    {"eventcount", 0, verdict_on_sleepers<0, 1>},
    {"eventcount", 1, verdict_on_sleepers<1, 1>},
    {"eventcount", 2, verdict_on_sleepers<2, 1>},
    {"eventcount", 3, verdict_on_sleepers<3, 1>},
    {"eventcount", 4, verdict_on_sleepers<4, 1>},
    {"eventcount", 5, verdict_on_sleepers<5, 1>},
    {"eventcount", 9, verdict_on_sleepers<9, 1>},
    {"eventcount2", 0, verdict_on_sleepers<0, 2>},
    {"eventcount2", 7, verdict_on_sleepers<7, 2>},
};

std::string words_of(const result& said) {
    if (said.said == verdict::passed) return "holds";
    return said.said == verdict::failed ? "fails" : "partial: " + said.bound;
}

}  // namespace

TEST_CASE("the explorer says of the code what Spin says of the models", "[conformance]") {
    std::ifstream table(CYCLONE_VERDICTS);
    REQUIRE(table);
    std::size_t asked = 0;
    for (std::string line; std::getline(table, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        std::string model, spin, explorer;
        int mutant = 0;
        REQUIRE(words >> model >> mutant >> spin >> explorer);
        if (explorer == "-") continue;
        const subject* found = nullptr;
        for (const subject& s : k_subjects)
            if (s.model == model && s.mutant == mutant) found = &s;
        INFO(line);
        REQUIRE(found != nullptr);
        ++asked;
        DYNAMIC_SECTION("explorer: " << model << " " << mutant) {
            cyclone::test::count_cases(1);
            options how;
            how.seconds_max = 60;
            const result said = found->judge(how);
            INFO((said.found ? said.found->message : std::string()));
            CHECK(words_of(said) == explorer);
            WARN(model << " " << mutant << ": " << words_of(said) << ", " << said.complete
                       << " executions, " << said.blocked << " blocked, at most "
                       << said.events_most << " events"
                       << (said.found ? ": " + said.found->message : std::string()));
        }
    }
    CHECK(asked == std::size(k_subjects));
}

}  // namespace cyclone::model::test
