// Every execution of small scenarios under the memory model (model/check.hpp): each variant as it
// ships, and the mistakes of its user, which must be found. Seeded bugs: mutants.cpp.
#include "support/explored.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <string>
#include <vector>

#include "model/weaken.hpp"
#include "scenes.hpp"
#include "support.hpp"

namespace cyclone::reclamation::test {
namespace {

const scene_book* book_of(std::string_view variant) {
    static const std::array<const scene_book*, 4> all{
        &locked_table_scenes(), &hazard_pointers_scenes(), &epochs_scenes(), &quiescent_scenes()};
    for (const scene_book* one : all) {
        if (one->variant == variant) return one;
    }
    return nullptr;
}

}  // namespace

scene_list scenes_of(std::string_view variant, int mutant) {
    const scene_book* const book = book_of(variant);
    if (book == nullptr) return {};
    if (mutant == 0) return book->sound;
    const auto at = static_cast<std::size_t>(mutant - 1);
    return at < book->mutants.size() ? book->mutants[at] : scene_list{};
}

TEST_CASE("no execution disposes too early or loses a node", "[explored]") {
    for (const registration* row : chosen_rows()) {
        const scene_list scenes = scenes_of(row->name, 0);
        if (scenes.empty()) continue;  // no evidence: a dash in the report
        DYNAMIC_SECTION(row->name << ": scenarios") {
            for (const scene_line& one : scenes) cyclone::test::explore_all(one.name, one.body);
        }
    }
}

// What nobody catches is named in the evidence. A survivor here is no proof that the order is too
// strong: the scenes have two threads and two nodes.
TEST_CASE("orders that could be weaker", "[explored]") {
    for (const registration* row : chosen_rows()) {
        std::vector<model::named_body> bodies;
        for (const scene_line& one : scenes_of(row->name, 0))
            bodies.push_back({one.name, one.body});
        if (bodies.empty()) continue;
        DYNAMIC_SECTION(row->name << ": weaker orders") {
            const model::weaken_report found = model::weaken(cyclone::test::every_build(), bodies);
            INFO(found.table());
            CHECK(found.unsound == "");
            std::set<std::string> left;
            std::size_t all = 0;
            std::size_t caught = 0;
            for (const model::weakening& one : found.rows) {
                if (one.site.where.starts_with("scenes")) continue;  // the user's own orders
                ++all;
                caught += one.came_to == model::fate_of::caught ? 1 : 0;
                if (one.came_to != model::fate_of::caught) left.insert(one.site.where);
            }
            if (all == 0) continue;  // a mutex has no orders to choose
            CHECK(caught > 0);
            cyclone::test::note_fact(
                "weaker orders",
                fmt::format("{} of {} caught{}{}", caught, all,
                            left.empty() ? "" : "; not caught: ", fmt::join(left, ", ")));
            count_cases(all);
        }
    }
}

TEST_CASE("the mistakes of a user are found", "[misuse]") {
    for (const registration* row : chosen_rows()) {
        const scene_book* const book = book_of(row->name);
        if (book == nullptr) continue;
        for (const scene_line& one : book->misuses) {
            const model::result said = model::check(cyclone::test::every_build(), one.body);
            INFO(row->name << ": " << one.name);
            REQUIRE(said.found);
            INFO(said.found->message);
            const model::fault what = said.found->what;
            CHECK((what == model::fault::race || what == model::fault::use_after_free));
        }
    }
}

}  // namespace cyclone::reclamation::test
