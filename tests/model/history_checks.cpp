// The checks of the search and of the monitor: by hand, against the oracle, against each other.

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "histories.hpp"

namespace cyclone::model::test {

namespace {

/// What was answered by the first `answers` to come back, by the clock: the rest of them pending.
std::vector<operation> cut_off(std::vector<operation> given, std::size_t answers) {
    std::vector<std::uint64_t> backs;
    for (const operation& o : given) {
        if (!o.pending()) backs.push_back(o.back);
    }
    std::ranges::sort(backs);
    const std::uint64_t end = answers == 0 ? 0 : backs[answers - 1];
    std::erase_if(given, [end](const operation& o) { return o.call > end; });
    for (operation& o : given) {
        if (o.back > end) o.back = k_never;
    }
    return given;
}

bool has_distinct_backs(const std::vector<operation>& given) {
    std::vector<std::uint64_t> backs;
    for (const operation& o : given) {
        if (!o.pending()) backs.push_back(o.back);
    }
    std::ranges::sort(backs);
    return std::ranges::adjacent_find(backs) == backs.end();
}

std::string prefix_fault(family kind, const std::vector<operation>& given, std::size_t answers) {
    if (answers == 0) return "a failed search names no prefix";
    const auto bad = cut_off(given, answers);
    const auto good = cut_off(given, answers - 1);
    if (has_order(kind, bad, by_clock(bad))) return "the bad prefix has an order";
    if (!has_order(kind, good, by_clock(good))) return "a shorter prefix is bad as well";
    return {};
}

/// One history, one order; what is wrong with what the search says of it.
std::string search_fault(family kind, const std::vector<operation>& given, const relation& order,
                         const history& all, search_bug bug, verdicts& counts) {
    const bool expected = has_order(kind, given, order);
    ++(expected ? counts.yes : counts.no);
    const search_result said = judge(kind, all, {.advised = given.size() % 3 != 0, .bug = bug});
    if (said.verdict == linearizable::unknown) return "gave up on a small history";
    if ((said.verdict == linearizable::yes) != expected) {
        return expected ? "rejects a history that has an order" : "accepts a history that has none";
    }
    // Several keys have an order each, which is none of the whole.
    const bool is_one =
        std::ranges::all_of(given, [&](const operation& o) { return o.key == given.front().key; });
    if (expected && (is_one || !order.timed) && !is_order(kind, given, order, said.order)) {
        return "the order it gives does not fit";
    }
    if (!expected && said.text.empty()) return "says no and not why";
    if (!expected && is_one && order.timed && has_distinct_backs(given)) {
        return prefix_fault(kind, given, said.bad_prefix);
    }
    return {};
}

/// Few values instead of distinct ones: the search, unlike the monitor, need not tell them apart.
void confuse_values(std::vector<operation>& given) {
    for (operation& o : given) {
        if (o.what == verb::push) o.argument = o.argument % 2;
        if (o.what == verb::pop || o.what == verb::take || o.what == verb::steal) o.result %= 2;
    }
}

std::string one_round(rng& draw, family kind, search_bug bug, verdicts& counts) {
    const shape of{2 + draw.uniform(2), 2 + draw.uniform(6), 3 + draw.uniform(2), draw.uniform(5)};
    std::vector<operation> given = simulate(draw, kind, of);
    const bool is_changed = draw.uniform(3) != 0;
    if (is_changed) disturb(draw, given);
    if (draw.uniform(3) == 0) confuse_values(given);
    const bool by_time = draw.uniform(3) != 0;
    const relation order = by_time ? by_clock(given) : thinned(draw, given);
    const auto all = by_time ? history::by_time(given)
                             : history::by_order(given, [&](std::size_t i, std::size_t j) {
                                   return order.before[i][j];
                               });
    if (!all) return "refuses a well-formed history: " + all.error().message;
    verdicts mine;
    std::string fault = search_fault(kind, given, order, *all, bug, mine);
    if (!is_changed && mine.no > 0) fault = "the oracle rejects what an object answered";
    counts.yes += mine.yes;
    counts.no += mine.no;
    if (fault.empty()) return {};
    return fmt::format("{} ({}, {}):\n{}", fault, to_string(kind), by_time ? "by time" : "by order",
                       text(given));
}

struct written {
    const char* name;
    family kind;
    std::vector<operation> given;
    bool expected;
};

constexpr std::uint64_t k_end = k_never;

operation ask(std::uint32_t thread, verb what, std::uint64_t call, std::uint64_t back,
              std::uint64_t result = 0) {
    return {thread, what, answer::done, call, back, 0, result};
}
operation keyed(std::uint64_t key, operation o) {
    o.key = key;
    return o;
}
operation with(std::uint64_t argument, operation o) {
    o.argument = argument;
    return o;
}

std::vector<written> queues_by_hand() {
    return {
        {"first in, first out",
         family::queue,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 1, 5, 6), pop(1, 2, 7, 8)},
         true},
        {"last in, first out",
         family::queue,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 2, 5, 6)},
         false},
        {"overlapping pushes in either order",
         family::queue,
         {push(0, 1, 1, 9), push(1, 2, 2, 3), pop(2, 2, 4, 5), pop(2, 1, 10, 11)},
         true},
        {"a pending push that was seen",
         family::queue,
         {push(0, 1, 1, k_end), pop(1, 1, 5, 6)},
         true},
        {"a pending push that was not",
         family::queue,
         {push(0, 1, 1, k_end), said(answer::empty, pop(1, 0, 5, 6))},
         true},
        {"a pending push seen and then gone",
         family::queue,
         {push(0, 1, 1, k_end), pop(1, 1, 5, 6), said(answer::empty, pop(1, 0, 7, 8))},
         true},
        {"a pending push seen twice",
         family::queue,
         {push(0, 1, 1, k_end), pop(1, 1, 5, 6), pop(1, 1, 7, 8)},
         false},
        {"a pending pop took the first",
         family::queue,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 0, 1, k_end), pop(2, 2, 5, 6)},
         true},
        {"a pending pop that began too late",
         family::queue,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(2, 2, 5, 6), pop(1, 0, 7, k_end)},
         false},
        {"one pending pop for two values",
         family::queue,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), push(0, 3, 5, 6), pop(1, 0, 1, k_end),
          pop(2, 3, 7, 8)},
         false},
        {"empty while one is in",
         family::queue,
         {push(0, 1, 1, 2), said(answer::empty, pop(1, 0, 3, 4)), pop(1, 1, 5, 6)},
         false},
        {"empty before the push took effect",
         family::queue,
         {push(0, 1, 1, 4), said(answer::empty, pop(1, 0, 2, 3)), pop(1, 1, 5, 6)},
         true},
        {"weakly empty behind a push in flight",
         family::weak_queue,
         {push(0, 1, 1, 9), push(1, 2, 2, 3), said(answer::empty, pop(2, 0, 4, 5))},
         true},
        {"not even weakly empty: the push was over",
         family::weak_queue,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), said(answer::empty, pop(2, 0, 5, 6))},
         false},
        {"would block while a push is in flight",
         family::three_valued_queue,
         {push(0, 1, 1, 9), said(answer::would_block, pop(2, 0, 4, 5))},
         true},
        {"would block with nobody about",
         family::three_valued_queue,
         {push(0, 1, 1, 2), said(answer::would_block, pop(2, 0, 4, 5))},
         false},
        {"three values: empty is strict",
         family::three_valued_queue,
         {push(0, 1, 1, 9), push(1, 2, 2, 3), said(answer::empty, pop(2, 0, 4, 5))},
         false},
        {"full at its capacity",
         family::small_queue,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), said(answer::full, push(0, 3, 5, 6))},
         true},
        {"full with room",
         family::small_queue,
         {push(0, 1, 1, 2), said(answer::full, push(0, 3, 5, 6))},
         false},
    };
}

