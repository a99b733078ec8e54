// Crowds of real threads on every row of the registry. What they find depends on how they meet;
// weak memory orders they cannot find here, which is what explored.cpp is for.
#include <set>

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
        const std::uint64_t items = cyclone::test::effort(9600, 240000);
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
                    CHECK(text(judge(reaped, who, declared)) == "");
                    CHECK(queue->try_pop().said() == answer::empty);
                    count_cases(items);
                }
            }
        }
    });
}

}  // namespace cyclone::queue::test
