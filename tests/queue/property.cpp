// Properties. On one thread a queue is a std::deque, so RapidCheck can draw and shrink a program of
// pushes and pops, the capacity, and where the positions begin.
#include <rapidcheck.h>

#include "support.hpp"

namespace cyclone::queue::test {
namespace {

std::string shown(const std::vector<std::uint8_t>& program) {
    std::string steps;
    for (const std::uint8_t step : program) steps += step < 128 ? '+' : '-';
    return steps;
}

}  // namespace

TEST_CASE("any program of one thread", "[property]") {
    on_each("programs", [](const registration& row) {
        const std::string name = std::string(row.name) + " programs";
        const bool held = rc::check(name, [&](const std::vector<std::uint8_t>& program) {
            count_cases(1);
            const auto capacity = *rc::gen::inRange<std::size_t>(1, 10);
            const auto before = *rc::gen::inRange<std::uint64_t>(0, 20);
            // So many positions before 2^64, before 2^32, or from 0.
            const auto where = *rc::gen::inRange(0, 3);
            const std::uint64_t edge = where == 0   ? 0
                                       : where == 1 ? std::uint64_t{1} << 32
                                                    : before;
            const auto queue = made(row.make, {.capacity = capacity, .origin = edge - before});
            if (const auto found = lock_step(*queue, program)) {
                RC_FAIL(text(found) + " with " + shown(program) + " on capacity " +
                        std::to_string(capacity) + " from " + std::to_string(edge - before));
            }
        });
        CHECK(held);
    });
}

TEST_CASE("programs that fill and drain a queue again and again", "[property]") {
    on_each("floods", [](const registration& row) {
        const std::string name = std::string(row.name) + " floods";
        const bool held = rc::check(name, [&] {
            count_cases(1);
            const auto capacity = *rc::gen::inRange<std::size_t>(1, 70);
            const auto runs = *rc::gen::container<std::vector<std::size_t>>(
                *rc::gen::inRange<std::size_t>(1, 12), rc::gen::inRange<std::size_t>(0, 80));
            std::vector<std::uint8_t> program;
            for (std::size_t i = 0; i < runs.size(); ++i) {
                program.insert(program.end(), runs[i], i % 2 == 0 ? 0 : 255);
            }
            const auto queue = made(row.make, {.capacity = capacity});
            if (const auto found = lock_step(*queue, program)) {
                RC_FAIL(text(found) + " with " + shown(program));
            }
        });
        CHECK(held);
    });
}

}  // namespace cyclone::queue::test
