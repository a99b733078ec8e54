// Histories of real threads: what is recorded is judged, sound queues pass and a broken one is
// found, and the stamps are good for comparing cores.
#include "model/recorder.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>

#include "base/spin.hpp"
#include "base/sync.hpp"
#include "histories.hpp"
#include "lab/thread_driver.hpp"
#include "support/suite.hpp"

namespace cyclone::model::test {
namespace {

using cyclone::test::effort;
using sync::native;

std::unique_ptr<lab::thread_team> team_of(unsigned threads) {
    auto team = lab::thread_team::start(threads, {});
    REQUIRE(team);
    return std::move(*team);
}

/// One lock around everything.
class locked_queue {
 public:
    void push(std::uint64_t value) {
        const std::lock_guard lock(mutex_);
        items_.push_back(value);
    }
    std::optional<std::uint64_t> pop() {
        const std::lock_guard lock(mutex_);
        if (items_.empty()) return std::nullopt;
        const std::uint64_t value = items_.front();
        items_.pop_front();
        return value;
    }

 private:
    std::mutex mutex_;
    std::deque<std::uint64_t> items_;
};

/// For one producer and one consumer, with room for everything; no fence anywhere. With more than
/// one consumer it is broken: two may take the same item.
class release_queue {
 public:
    explicit release_queue(std::size_t room, unsigned pauses = 0) : cells_(room), pauses_(pauses) {}

    void push(std::uint64_t value) {
        const std::uint64_t tail = tail_->load(std::memory_order_relaxed);
        cells_[tail].store(value, std::memory_order_relaxed);
        tail_->store(tail + 1, std::memory_order_release);
    }
    std::optional<std::uint64_t> pop() {
        const std::uint64_t head = head_->load(std::memory_order_relaxed);
        if (head == tail_->load(std::memory_order_acquire)) return std::nullopt;
        for (unsigned i = 0; i < pauses_; ++i) native::pause();
        const std::uint64_t value = cells_[head].load(std::memory_order_relaxed);
        head_->store(head + 1, std::memory_order_release);
        return value;
    }

