// S8: what each variant promises to those who wait for nobody, held against what is found when a
// thread is suspended for ever before every step of its own (model/progress.hpp).
#include "support/progress.hpp"

#include <fmt/format.h>

#include "modelled.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

/// `unstarved`: why a call that is declared lock-free is not seen to be starved, if it is not.
void hold(const model::steps::progress_result& found, const char* call, progress declared,
          const std::string& unstarved) {
    const model::steps::operation_progress* const one = found.operation(call);
    REQUIRE(one != nullptr);
    INFO(call << "\n" << model::steps::to_json(found));
    if (unstarved.empty()) {
        CHECK(one->said == cyclone::test::declared_as(declared));
    } else {
        CHECK(declared == progress::lock_free);
        CHECK(one->said == model::steps::progress::wait_free);  // else the words are out of date
        cyclone::test::note_fact(std::string(call) + ", declared lock-free", unstarved);
    }
    const std::string window = one->window ? "; refused behind a stopped thread" : "";
    cyclone::test::note_fact(
        call, fmt::format("{}, at most {} steps seen{}", model::steps::name_of(one->said),
                          one->steps_most, window));
}

model::steps::progress_result found_for(const modelled_subject& which) {
    const sides who = sides_of(which.declared);
    model::steps::progress_options how;
    how.threads = who.all();
    how.schedules = cyclone::test::effort(4, 16);
    return model::steps::classify(which.pushers_and_poppers(who), how);
}

/// With one producer nobody is left who could push: a stopped one hides nothing. Of weak queues
/// and of those with an order for each producer it is not said what a stopped push must hide.
void hold_windows(const model::steps::progress_result& found, const traits& declared) {
    if (declared.push == progress::blocking || declared.serves == kind::spsc) return;
    INFO(model::steps::to_json(found));
    const bool hides = found.operation("pop")->window;
    if (declared.empties == emptiness::strict) CHECK_FALSE(hides);
    if (declared.empties == emptiness::three_valued && declared.keeps == order::fifo) CHECK(hides);
}

}  // namespace

TEST_CASE("S8: progress is what is declared, and so is what a stopped push hides", "[progress]") {
    on_each("progress", [](const registration& row) {
        const modelled_subject* const which = named(modelled_subjects(), row.name);
        if (which == nullptr) return;  // a peer
        const model::steps::progress_result found = found_for(*which);
        REQUIRE(found.broken == "");
        hold(found, "push", which->declared.push, which->known.unstarved_push);
        hold(found, "pop", which->declared.pop, which->known.unstarved_pop);
        hold_windows(found, which->declared);
        count_cases(found.runs);
    });
}

}  // namespace cyclone::queue::test