/// What excuses a weak answer must have taken its place by then, and not be over.
std::vector<written> flights_by_hand() {
    // 9 is in all the time. The push of 1 is in flight, but comes out behind 2, whose push begins
    // when the pop that said EMPTY is over: 1 had no place yet.
    std::vector<operation> behind{
        push(2, 9, 1, 2), push(0, 1, 3, 12), said(answer::empty, pop(1, 0, 4, 5)),
        push(2, 2, 6, 7), pop(1, 9, 13, 14), pop(1, 2, 15, 16),
        pop(1, 1, 17, 18)};
    std::vector<operation> ahead = behind;
    std::swap(ahead[5].result, ahead[6].result);
    return {
        {"weakly empty: the push in flight has no place yet", family::weak_queue, behind, false},
        {"weakly empty: it has", family::weak_queue, ahead, true},
        {"would block: it need not have",
         family::three_valued_queue,
         {push(2, 9, 1, 2), push(0, 1, 3, 12), said(answer::would_block, pop(1, 0, 4, 5)),
          push(2, 2, 6, 7), pop(1, 9, 13, 14), pop(1, 2, 15, 16), pop(1, 1, 17, 18)},
         true},
        {"weakly empty: the pop began after it was over",
         family::weak_queue,
         {push(0, 1, 1, 2), said(answer::empty, pop(1, 0, 3, 4))},
         false},
        {"full behind a pop in flight",
         family::weak_small_queue,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 1, 5, 9),
          said(answer::full, push(0, 3, 6, 7))},
         true},
        {"full behind a pop that is over",
         family::weak_small_queue,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 1, 5, 6),
          said(answer::full, push(0, 3, 7, 8))},
         false},
    };
}

