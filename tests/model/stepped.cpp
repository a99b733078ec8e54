// The stepped policy and its scheduler: the layout is what ships, steps mean what they mean
// natively, memory is watched, and strategies go where they say.
#include "model/stepped.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <utility>
#include <vector>

#include "model/interleave.hpp"
#include "stepped_subjects.hpp"

namespace cyclone::model::steps::test {
namespace {

template <class T>
constexpr bool same_layout() {
    return sizeof(stepped::atomic<T>) == sizeof(sync::native::atomic<T>) &&
           alignof(stepped::atomic<T>) == alignof(sync::native::atomic<T>) &&
           sizeof(stepped::var<T>) == sizeof(sync::native::var<T>) &&
           alignof(stepped::var<T>) == alignof(sync::native::var<T>);
}
struct two_words {
    std::uint32_t a, b;
};
static_assert(same_layout<bool>() && same_layout<std::uint8_t>() && same_layout<std::uint16_t>());
static_assert(same_layout<std::uint32_t>() && same_layout<std::uint64_t>());
static_assert(same_layout<void*>() && same_layout<double>() && same_layout<two_words>());
static_assert(sizeof(lamport_ring<stepped>) == sizeof(lamport_ring<sync::native>));
static_assert(sizeof(vyukov_mpmc<stepped>) == sizeof(vyukov_mpmc<sync::native>));
static_assert(sizeof(mutex_ring<stepped>) == sizeof(mutex_ring<sync::native>));

/// Runs bodies as tasks, natural order, and says how it ended.
halt run(scheduler& s, const std::vector<std::function<void()>>& bodies, strategy& by) {
    by.begin(0);
    for (const auto& body : bodies) s.add(body);
    return s.drive(by);
}

/// Three threads of five steps each, and who took them.
std::vector<std::uint32_t> order_by(strategy& by) {
    std::vector<std::uint32_t> order;
    scheduler s({.trace = true});
    stepped::atomic<int> word(0);
    const auto five = [&] {
        for (int i = 0; i < 5; ++i) word.fetch_add(1, k_rlx);
    };
    REQUIRE(run(s, {five, five, five}, by) == halt::finished);
    for (const log_entry& e : s.log()) order.push_back(e.task);
    return order;
}

/// Every operation of an atomic, with its results, in one number each.
template <class Sync>
std::vector<long> everything() {
    std::vector<long> got;
    typename Sync::template atomic<int> word(5);
    got.push_back(word.load(k_acq));
    word.store(6, k_rel);
    got.push_back(word.exchange(7, k_acq_rel));
    int expected = 3;
    got.push_back(word.compare_exchange_strong(expected, 1, k_sc, k_rlx) ? 1 : 0);
    got.push_back(expected);
    got.push_back(word.compare_exchange_strong(expected, 12, k_sc, k_rlx) ? 1 : 0);
    got.push_back(word.fetch_add(3, k_rlx));
    got.push_back(word.fetch_sub(1, k_rlx));
    got.push_back(word.fetch_and(10, k_rlx));
    got.push_back(word.fetch_or(5, k_rlx));
    got.push_back(word.fetch_xor(3, k_rlx));
    got.push_back(word.load(k_rlx));
    word.wait(0, k_acq);  // it is something else
    word.notify_one();
    word.notify_all();
    std::array<int, 4> cells{};
    typename Sync::template atomic<int*> pointer(cells.data());
    got.push_back(pointer.fetch_add(2, k_rlx) - cells.data());
    got.push_back(pointer.fetch_sub(1, k_rlx) - cells.data());
    got.push_back(pointer.load(k_rlx) - cells.data());
    typename Sync::template var<int> plain(4);
    plain.set(plain.get() + 1);
    got.push_back(plain.get());
    typename Sync::mutex lock;
    lock.lock();
    lock.unlock();
    got.push_back(lock.try_lock() ? 1 : 0);
    lock.unlock();
    Sync::fence(k_sc);
    auto* const made = Sync::template make<std::pair<int, int>>(8, 9);
    got.push_back(made->second);
    Sync::dispose(made);
    return got;
}

}  // namespace

TEST_CASE("operations mean what they mean natively, on a task and off", "[stepped]") {
    const std::vector<long> expected = everything<sync::native>();
    CHECK(everything<stepped>() == expected);
    scheduler s(schedule_options{});
    CHECK(everything<stepped>() == expected);
    std::vector<long> on_task;
    const auto by = round_robin();
    CHECK(run(s, {[&] { on_task = everything<stepped>(); }}, *by) == halt::finished);
    CHECK(on_task == expected);
    CHECK(s.leak().empty());
}

TEST_CASE("every operation is one step, and plain data only if asked for", "[stepped]") {
    for (const bool plain : {true, false}) {
        scheduler s({.plain_steps = plain});
        const auto by = round_robin();
        CHECK(run(s, {[] { (void)everything<stepped>(); }}, *by) == halt::finished);
        CHECK(s.steps() == (plain ? 27U : 24U));
    }
}

TEST_CASE("memory that is made has the same addresses in every run", "[stepped]") {
    scheduler s(schedule_options{});
    std::map<int, std::vector<void*>> seen;
    for (int round = 0; round < 2; ++round) {
        s.reset();
        const auto body = [&, round] {
            for (int i = 0; i < 3; ++i) {
                seen[round].push_back(stepped::make<std::uint64_t>(1U));
                seen[round].push_back(stepped::make<padded<int>>(std::in_place, 2));
            }
        };
        // In another order of the two: each takes from its own.
        const auto by = prefer(static_cast<std::uint32_t>(round));
        CHECK(run(s, {body, body}, *by) == halt::finished);
    }
    std::vector<void*> first(seen[0].begin(), seen[0].begin() + 6);
    std::vector<void*> second(seen[1].begin() + 6, seen[1].end());
    CHECK(first == second);
    for (std::size_t i = 1; i < seen[0].size(); i += 2)
        CHECK(reinterpret_cast<std::uintptr_t>(seen[0][i]) % alignof(padded<int>) == 0);
    CHECK_FALSE(s.leak().empty());
}

TEST_CASE("memory is used again only where that is asked for", "[stepped]") {
    for (const bool again : {true, false}) {
        scheduler s({.recycle = again});
        auto* const first = stepped::make<std::uint64_t>(1U);
        stepped::dispose(first);
        auto* const second = stepped::make<std::uint64_t>(2U);
        CHECK((first == second) == again);
        stepped::dispose(second);
    }
}

TEST_CASE("what is too large for a region has a chunk of its own", "[stepped]") {
    scheduler s(schedule_options{});
    using large = std::array<std::byte, 1 << 20>;
    auto* const one = stepped::make<large>();
    auto* const two = stepped::make<int>(3);
    one->fill(std::byte{7});
    CHECK(*two == 3);
    stepped::dispose(one);
    stepped::dispose(two);
    CHECK(s.leak().empty());
}

TEST_CASE("bounds of a run are findings that say what to raise", "[stepped]") {
    interleave_options how;
    how.runs = 1;
    how.schedule.bytes_max = 1000;
    const auto bytes = interleave(how, [] {
        for (;;) (void)stepped::make<std::uint64_t>(1U);
    });
    REQUIRE(bytes.found);
    CHECK(bytes.found->what == fault::too_long);
    CHECK(bytes.found->message.find("raise bytes_max") != std::string::npos);
    how = {};
    how.schedule.tasks_max = 2;
    const auto tasks = interleave(how, [] { const steps::thread a([] {}), b([] {}); });
    REQUIRE(tasks.found);
    CHECK(tasks.found->message.find("raise tasks_max") != std::string::npos);
    how = {};
    how.schedule.steps_max = 50;
    const auto endless = interleave(how, [] {
        stepped::atomic<int> word(0);
        for (;;) word.fetch_add(1, k_rlx);
    });
    REQUIRE(endless.found);
    CHECK(endless.found->message.find("schedule.steps_max") != std::string::npos);
}

TEST_CASE("a mutex locked twice by its holder is a finding", "[stepped]") {
    const auto r = interleave({.how = tactic::exhaustive}, [] {
        stepped::mutex lock;
        lock.lock();
        lock.lock();
    });
    REQUIRE(r.found);
    CHECK(r.found->message.find("locks a mutex that it holds") != std::string::npos);
}

TEST_CASE("strategies go where they say", "[stepped]") {
    using order = std::vector<std::uint32_t>;
    CHECK(order_by(*round_robin()) == order{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2});
    CHECK(order_by(*prefer(1)) == order{1, 1, 1, 1, 1, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0});
    CHECK(order_by(*repeat({}, true)) == order{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2});
    CHECK(order_by(*repeat({{k_no_task, 0, 2}, {2, 2, 0}}, true)) ==
          order{2, 2, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2});
    // No operation ends here, so the others go on by steps: two between two of the victim's.
    CHECK(order_by(*starve(0, 0, 2)) == order{1, 1, 0, 1, 1, 0, 1, 2, 0, 2, 2, 0, 2, 2, 0});
    CHECK(order_by(*random_walk(1)) == order_by(*random_walk(1)));
    CHECK(order_by(*random_walk(1)) != order_by(*random_walk(2)));
    CHECK(order_by(*pos(1)) != order_by(*pos(2)));
    // A PCT run of depth 1 changes no priority: each thread goes to its end.
    order expected = order_by(*pct(7, 1, 15));
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(expected[i] == expected[i / 5 * 5]);
    int switches = 0;
    const order in_bursts = order_by(*bursts(3, 5));
    for (std::size_t i = 1; i < in_bursts.size(); ++i)
        switches += in_bursts[i] != in_bursts[i - 1] ? 1 : 0;
    CHECK(switches >= 2);
    CHECK(switches <= 10);
}

TEST_CASE("a suspended task stands before its step and takes it never", "[stepped]") {
    for (std::uint64_t step = 1; step <= 3; ++step) {
        scheduler s(schedule_options{});
        stepped::atomic<int> word(0);
        s.add([&] {
            for (int i = 0; i < 3; ++i) word.fetch_add(1, k_rlx);
        });
        s.add([&] { word.fetch_add(100, k_rlx); });
        s.suspend_at(0, step);
        const auto by = round_robin();
        by->begin(0);
        CHECK(s.drive(*by) == halt::finished);
        CHECK(s.suspended(0));
        CHECK_FALSE(s.ended(0));
        CHECK(s.ended(1));
        CHECK(word.load(k_rlx) == 100 + static_cast<int>(step) - 1);
    }
}

TEST_CASE("conflicts of steps", "[stepped]") {
    std::array<std::uint64_t, 2> words{};
    const auto at = [&](action what, std::size_t i) {
        return point{.what = what, .size = 8, .where = &words[i]};
    };
    CHECK(conflict(at(action::load, 0), at(action::store, 0)));
    CHECK(conflict(at(action::store, 0), at(action::store, 0)));
    CHECK_FALSE(conflict(at(action::load, 0), at(action::load, 0)));
    CHECK_FALSE(conflict(at(action::store, 0), at(action::store, 1)));
    CHECK(conflict(at(action::wait, 0), at(action::notify, 0)));
    CHECK(conflict(at(action::wait, 0), at(action::wait, 0)));  // their order is that of waking
    const point whole{.what = action::dispose, .size = 16, .where = words.data()};
    CHECK(conflict(whole, at(action::load, 1)));
    const point pause{.what = action::pause};
    CHECK(conflict(pause, at(action::store, 1)));
    CHECK_FALSE(conflict(pause, at(action::load, 1)));
    const point fence{.what = action::fence};
    CHECK_FALSE(conflict(fence, at(action::store, 1)));
}

}  // namespace cyclone::model::steps::test
