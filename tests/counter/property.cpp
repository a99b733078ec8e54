// Properties. On one thread an interleaving is a list of handles, so RapidCheck can draw and shrink
// it; a dense counter is then a plain number. With threads the number of them and of their calls is
// drawn, and what they got is judged.
#include <rapidcheck.h>

#include "support.hpp"

namespace cyclone::counter::test {
namespace {

std::string shown(const std::vector<std::uint8_t>& script) {
    std::string steps;
    for (const std::uint8_t step : script) steps += std::to_string(step) + " ";
    return "handles " + steps;
}

}  // namespace

TEST_CASE("any interleaving of handles", "[property]") {
    on_each("interleaving", [](const registration& row) {
        const std::string name = std::string(row.name) + " interleaving";
        const bool held = rc::check(name, [&](const std::vector<std::uint8_t>& script) {
            count_cases(1);
            const std::size_t handles = 1 + *rc::gen::inRange<std::size_t>(0, 6);
            const auto counter = row.make();
            const history got = record_script(*counter, script, handles);
            if (const auto found = judge(got, counter->declared())) {
                RC_FAIL(text(found) + " with " + shown(script));
            }
            if (counter->declared().batch != 1) return;
            // The model: step i of the script got i.
            std::vector<std::size_t> place(handles);
            for (std::size_t i = 0; i < script.size(); ++i) {
                const std::size_t h = script[i] % handles;
                RC_ASSERT(got[h][place[h]++] == i);
            }
        });
        CHECK(held);
    });
}

TEST_CASE("any crowd", "[property]") {
    on_each("crowds", [](const registration& row) {
        // Threads are dear: fewer cases than RapidCheck's hundred, each of some thousand calls.
        rc::detail::TestParams params = rc::detail::configuration().testParams;
        params.maxSuccess = static_cast<int>(effort(25, 500));
        params.disableShrinking = true;  // another run of the threads is another history
        const auto result = rc::detail::checkTestable(
            [&] {
                count_cases(1);
                const auto threads = *rc::gen::inRange(1U, 7U);
                const auto calls = *rc::gen::inRange<std::uint64_t>(1, 2000);
                const auto counter = row.make();
                const auto found =
                    judge(record_crowd(*counter, threads, calls), counter->declared());
                if (found) RC_FAIL(text(found));
            },
            rc::detail::TestMetadata{std::string(row.name) + " crowds", ""}, params);
        INFO(row.name);
        CHECK(result.template is<rc::detail::SuccessResult>());
    });
}

}  // namespace cyclone::counter::test