std::vector<written> others_by_hand() {
    const auto steal = [](std::uint64_t value, std::uint64_t call, std::uint64_t back) {
        return ask(1, verb::steal, call, back, value);
    };
    return {
        {"a stack", family::stack, {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 2, 5, 6)}, true},
        {"no stack", family::stack, {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 1, 5, 6)}, false},
        {"taken here, stolen there",
         family::deque,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), steal(1, 5, 8), ask(0, verb::take, 6, 7, 2)},
         true},
        {"stolen at the wrong end",
         family::deque,
         {push(0, 1, 1, 2), push(0, 2, 3, 4), steal(2, 5, 8)},
         false},
        {"the last one twice",
         family::deque,
         {push(0, 1, 1, 2), steal(1, 5, 8), ask(0, verb::take, 6, 7, 1)},
         false},
        {"aborted by a rival",
         family::deque,
         {push(0, 1, 1, 2), said(answer::aborted, steal(0, 5, 8)), ask(0, verb::take, 6, 7, 1)},
         true},
        {"aborted by nobody",
         family::deque,
         {push(0, 1, 1, 2), said(answer::aborted, steal(0, 5, 8)), ask(0, verb::take, 9, 10, 1)},
         false},
        {"counted",
         family::word,
         {with(1, ask(0, verb::add, 1, 4, 1)), with(1, ask(1, verb::add, 2, 3, 0))},
         true},
        {"counted twice the same",
         family::word,
         {with(1, ask(0, verb::add, 1, 4, 0)), with(1, ask(1, verb::add, 2, 3, 0))},
         false},
        {"a stale read",
         family::word,
         {with(1, ask(0, verb::write, 1, 2)), ask(1, verb::read, 3, 4, 0)},
         false},
        {"each key by itself",
         family::words,
         {keyed(1, with(1, ask(0, verb::write, 1, 2))), keyed(2, ask(1, verb::read, 3, 4, 0)),
          keyed(1, ask(1, verb::read, 5, 6, 1))},
         true},
        {"in twice",
         family::set,
         {keyed(7, ask(0, verb::insert, 1, 2)), keyed(7, ask(1, verb::insert, 3, 4))},
         false},
        {"in, out, not in",
         family::set,
         {keyed(7, ask(0, verb::insert, 1, 2)), keyed(7, ask(1, verb::remove, 3, 4)),
          keyed(7, said(answer::refused, ask(0, verb::contains, 5, 6)))},
         true},
    };
}

