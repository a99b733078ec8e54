// Every execution of small scenarios under the memory model (model/check.hpp): each variant as it
// ships, and each seeded bug, those of memory order among them, which no other checker can see on
// this kind of processor.
#include "support/explored.hpp"

#include <cstdio>

#include "model/weaken.hpp"
#include "scenario.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

using sync::explored;

/// In plans: '+' a push, '-' a pop.
std::vector<plan> plans_of(std::string_view variant) {
    if (variant == "mutex_ring") {
        return {
            {.name = "one of each on a ring of one", .capacity = 1, .threads = {"++", "--"}},
            {.name = "a slot changes hands", .capacity = 1, .before = "+", .threads = {"+", "-"}},
            {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
            {.name = "two and two", .threads = {"+", "+", "-", "-"}}};
    }
    if (variant == "lamport_spsc" || variant == "cached_spsc") {
        return {{.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
                {.name = "3 pushes, 3 pops: a slot is used again", .threads = {"+++", "---"}},
                {.name = "4 pushes, 4 pops", .threads = {"++++", "----"}},
                {.name = "a ring of one", .capacity = 1, .threads = {"+++", "---"}},
                {.name = "both ends at once", .before = "+", .threads = {"++", "--"}},
                {.name = "a ring of three, at 2^64",
                 .capacity = 3,
                 .before = "++",
                 .threads = {"+++", "---"},
                 .origin = std::uint64_t{0} - 3}};
    }
    if (variant == "vyukov_mpsc") {
        return {
            {.name = "2 producers of 1", .threads = {"+", "+", "--"}},
            {.name = "2 producers of 2", .threads = {"++", "++", "--"}},
            {.name = "3 producers of 1", .threads = {"+", "+", "+", "-"}},
            {.name = "the consumer pushes too", .threads = {"+", "+-"}},
            {.name = "the last item while more come", .before = "+", .threads = {"+", "+", "--"}},
            {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}};
    }
    const bool is_long = cyclone::test::environment("CYCLONE_FULL") == "1";
    if (variant == "vyukov_mpmc") {
        std::vector<plan> all{
            {.name = "2 producers of 1", .threads = {"+", "+"}},
            {.name = "1 and 1 of 2", .threads = {"++", "--"}},
            {.name = "cells are used again", .threads = {"+++", "---"}},
            {.name = "2 producers, 2 consumers of 1", .threads = {"+", "+", "-", "-"}},
            {.name = "each does both", .threads = {"+-", "+-"}},
            {.name = "its own push behind another's", .threads = {"+", "+-"}},
            {.name = "a pop of the first, after a third",
             .capacity = 4,
             .threads = {"+++-", "--"}}};
        // The pop of the second thread looks at head_ twice, and the second look counts.
        if (is_long) {
            all.push_back({.name = "a pop that has to look again",
                           .capacity = 4,
                           .before = "+",
                           .threads = {"+-", "+-", "-"},
                           .drained = false});
        }
        return all;
    }
    std::vector<plan> all{
        {.name = "a push, a pop", .threads = {"+", "-"}},
        {.name = "two want the top", .before = "++", .threads = {"-", "-"}},
        {.name = "a node changes hands", .capacity = 1, .before = "+", .threads = {"+", "-"}},
        {.name = "one does both", .before = "+", .threads = {"-", "+-"}}};
    if (is_long) {
        all.push_back({.name = "each does both", .threads = {"+-", "+-"}});
        all.push_back({.name = "two pops, a push", .before = "+", .threads = {"-", "-", "+"}});
    }
    return all;
}

/// The free list by itself: whoever takes a node is the only one who has it.
template <int Mutant>
void share_nodes() {
    using list_type = tagged_list<explored, Mutant>;
    struct shelf {
        std::array<explored::atomic<std::uint32_t>, 3> of_node;
        [[nodiscard]] auto& next(std::uint32_t of) { return of_node[of - 1]; }
    };
    shelf nodes;
    nodes.next(1).store(2, std::memory_order_relaxed);
    nodes.next(2).store(3, std::memory_order_relaxed);
    list_type list(1, 0);
    std::array<std::uint32_t, 8> found{};
    std::size_t count = 0;
    std::uint32_t held = 0;
    std::uint32_t other = 0;
    model::thread a([&] { held = list.take(nodes); });
    model::thread b([&] {
        const std::uint32_t first = list.take(nodes);
        other = list.take(nodes);
        if (first != list_type::k_none) list.give(nodes, first);
    });
    a.join();
    b.join();
    for (const std::uint32_t one : {held, other}) {
        if (one != list_type::k_none) found[count++] = one;
    }
    while (count < found.size()) {
        const std::uint32_t one = list.take(nodes);
        if (one == list_type::k_none) break;
        found[count++] = one;
    }
    std::sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count));
    model::require(count == 3 && found[0] == 1 && found[1] == 2 && found[2] == 3,
                   "every node is somewhere, once");
}

