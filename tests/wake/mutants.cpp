// Mutants: every seeded bug of the registry must be found, and the evidence says by whom. Each
// checker is tried on each bug in a process of its own, since what is broken may sleep for ever;
// that too is being found. Every checker passes on what ships: otherwise its finds would mean
// nothing.
//
// Bugs that wakers are known for, and the seeded ones that stand for them (variant and number):
//   no producer fence                   futex_word 1, event_fd 1, eventcount 1, eventcount_packed 1
//   no consumer fence                   futex_word 2, event_fd 2, eventcount 2, eventcount_packed 2
//   no second look before the sleep     condvar_oracle 4, 5
//   announced after the second look     futex_word 3, event_fd 3, eventcount 3
//   a look in place of a fence          eventcount_packed 3
//   checked and slept in two steps      condvar_oracle 1, 3
//   woken, but nothing has changed      condvar_oracle 2, futex_word 4, eventcount 5
//   the key of another moment           eventcount 4, eventcount_packed 4
//   one woken of many                   condvar_oracle 6, futex_word 6, eventcount 7
//   an interrupted write dropped        event_fd 4
//   the counter not drained             event_fd 6; drained as a semaphore: event_fd 7
//   the announcement left standing      futex_word 5, event_fd 5, 8, eventcount 6
//   woken without the publication       futex_word 7, eventcount 8, eventcount_packed 8
#include "support/mutants.hpp"

#include <array>
#include <fmt/format.h>

#include "subjects.hpp"
#include "support.hpp"

namespace cyclone::wake::test {
namespace {

constexpr cyclone::test::child_limits k_limits{.cpu_seconds = 40, .wall_seconds = 60};

/// A bug, or what ships, as every checker needs it.
struct candidate {
    factory make;
    const subject* other;
};

effort effort_for(const candidate& what) {
    effort how;
    how.rounds = cyclone::test::effort(20000, 200000);
    how.items = how.rounds;
    // A busy machine may be late, which must not count against what ships.
    how.patience_ms = what.other->number == 0 ? 10000 : 500;
    how.seed = 1;  // whether a bug is found must not be luck
    return how;
}

std::string property(const std::optional<violation>& found) {
    return found ? found->property : std::string();
}

std::string by_one_thread(const candidate& what) {
    if (const auto found = check_between(what.make, effort_for(what))) return found->property;
    if (const auto found = check_idle(what.make)) return found->property;
    std::vector<std::uint8_t> program(5000);
    for (std::size_t i = 0; i < program.size(); ++i) {
        program[i] = static_cast<std::uint8_t>(i * i + i / 7);
    }
    return property(check_program(what.make, program, effort_for(what)));
}
std::string by_quiet(const candidate& what) {
    return property(check_made_up(what.make, effort_for(what)));
}
std::string by_several(const candidate& what) {
    return property(check_several(what.make, effort_for(what)));
}
std::string by_payload(const candidate& what) {
    return property(check_visible(what.make, effort_for(what)));
}
std::string by_ping_pong(const candidate& what) {
    return property(check_ping_pong(what.make, effort_for(what)));
}
std::string by_crowd(const candidate& what) {
    if (const auto found = check_crowd(what.make, 1, 1, effort_for(what))) return found->property;
    return property(check_crowd(what.make, 2, 3, effort_for(what)));
}
std::string by_interruption(const candidate& what) {
    effort how = effort_for(what);
    how.rounds /= 10;
    return property(check_ping_pong(what.other->interrupted, how));
}
std::string by_exploring(const candidate& what) {
    model::options how;
    how.seconds_max = 20;
    for (const scenario& one : what.other->scenarios()) {
        const model::result found = model::check(how, one.body);
        if (found.said == model::verdict::failed) return one.name;
        if (found.said == model::verdict::partial && what.other->number == 0) return found.bound;
    }
    return {};
}

struct checker {
    const char* name;
    std::string (*judge)(const candidate&);
};

/// In the order of the report's columns. The first that finds a bug is named in the summary.
constexpr std::array<checker, 8> k_checkers{{
    {"one thread", by_one_thread},
    {"quiet", by_quiet},
    {"several", by_several},
    {"payload", by_payload},
    {"ping-pong", by_ping_pong},
    {"crowd", by_crowd},
    {"interrupted", by_interruption},
    {"explored", by_exploring},
}};

std::string tried(const checker& with, const candidate& what) {
    return cyclone::test::fate([&] { return with.judge(what); }, k_limits);
}

}  // namespace

TEST_CASE("every seeded bug is found", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        cyclone::test::try_every_checker(
            *row, k_checkers, [&](const checker& with, const mutant& m) {
                const candidate what{m.make, subject_of(row->name, m.number)};
                REQUIRE(what.other != nullptr);
                return tried(with, what);
            });
    }
}

TEST_CASE("the checkers find nothing in what ships, and every variant has a bug", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        const candidate ships{row->make, subject_of(row->name, 0)};
        INFO(row->name);
        REQUIRE(ships.other != nullptr);
        CHECK((row->part == role::peer || !row->mutants.empty()));
        for (const checker& with : k_checkers) {
            INFO(with.name);
            CHECK(tried(with, ships) == "");
        }
    }
}

}  // namespace cyclone::wake::test