/// Two words, each of them in order, but not both: store buffering, as happens-before shows it.
std::string store_buffering(search_bug bug) {
    const std::vector<operation> given{
        keyed(1, with(1, ask(0, verb::write, 1, 2))), keyed(2, ask(0, verb::read, 3, 4, 0)),
        keyed(2, with(1, ask(1, verb::write, 1, 2))), keyed(1, ask(1, verb::read, 3, 4, 0))};
    const auto all = history::by_order(given, [](std::size_t, std::size_t) { return false; });
    if (!all) return all.error().message;
    if (judge(family::words, *all, {.bug = bug}).verdict == linearizable::no) return {};
    return "accepts store buffering of two words, which each alone show nothing of";
}

std::vector<operation> of_a_queue(rng& draw, const shape& of, family kind) {
    std::vector<operation> given = simulate(draw, kind, of);
    for (std::uint64_t n = draw.uniform(4); n > 0; --n) disturb(draw, given);
    // Answers that no queue without bound has say nothing about the monitor.
    for (operation& o : given) {
        const bool is_known = o.said == answer::done || o.said == answer::would_block;
        if (o.what == verb::push) o.said = answer::done;
        if (o.what == verb::pop && !is_known) o.said = answer::empty;
    }
    return given;
}

struct pattern_by_hand {
    const char* name;
    std::optional<pattern> expected;
    std::vector<operation> given;
    emptiness empty = emptiness::strict;
};

std::vector<pattern_by_hand> patterns_by_hand() {
    std::vector<pattern_by_hand> all;
    const auto add = [&](const char* name, std::optional<pattern> expected,
                         std::vector<operation> given, emptiness empty = emptiness::strict) {
        all.push_back({name, expected, std::move(given), empty});
    };
    add("invented", pattern::fresh, {push(0, 1, 1, 2), pop(1, 7, 3, 4)});
    add("before its push", pattern::fresh, {pop(1, 1, 1, 2), push(0, 1, 3, 4)});
    add("twice", pattern::repeat, {push(0, 1, 1, 2), pop(1, 1, 3, 4), pop(2, 1, 3, 4)});
    add("overtaken", pattern::order,
        {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 2, 5, 6), pop(1, 1, 7, 8)});
    add("left behind", pattern::order, {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(1, 2, 5, 6)});
    add("taken by one pending", std::nullopt,
        {push(0, 1, 1, 2), push(0, 2, 3, 4), pop(2, 0, 5, k_end), pop(1, 2, 5, 6)});
    add("two for one pending", pattern::order,
        {push(0, 1, 1, 2), push(0, 2, 3, 4), push(0, 3, 5, 6), pop(2, 0, 1, k_end),
         pop(1, 3, 7, 8)});
    add("a pending push popped", std::nullopt,
        {push(0, 1, 1, k_end), push(1, 2, 3, 4), pop(2, 2, 5, 6), pop(2, 1, 7, 8)});
    add("never empty", pattern::empty_witness,
        {push(0, 1, 1, 2), said(answer::empty, pop(1, 0, 3, 6)), pop(2, 1, 7, 8)});
    add("never empty, in turns", pattern::empty_witness,
        {push(0, 1, 1, 2), said(answer::empty, pop(1, 0, 3, 12)), push(2, 2, 4, 5), pop(3, 1, 6, 7),
         push(0, 3, 8, 9), pop(3, 2, 10, 11), pop(3, 3, 13, 14)});
    add("never empty, one left over", pattern::empty_witness,
        {push(0, 1, 1, 2), said(answer::empty, pop(1, 0, 3, 4))});
    add("left over, with a pending pop", std::nullopt,
        {push(0, 1, 1, 2), said(answer::empty, pop(1, 0, 3, 6)), pop(2, 0, 5, k_end)});
    add("empty in the middle", std::nullopt,
        {push(0, 1, 1, 2), said(answer::empty, pop(1, 0, 3, 12)), pop(3, 1, 6, 7), push(0, 3, 8, 9),
         pop(3, 3, 13, 14)});
    add("would block alone", pattern::would_block,
        {push(0, 1, 1, 2), said(answer::would_block, pop(1, 0, 3, 4)), pop(1, 1, 5, 6)},
        emptiness::three_valued);
    add("would block beside a push", std::nullopt,
        {push(0, 1, 1, 3), said(answer::would_block, pop(1, 0, 3, 4)), pop(1, 1, 5, 6)},
        emptiness::three_valued);
    add("weakly empty beside a push", std::nullopt,
        {push(0, 1, 1, 2), push(2, 2, 1, 3), said(answer::empty, pop(1, 0, 3, 4)), pop(1, 1, 5, 6)},
        emptiness::weak);
    return all;
}

}  // namespace

