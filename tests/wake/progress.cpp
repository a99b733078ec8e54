// What each waker declares about those who wait for nobody, notify and prepare with cancel, held
// against what is found when a thread is suspended for ever before every step (model/progress.hpp).
#include "support/progress.hpp"

#include <fmt/format.h>

#include "subjects.hpp"
#include "support.hpp"

namespace cyclone::wake::test {
namespace {

void hold(const model::steps::progress_result& found, const char* call, progress declared) {
    const model::steps::operation_progress* const one = found.operation(call);
    REQUIRE(one != nullptr);
    INFO(call << "\n" << model::steps::to_json(found));
    CHECK(one->said == cyclone::test::declared_as(declared));
    cyclone::test::note_fact(call, fmt::format("{}, at most {} steps seen",
                                               model::steps::name_of(one->said), one->steps_most));
}

}  // namespace

TEST_CASE("progress is what is declared", "[progress]") {
    on_each("progress", [](const registration& row) {
        const subject* const ships = subject_of(row.name, 0);
        REQUIRE(ships != nullptr);
        model::steps::progress_options how;
        how.threads = k_passer + 1;
        how.schedules = cyclone::test::effort(4, 16);
        const model::steps::progress_result found = model::steps::classify(ships->stepped, how);
        REQUIRE(found.broken == "");
        const auto made = row.make();
        REQUIRE(made);
        hold(found, "notify", (*made)->declared().notifies);
        hold(found, "prepare", (*made)->declared().prepares);
        count_cases(found.runs);
    });
}

}  // namespace cyclone::wake::test
