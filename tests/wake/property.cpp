// Properties. One thread and several keys are a program that RapidCheck draws and shrinks, in lock
// step with a model that knows which sleeps must end; crowds are drawn by their sizes.
#include <array>
#include <rapidcheck.h>

#include "support.hpp"

namespace cyclone::wake::test {
namespace {

std::string shown(const std::vector<std::uint8_t>& program) {
    constexpr std::array<const char*, 5> k_words{"prepare", "cancel", "one", "all", "sleep"};
    std::string steps;
    for (const std::uint8_t byte : program) {
        steps += std::string(k_words[byte % 5]) + "/" + std::to_string(byte / 5) + " ";
    }
    return "program " + steps;
}

}  // namespace

TEST_CASE("any program of one thread", "[property]") {
    on_each("program", [](const registration& row) {
        const std::string name = std::string(row.name) + " program";
        const bool held = rc::check(name, [&](const std::vector<std::uint8_t>& program) {
            count_cases(1);
            const auto found = check_program(row.make, program, usual_effort());
            if (found) RC_FAIL(text(found) + " with " + shown(program));
        });
        CHECK(held);
    });
}

TEST_CASE("any crowd", "[property]") {
    on_each("crowds", [](const registration& row) {
        // Threads are dear: fewer cases than RapidCheck's hundred.
        rc::detail::TestParams params = rc::detail::configuration().testParams;
        params.maxSuccess = static_cast<int>(cyclone::test::effort(25, 500));
        params.disableShrinking = true;  // another run of the threads is another history
        const auto result = rc::detail::checkTestable(
            [&] {
                count_cases(1);
                const auto producers = *rc::gen::inRange(1U, 4U);
                const auto consumers = *rc::gen::inRange(1U, 5U);
                effort how = usual_effort();
                how.items = *rc::gen::inRange<std::uint64_t>(1, 500);
                how.seed = *rc::gen::arbitrary<std::uint64_t>();
                const auto found = check_crowd(row.make, producers, consumers, how);
                if (found) RC_FAIL(text(found));
            },
            rc::detail::TestMetadata{std::string(row.name) + " crowds", ""}, params);
        INFO(row.name);
        CHECK(result.template is<rc::detail::SuccessResult>());
    });
}

}  // namespace cyclone::wake::test
