// Crowds of real threads on every row of the registry. What they find depends on how they meet;
// weak memory orders they cannot find here, which is what explored.cpp is for.
#include <set>

#include "breaks.hpp"
#include "native.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

struct shape {
    unsigned producers;
    unsigned consumers;
};
constexpr shape k_shapes[] = {{1, 1}, {2, 1}, {4, 1}, {1, 2}, {2, 2}, {4, 4}};

}  // namespace

TEST_CASE("crowd: nothing lost, doubled, made up or overtaken", "[stress]") {
    on_each("crowds", [](const registration& row) {
        const std::uint64_t items = effort(2400, 9600, 240000);
        std::set<std::pair<unsigned, unsigned>> seen;
        for (const auto [producers, consumers] : k_shapes) {
            const traits declared = made(row.make, {})->declared();
            crowd who = allowed(declared, {.producers = producers, .consumers = consumers});
            if (!seen.insert({who.producers, who.consumers}).second) continue;
            who.items = items / who.producers;
            for (const std::size_t capacity : {1U, 3U, 64U}) {
                for (const bool watched : {true, false}) {
                    who.watched = watched;
                    const auto queue =
                        made(row.make, {.capacity = capacity, .origin = std::uint64_t{0} - 99});
                    INFO(who.producers << " producers, " << who.consumers << " consumers, capacity "
                                       << capacity);
                    const harvest reaped = run_crowd(*queue, who);
                    const auto found = judge(reaped, who, declared);
                    if (!found || !is_known_to_break(row, found->property))
                        CHECK(text(found) == "");
                    if (!found) CHECK(queue->try_pop().said() == answer::empty);
                    count_cases(items);
                }
            }
        }
    });
}

TEST_CASE("what a peer is known to break is seen to be broken", "[stress]") {
    for (const registration* row : chosen_rows()) {
        const native_subject* const which = named(native_subjects(), row->name);
        REQUIRE(which != nullptr);
        if (which->known.breaks.empty()) continue;
        DYNAMIC_SECTION(row->name << ": breaks") {
            CHECK(row->part == role::peer);
            std::set<std::string> seen;
            for (std::uint64_t seed = 1; seed <= cyclone::test::effort(20, 200); ++seed) {
                const auto found = find_violation(row->make, {.seed = seed});
                if (found) seen.insert(found->property.substr(0, found->property.find(' ')));
                count_cases(1);
            }
            for (const breach& known : which->known.breaks) {
                const std::string rule = known.property.substr(0, known.property.find(' '));
                // What no judge of crowds looks at is shown by peers.cpp.
                if (rule != "S1" && rule != "S2" && rule != "S3" && rule != "S4") continue;
                INFO(known.property << ": " << known.why);
                CHECK(seen.contains(rule));
                cyclone::test::note_fact("breaks " + known.property, known.why);
            }
        }
    }
}

}  // namespace cyclone::queue::test
