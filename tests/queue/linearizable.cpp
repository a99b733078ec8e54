// Histories of real threads, recorded and judged: what each call was told, and when it began and
// ended, must be explained by one order of all calls (S2 to S4 in real time). Long histories by the
// monitor for queues, which does not judge "full"; many short ones by the search, which does.
#include <algorithm>
#include <array>

#include "breaks.hpp"
#include "lab/thread_driver.hpp"
#include "model/linearize.hpp"
#include "model/queue_monitor.hpp"
#include "model/recorder.hpp"
#include "promise.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

struct recorded {
    std::vector<model::operation> all;
    std::size_t overlapped = 0;
};

/// A call and its flush are one operation (S13), of which nothing is hidden when it is over.
void push(model::recorder<>::log& mine, any& through, std::uint64_t item) {
    mine.call(model::verb::push, item);
    const bool in = through.try_push(item);
    through.flush_pushes();
    mine.back(in ? model::answer::done : model::answer::full);
}
void pop(model::recorder<>::log& mine, any& through) {
    mine.call(model::verb::pop);
    const auto got = through.try_pop();
    through.flush_pops();
    mine.back(told(got), got ? *got : 0);
}

/// `each` calls of every thread, whatever they are told; items differ. Then the queue is drained.
recorded record_calls(lab::thread_team& team, any& queue, const crowd& who, std::size_t each) {
    model::recorder<> notes(team.size(), each + 2 + who.producers * each);
    std::vector<std::unique_ptr<any>> ends;
    for (unsigned i = 0; i < team.size(); ++i) ends.push_back(queue.attach());
    team.run([&](unsigned index, lab::stop_flag&) {
        auto& mine = notes.log_of(index);
        for (std::size_t i = 0; i < each; ++i) {
            if (index < who.producers) {
                push(mine, *ends[index], item_of(index, i));
            } else {
                pop(mine, *ends[index]);
            }
        }
        return lab::tally{each, 0};
    });
    auto& last = notes.log_of(0);
    for (std::size_t i = 0; i <= who.producers * each; ++i) {
        last.call(model::verb::pop);
        const auto got = queue.try_pop();
        last.back(told(got), got ? *got : 0);
        if (!got) break;
    }
    auto merged = notes.merged();
    REQUIRE(merged);
    return {*merged, model::overlap_of(*merged).overlapped};
}

std::unique_ptr<lab::thread_team> team_for(const crowd& who) {
    auto team = lab::thread_team::start(who.producers + who.consumers, {});
    REQUIRE(team);
    return std::move(*team);
}

std::string searched(const recorded& one, const any& queue) {
    // The calls were flushed before they were over: nothing is hidden.
    traits declared = queue.declared();
    declared.shows = visibility::at_once;
    const auto all = model::history::by_time(one.all);
    REQUIRE(all);
    const auto found = judged(*all, declared, queue.capacity(), declared.fills == fullness::weak);
    if (found.verdict == model::linearizable::unknown) return "given up: " + found.text;
    return found.text;
}

/// Calls that never met show little. Where one processor is to be had that is no fault of the
/// queue, so it is said, here and in the evidence, and does not fail the test.
void say_if_nothing_met(std::size_t overlapped) {
    if (overlapped == 0) WARN("no two calls overlapped: these histories show nothing of threads");
}

/// Of a queue with one order for all, or of one with an order a producer.
std::string monitored(const recorded& one, const traits& declared) {
    if (declared.keeps == order::fifo_per_producer) {
        for (const auto check : {model::find_invention, model::find_duplicate, model::find_loss,
                                 model::find_producer_disorder}) {
            if (const auto found = check(one.all)) return found->text;
        }
        return "";
    }
    const auto found = model::monitor_queue(one.all, {.empty = rule_of(declared.empties)});
    REQUIRE(found);
    return found->found ? found->found->text : "";
}

/// What is wrong with a history of a peer may be what the peer is known to break.
bool is_known(const registration& row, const std::string& wrong) {
    constexpr std::array<const char*, 3> k_rules{"S2", "S3", "S4"};
    return !wrong.empty() && std::any_of(k_rules.begin(), k_rules.end(), [&](const char* rule) {
        return is_known_to_break(row, rule);
    });
}

}  // namespace

TEST_CASE("short histories of real threads have an order", "[linearizable]") {
    on_each("short histories", [](const registration& row) {
        const traits declared = made(row.make, {})->declared();
        const crowd who = allowed(declared, {.producers = 2, .consumers = 2});
        const auto team = team_for(who);
        const std::size_t histories = cyclone::test::effort(2000, 40000);
        std::size_t calls = 0;
        std::size_t overlapped = 0;
        for (std::size_t i = 0; i < histories; ++i) {
            const auto queue = made(row.make, {.capacity = 1 + i % 4});
            const recorded one = record_calls(*team, *queue, who, 8);
            const std::string wrong = searched(one, *queue);
            INFO("history " << i << " on capacity " << queue->capacity());
            if (!is_known(row, wrong)) REQUIRE(wrong == "");
            calls += one.all.size();
            overlapped += one.overlapped;
        }
        count_cases(histories);
        say_if_nothing_met(overlapped);
        cyclone::test::note_fact("short histories",
                                 std::to_string(histories) + " of " + std::to_string(calls) +
                                     " calls, " + std::to_string(overlapped) + " overlapping");
    });
}

TEST_CASE("long histories of real threads break no rule of queues", "[linearizable]") {
    on_each("long histories", [](const registration& row) {
        const traits declared = made(row.make, {})->declared();
        if (declared.keeps == order::lifo) return;  // the monitors are those of queues
        const crowd who = allowed(declared, {.producers = 2, .consumers = 2});
        const auto team = team_for(who);
        const std::size_t each = cyclone::test::effort(20000, 400000);
        std::size_t calls = 0;
        std::size_t overlapped = 0;
        for (const std::size_t capacity : {2U, 64U}) {
            const auto queue = made(row.make, {.capacity = capacity});
            const recorded one = record_calls(*team, *queue, who, each);
            INFO("capacity " << capacity);
            const std::string wrong = monitored(one, declared);
            if (!is_known(row, wrong)) CHECK(wrong == "");
            calls += one.all.size();
            overlapped += one.overlapped;
        }
        count_cases(calls);
        say_if_nothing_met(overlapped);
        cyclone::test::note_fact("long histories", std::to_string(calls) + " calls, " +
                                                       std::to_string(overlapped) + " overlapping");
    });
}

}  // namespace cyclone::queue::test
