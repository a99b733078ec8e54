// Every execution of small scenarios under the memory model (model/check.hpp): each variant as it
// ships, and each seeded bug, those of memory order among them, which no other checker can see on
// this kind of processor.
#include "support/explored.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>

#include "modelled.hpp"
#include "scenario.hpp"
#include "support.hpp"

#ifndef CYCLONE_SOURCES
#error "CYCLONE_SOURCES: the folder of the tree, for the lines that orders stand in"
#endif

namespace cyclone::queue::test {
namespace {

/// The chosen rows that are not peers.
std::vector<const modelled_subject*> chosen_subjects() {
    std::vector<const modelled_subject*> chosen;
    for (const registration* row : cyclone::test::chosen_of(registry())) {
        if (row->part == role::peer) continue;
        chosen.push_back(named(modelled_subjects(), row->name));
        REQUIRE(chosen.back() != nullptr);
    }
    return chosen;
}

/// All scenarios of a variant, on what ships or on a seeded bug.
std::vector<model::named_body> bodies_of(const modelled_subject& which, int mutant) {
    const explored_row* const row = numbered(which.explored, mutant);
    REQUIRE(row != nullptr);
    std::vector<model::named_body> all;
    const bool is_long = cyclone::test::environment("CYCLONE_FULL") == "1";
    for (const plan& how : plans_of(which.known, which.declared, is_long)) {
        all.push_back({how.name, [how, make = row->make] { act(make, how); }});
    }
    if (row->more != nullptr) {
        for (model::named_body& one : row->more()) all.push_back(std::move(one));
    }
    return all;
}

/// The bounds of an exploration.
model::options bounds_of(const modelled_subject& which) {
    model::options how = cyclone::test::every_build();
    how.events_max = which.known.events_max;
    return how;
}

/// For the suite of seeded bugs, which reads it.
void say_what_was_found(const model::result& found) {
    if (found.found) {
        std::fprintf(stderr, "found:%s\n", model::fault_text(found.found->what));
    }
}

/// On the hunt for seeded bugs no scenario may take long, and all of them together neither: those
/// of what ships are gone through to their end by the test that follows.
void hunt(const modelled_subject& which) {
    double left = 2.5;
    for (const model::named_body& one : bodies_of(which, chosen_mutant())) {
        if (left <= 0) return;
        model::options how = bounds_of(which);
        if (is_hunting()) how.seconds_max = std::min(left, 1.0);
        const model::result found = model::check(how, one.body);
        say_what_was_found(found);
        INFO(one.name);
        REQUIRE_FALSE(found.found);
        if (is_hunting()) left -= found.seconds;
    }
}

/// The line that a site stands in: "file.hpp:12" or "file.hpp:12:34", anywhere in the tree.
std::string line_of(const std::string& where) {
    const std::size_t colon = where.find(':');
    const std::string file = where.substr(0, colon);
    const auto number = colon == std::string::npos ? 0UL : std::stoul(where.substr(colon + 1));
    for (const char* const room : {"variants", "src", "tests"}) {
        const std::filesystem::path home = std::filesystem::path(CYCLONE_SOURCES) / room;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(home)) {
            if (entry.path().filename() != file) continue;
            std::ifstream text(entry.path());
            std::string line;
            for (unsigned long i = 0; i < number; ++i) std::getline(text, line);
            return line;
        }
    }
    return {};
}

std::string words_of(const model::weakening& row) {
    const auto name = [](std::memory_order o) {
        switch (o) {
            case std::memory_order_relaxed: return "relaxed";
            case std::memory_order_acquire: return "acquire";
            case std::memory_order_release: return "release";
            case std::memory_order_acq_rel: return "acq_rel";
            default: return "seq_cst";
        }
    };
    return row.site.where + " " + name(row.failure ? row.site.failure : row.site.order) + " -> " +
           name(row.to) + (row.failure ? " (failure)" : "") + " | " + line_of(row.site.where);
}

/// Every weakening that was not caught must be known, and everything known must be met.
void hold_to_triage(const model::weaken_report& found, const knowledge& known) {
    std::vector<bool> met(known.over_strong.size(), false);
    for (const model::weakening& row : found.rows) {
        if (row.came_to == model::fate_of::caught) continue;
        const std::string words = words_of(row);
        const auto one = std::find_if(
            known.over_strong.begin(), known.over_strong.end(),
            [&](const survivor& s) { return std::regex_search(words, std::regex(s.site)); });
        const bool is_undecided = row.came_to == model::fate_of::undecided;
        INFO(words << (is_undecided ? ": undecided, " + row.message : ": survives"));
        CHECK(one != known.over_strong.end());
        if (one == known.over_strong.end()) continue;
        met[static_cast<std::size_t>(one - known.over_strong.begin())] = true;
        cyclone::test::note_fact("kept: " + words.substr(0, words.find(" | ")), one->why);
    }
    for (std::size_t i = 0; i < met.size(); ++i) {
        INFO("known to survive, and all was caught: " << known.over_strong[i].site);
        CHECK(met[i]);
    }
}

}  // namespace

TEST_CASE("every execution of small scenarios", "[explored]") {
    for (const modelled_subject* which : chosen_subjects()) {
        DYNAMIC_SECTION(which->name << ": scenarios") {
            if (chosen_mutant() != 0 || is_hunting()) {
                hunt(*which);
                continue;
            }
            for (const model::named_body& one : bodies_of(*which, 0)) {
                cyclone::test::explore_all(one.name, one.body, bounds_of(*which));
            }
        }
    }
}

TEST_CASE("every order that could be weaker is needed", "[explored]") {
    if (chosen_mutant() != 0) return;
    for (const modelled_subject* which : chosen_subjects()) {
        DYNAMIC_SECTION(which->name << ": weaker orders") {
            const model::weaken_report found =
                model::weaken(bounds_of(*which), bodies_of(*which, 0));
            INFO(found.table());
            CHECK(found.unsound == "");
            hold_to_triage(found, which->known);
            if (found.rows.empty()) continue;  // a mutex has no orders to choose
            cyclone::test::note_fact("weaker orders",
                                     std::to_string(found.count(model::fate_of::caught)) + " of " +
                                         std::to_string(found.rows.size()) + " caught");
            count_cases(found.rows.size());
        }
    }
}

}  // namespace cyclone::queue::test