std::string search_against_oracle(search_bug bug, std::uint64_t seed, std::size_t rounds,
                                  verdicts* counts) {
    rng draw(seed);
    verdicts mine;
    for (std::size_t n = 0; n < rounds; ++n) {
        for (const family kind : k_families) {
            std::string fault = one_round(draw, kind, bug, mine);
            if (!fault.empty()) return fault;
        }
    }
    if (counts != nullptr) *counts = mine;
    return {};
}

std::string search_by_hand(search_bug bug) {
    for (const auto& group : {queues_by_hand(), flights_by_hand(), others_by_hand()}) {
        for (const written& one : group) {
            const auto all = history::by_time(one.given);
            if (!all) return fmt::format("{}: {}", one.name, all.error().message);
            const auto said = judge(one.kind, *all, {.bug = bug});
            const auto wanted = one.expected ? linearizable::yes : linearizable::no;
            if (said.verdict != wanted) return fmt::format("{}: {}", one.name, said.text);
        }
    }
    return store_buffering(bug);
}

std::string monitor_against_search(monitor_bug bug, std::uint64_t seed, std::size_t rounds,
                                   const shape& of, verdicts* counts) {
    rng draw(seed);
    verdicts mine;
    constexpr std::array<std::pair<family, emptiness>, 4> k_kinds{
        {{family::queue, emptiness::strict},
         {family::queue, emptiness::strict},
         {family::weak_queue, emptiness::weak},
         {family::three_valued_queue, emptiness::three_valued}}};
    for (std::size_t n = 0; n < rounds; ++n) {
        const auto [kind, empty] = k_kinds[n % k_kinds.size()];
        const std::vector<operation> given = of_a_queue(draw, of, kind);
        const auto all = history::by_time(given);
        if (!all) return all.error().message;
        const auto fast = monitor_queue(given, {empty, bug});
        if (!fast) return fast.error().message;
        const bool has_one = judge(kind, *all, {.explain = false}).verdict == linearizable::yes;
        ++(has_one ? mine.yes : mine.no);
        if (given.size() <= 6 && has_one != has_order(kind, given, by_clock(given))) {
            return "the search is wrong itself:\n" + text(given);
        }
        const bool passes = !fast->found;
        // What a weaker promise lets through, the monitor may let through as well.
        const bool agrees = empty == emptiness::strict ? passes == has_one : passes || !has_one;
        if (agrees) continue;
        return fmt::format("{} (round {} of seed {}), the search says {}:\n{}",
                           passes ? "misses" : fast->found->text, n, seed_text(seed),
                           has_one ? "yes" : "no", text(given));
    }
    if (counts != nullptr) *counts = mine;
    return {};
}

std::string monitor_by_hand(monitor_bug bug) {
    for (const pattern_by_hand& one : patterns_by_hand()) {
        const auto fast = monitor_queue(one.given, {one.empty, bug});
        if (!fast) return fmt::format("{}: {}", one.name, fast.error().message);
        const std::optional<pattern> found =
            fast->found ? std::optional(fast->found->which) : std::nullopt;
        if (found == one.expected) continue;
        return fmt::format("{}: expected {}, found {}", one.name,
                           one.expected ? name_of(*one.expected) : "nothing",
                           found ? name_of(*found) : "nothing");
    }
    return {};
}

}  // namespace cyclone::model::test
