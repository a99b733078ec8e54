// Mutants of the search and of the monitor: every seeded bug must be found by their own checks, in
// a process of its own. Seeds are fixed: whether a bug is found must not be luck.
#include "histories.hpp"
#include "support/mutants.hpp"
#include "support/suite.hpp"

namespace cyclone::test {

suite_identity identity() { return {"model", {"linearize", "queue_monitor", "recorder"}}; }

}  // namespace cyclone::test

namespace cyclone::model::test {
namespace {

constexpr cyclone::test::child_limits k_limits{.cpu_seconds = 20, .wall_seconds = 120};
constexpr std::uint64_t k_seed = 20;
constexpr std::size_t k_rounds = 2000;

enum class role : std::uint8_t { variant, peer };

/// A checker and the number of its seeded bug; 0 is what ships.
struct subject {
    bool is_search;
    int bug;
};
struct seeded {
    int number;
    std::string breaks;
    subject make;
};
struct checker {
    std::string name;
    role part;
    std::vector<seeded> mutants;
    subject make;
};

checker search_row() {
    const std::vector<std::pair<search_bug, const char*>> bugs{
        {search_bug::key_ignores_state, "points are compared without their state"},
        {search_bug::hash_is_enough, "points are compared by a byte of their hash"},
        {search_bug::pending_both_ways, "a pending operation is done and still to be done"},
        {search_bug::pending_always, "every pending operation must take effect"},
        {search_bug::pending_never, "no pending operation takes effect"},
        {search_bug::order_forgotten, "an operation need not come after those over before it"},
        {search_bug::looks_unasked, "what only looks is done whether allowed or not"},
        {search_bug::keys_apart_by_order, "happens-before is judged key by key"},
        {search_bug::flight_without_end, "a push stays in flight after its end"},
        {search_bug::answers_after_the_last, "the last answer is not judged"},
    };
    checker row{"linearize", role::variant, {}, {true, 0}};
    for (const auto& [bug, breaks] : bugs) {
        const int number = static_cast<int>(bug);
        row.mutants.push_back({number, breaks, {true, number}});
    }
    return row;
}

checker monitor_row() {
    const std::vector<std::pair<monitor_bug, const char*>> bugs{
        {monitor_bug::no_invention, "values that nobody pushed pass"},
        {monitor_bug::no_time_travel, "values popped before their push pass"},
        {monitor_bug::no_repeat, "values popped twice pass"},
        {monitor_bug::no_order, "values popped in the wrong order pass"},
        {monitor_bug::no_order_left, "values left behind pass"},
        {monitor_bug::no_empty, "every EMPTY passes"},
        {monitor_bug::no_empty_left, "EMPTY passes over values that are never popped"},
        {monitor_bug::empty_at_once, "EMPTY must be true when the pop begins"},
        {monitor_bug::pending_pops_lost, "a pending pop takes nothing"},
        {monitor_bug::pending_pop_for_all, "a pending pop takes any number of values"},
        {monitor_bug::pending_push_lost, "a pending push never happened"},
        {monitor_bug::pending_push_done, "a pending push is over when it begins"},
        {monitor_bug::no_would_block, "every WOULD_BLOCK passes"},
    };
    checker row{"queue_monitor", role::variant, {}, {false, 0}};
    for (const auto& [bug, breaks] : bugs) {
        const int number = static_cast<int>(bug);
        row.mutants.push_back({number, breaks, {false, number}});
    }
    return row;
}

/// Which check finds it, if any.
std::string judged(subject one) {
    if (one.is_search) {
        const auto bug = static_cast<search_bug>(one.bug);
        if (!search_against_oracle(bug, k_seed, k_rounds).empty()) return "every order";
        return search_by_hand(bug).empty() ? "" : "by hand";
    }
    const auto bug = static_cast<monitor_bug>(one.bug);
    if (!monitor_against_search(bug, k_seed, 10 * k_rounds, {3, 7, 3, 3}).empty())
        return "the search";
    return monitor_by_hand(bug).empty() ? "" : "by hand";
}

}  // namespace

TEST_CASE("every seeded bug of the checkers is found", "[mutants]") {
    const std::vector<checker> rows{search_row(), monitor_row()};
    const std::vector<const checker*> all{&rows[0], &rows[1]};
    cyclone::test::find_every_mutant(all, k_limits, judged);
}

TEST_CASE("the checks find nothing in the checkers as they are", "[mutants]") {
    const std::vector<checker> rows{search_row(), monitor_row()};
    const std::vector<const checker*> all{&rows[0], &rows[1]};
    cyclone::test::find_nothing_in_what_ships(all, k_limits, judged);
}

}  // namespace cyclone::model::test