/// All scenarios of a variant, on what ships or on a seeded bug.
std::vector<model::named_body> bodies_of(std::string_view variant, int mutant) {
    std::vector<model::named_body> all;
    for (const plan& how : plans_of(variant)) {
        with_subject<explored>(variant, mutant, [&]<class Q>(std::type_identity<Q>) {
            all.push_back({how.name, [how] { act<Q>(how); }});
        });
    }
    if (variant != "treiber_stack") return all;
    const auto add = [&]<int... Mutant>(std::integer_sequence<int, Mutant...>) {
        static_cast<void>(
            ((mutant == Mutant &&
              (all.push_back({"nodes of a free list", &share_nodes<Mutant>}), true)) ||
             ...));
    };
    add(std::make_integer_sequence<int, k_mutants_max + 1>{});
    return all;
}

/// For the suite of seeded bugs, which reads it.
void say_what_was_found(const model::result& found) {
    if (found.found) {
        std::fprintf(stderr, "found:%s\n", model::fault_text(found.found->what));
    }
}

}  // namespace

TEST_CASE("every execution of small scenarios", "[explored]") {
    for (const registration* row : cyclone::test::chosen_of(registry())) {
        DYNAMIC_SECTION(row->name << ": scenarios") {
            for (const model::named_body& one : bodies_of(row->name, chosen_mutant())) {
                if (chosen_mutant() == 0) {
                    cyclone::test::explore_all(one.name, one.body);
                    continue;
                }
                const model::result found = model::check(cyclone::test::every_build(), one.body);
                say_what_was_found(found);
                INFO(one.name);
                REQUIRE_FALSE(found.found);
            }
        }
    }
}

TEST_CASE("every order that could be weaker is needed", "[explored]") {
    if (chosen_mutant() != 0) return;
    for (const registration* row : cyclone::test::chosen_of(registry())) {
        DYNAMIC_SECTION(row->name << ": weaker orders") {
            const model::weaken_report found =
                model::weaken(cyclone::test::every_build(), bodies_of(row->name, 0));
            INFO(found.table());
            CHECK(found.unsound == "");
            CHECK(found.count(model::fate_of::survived) == 0);
            CHECK(found.count(model::fate_of::undecided) == 0);
            if (found.rows.empty()) continue;  // a mutex has no orders to choose
            cyclone::test::note_fact("weaker orders",
                                     std::to_string(found.count(model::fate_of::caught)) + " of " +
                                         std::to_string(found.rows.size()) + " caught");
            count_cases(found.rows.size());
        }
    }
}

TEST_CASE("rings of two words are not strict at both ends", "[witness]") {
    // queue.hpp, "Strict at both ends": the witness that the declaration is no weaker than it must
    // be. The same scenario with the declared rule is one of the plans above, and passes.
    const plan how{.name = "both ends at once",
                   .before = "+",
                   .threads = {"++", "--"},
                   .strict_at_both_ends = true};
    for (const char* ring : {"lamport_spsc", "cached_spsc"}) {
        with_subject<explored>(ring, 0, [&]<class Q>(std::type_identity<Q>) {
            const model::result found = model::check({}, [&] { act<Q>(how); });
            INFO(ring);
            REQUIRE(found.found);
            CHECK(found.found->what == model::fault::not_linearizable);
        });
    }
}

}  // namespace cyclone::queue::test