 private:
    std::vector<native::atomic<std::uint64_t>> cells_;
    unsigned pauses_;  // makes the gap wider in which another consumer does harm
    padded<native::atomic<std::uint64_t>> head_;
    padded<native::atomic<std::uint64_t>> tail_;
};

/// The first `producers` threads push, the others pop; each `each` times.
template <class Queue>
std::vector<operation> record(Queue& queue, unsigned threads, unsigned producers,
                              std::size_t each) {
    recorder<> all(threads, each);
    const auto team = team_of(threads);
    team->run([&](unsigned index, lab::stop_flag&) {
        auto& mine = all.log_of(index);
        for (std::uint64_t n = 0; n < each; ++n) {
            if (index < producers) {
                const std::uint64_t value = std::uint64_t{index} << 32 | n;
                mine.call(verb::push, value);
                queue.push(value);
                mine.back(answer::done);
                continue;
            }
            mine.call(verb::pop);
            const auto got = queue.pop();
            mine.back(got ? answer::done : answer::empty, got.value_or(0));
        }
        return lab::tally{each, 0};
    });
    auto merged = all.merged();
    REQUIRE(merged);
    return *std::move(merged);
}

constexpr int k_rounds_max = 200;  // of trying to make threads meet

}  // namespace

TEST_CASE("recorder: a locked queue is a queue", "[stress]") {
    DYNAMIC_SECTION("recorder: locked queue") {
        overlap met;
        for (int round = 0; round < k_rounds_max && met.overlapped < 100; ++round) {
            cyclone::test::count_cases(1);
            locked_queue queue;
            const auto recorded = record(queue, 4, 2, effort(2000, 20'000));
            const overlap now = overlap_of(recorded);
            met = {met.operations + now.operations, met.overlapped + now.overlapped};
            const auto seen = monitor_queue(recorded);
            REQUIRE(seen);
            CHECK((seen->found ? seen->found->text : "") == "");
            const auto all = history::by_time(recorded);
            REQUIRE(all);
            const auto said = linearize(*all, fifo_queue());
            CHECK(said.text == "");
            CHECK(said.verdict == linearizable::yes);
        }
        std::printf("recorder: locked queue: %zu of %zu operations overlapped another\n",
                    met.overlapped, met.operations);
        CHECK(met.overlapped >= 100);
    }
}

TEST_CASE("recorder: stores are seen by all before an operation is over", "[stress]") {
    DYNAMIC_SECTION("recorder: strict EMPTY of a queue with releases only") {
        const std::size_t each = effort(20'000, 200'000);
        for (int round = 0; round < 5; ++round) {
            cyclone::test::count_cases(1);
            release_queue queue(each);
            const auto recorded = record(queue, 2, 1, each);
            const auto seen = monitor_queue(recorded);
            REQUIRE(seen);
            CHECK((seen->found ? seen->found->text : "") == "");
        }
    }
}

TEST_CASE("recorder: two consumers of a queue for one are found", "[stress]") {
    DYNAMIC_SECTION("recorder: broken queue") {
        std::optional<breach> found;
        for (int round = 0; round < k_rounds_max && !found; ++round) {
            cyclone::test::count_cases(1);
            release_queue queue(2000, 20);
            const auto recorded = record(queue, 3, 1, 2000);
            auto seen = monitor_queue(recorded);
            REQUIRE(seen);
            found = std::move(seen->found);
            const auto all = history::by_time(recorded);
            REQUIRE(all);
            if (found) {
                CHECK(linearize(*all, fifo_queue(), {.explain = false}).verdict ==
                      linearizable::no);
            }
        }
        CHECK(found.has_value());
    }
}

TEST_CASE("recorder: no core's stamps are behind another's", "[stress]") {
    DYNAMIC_SECTION("recorder: stamps handed from core to core") {
        const std::size_t turns = effort(20'000, 200'000);
        std::vector<std::uint64_t> stamps(turns);
        padded<native::atomic<std::uint64_t>> turn;
        const auto team = team_of(2);
        team->run([&](unsigned index, lab::stop_flag&) {
            for (std::uint64_t mine = index; mine < turns; mine += 2) {
                spin_wait<> wait;
                while (turn->load(std::memory_order_acquire) != mine) wait.once();
                stamps[mine] = tick_stamps::now();
                turn->store(mine + 1, std::memory_order_release);
            }
            return lab::tally{turns / 2, 0};
        });
        cyclone::test::count_cases(turns);
        CHECK(std::ranges::is_sorted(stamps));
        CHECK(stamps.back() > stamps.front());
    }
}

TEST_CASE("recorder: what does not fit is an error, what is not over is pending", "[conformance]") {
    DYNAMIC_SECTION("recorder: limits") {
        recorder<> all(2, 2);
        auto& mine = all.log_of(1);
        mine.call(verb::push, 7);
        mine.back(answer::done);
        mine.call(verb::pop);
        const auto before = all.merged();
        REQUIRE(before);
        REQUIRE(before->size() == 2);
        CHECK((*before)[0].thread == 1);
        CHECK((*before)[0].argument == 7);
        CHECK((*before)[0].call == 0);  // counted from the first
        CHECK((*before)[0].call < (*before)[0].back);
        CHECK((*before)[0].back < (*before)[1].call);
        CHECK((*before)[1].pending());
        mine.back(answer::done, 7);
        CHECK(linearize(*history::by_time(*all.merged()), fifo_queue()).verdict ==
              linearizable::yes);
        mine.call(verb::pop);
        mine.back(answer::empty);
        const auto after = all.merged();
        REQUIRE_FALSE(after);
        CHECK(after.error().code == error_code::resource_exhausted);
        CHECK_THAT(after.error().message, Catch::Matchers::Contains("at least 3 each"));
    }
    DYNAMIC_SECTION("recorder: overlap") {
        const std::vector<operation> given{push(0, 1, 1, 2), pop(1, 1, 3, 10), push(0, 2, 4, 5),
                                           push(2, 3, 6, 7), push(0, 4, 11, 12)};
        const overlap met = overlap_of(given);
        CHECK(met.operations == 5);
        CHECK(met.overlapped == 3);
        CHECK(overlap_of({}).operations == 0);
    }
    DYNAMIC_SECTION("recorder: overlap, against all pairs") {
        rng draw(cyclone::test::effort(11, 12));
        for (int n = 0; n < 500; ++n) {
            const auto given = simulate(draw, family::queue, {3, 10, 4, 3});
            std::size_t expected = 0;
            for (const operation& a : given) {
                expected += std::ranges::any_of(given, [&](const operation& b) {
                    return a.thread != b.thread && a.call <= b.back && b.call <= a.back;
                });
            }
            INFO(text(given));
            CHECK(overlap_of(given).overlapped == expected);
        }
    }
}

TEST_CASE("recorder: what it costs", "[.speed]") {
    constexpr std::size_t k_operations = 1'000'000;
    recorder<> all(1, k_operations);
    auto& mine = all.log_of(0);
    const std::int64_t begin = clock::monotonic_ns();
    for (std::uint64_t n = 0; n < k_operations; ++n) {
        mine.call(verb::push, n);
        mine.back(answer::done);
    }
    const std::int64_t end = clock::monotonic_ns();
    std::printf("recorder: %.1f ns an operation, both stamps\n",
                static_cast<double>(end - begin) / k_operations);
    CHECK(all.merged()->size() == k_operations);
}

}  // namespace cyclone::model::test
