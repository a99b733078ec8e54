// S8: what each variant promises to those who wait for nobody, held against what is found when a
// thread is suspended for ever before every step of its own (model/progress.hpp).
#include "model/progress.hpp"

#include <fmt/format.h>

#include "stepped.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

model::steps::progress declared_as(progress p) {
    switch (p) {
        case progress::wait_free: return model::steps::progress::wait_free;
        case progress::lock_free: return model::steps::progress::lock_free;
        case progress::blocking: return model::steps::progress::blocking;
    }
    return model::steps::progress::blocking;
}

void hold(const model::steps::progress_result& found, const char* call, progress declared) {
    const model::steps::operation_progress* const one = found.operation(call);
    REQUIRE(one != nullptr);
    INFO(call << "\n" << model::steps::to_json(found));
    CHECK(one->said == declared_as(declared));
    const std::string window = one->window ? "; refused behind a stopped thread" : "";
    cyclone::test::note_fact(
        call, fmt::format("{}, at most {} steps seen{}", model::steps::name_of(one->said),
                          one->steps_most, window));
}

template <class Q>
model::steps::progress_result found_for() {
    const sides who = sides_of(Q::k_traits);
    model::steps::progress_options how;
    how.threads = who.all();
    how.schedules = cyclone::test::effort(4, 16);
    return model::steps::classify(pushers_and_poppers<Q>(who.producers), how);
}

}  // namespace

TEST_CASE("S8: progress is what is declared", "[progress]") {
    on_each("progress", [](const registration& row) {
        with_subject<sync::stepped>(row.name, 0, []<class Q>(std::type_identity<Q>) {
            const model::steps::progress_result found = found_for<Q>();
            REQUIRE(found.broken == "");
            hold(found, "push", Q::k_traits.push);
            hold(found, "pop", Q::k_traits.pop);
            count_cases(found.runs);
        });
    });
}

TEST_CASE("S8: who stops inside a push hides items where that is declared", "[progress]") {
    on_each("windows", [](const registration& row) {
        with_subject<sync::stepped>(row.name, 0, []<class Q>(std::type_identity<Q>) {
            if constexpr (Q::k_traits.push != progress::blocking) {
                const model::steps::progress_result found = found_for<Q>();
                INFO(model::steps::to_json(found));
                const bool hides = found.operation("pop")->window;
                // With one producer nobody is left who could push: a stopped one hides nothing.
                if (Q::k_traits.serves != kind::spsc) {
                    CHECK(hides == (Q::k_traits.empties == emptiness::three_valued));
                }
                count_cases(found.suspensions);
            }
        });
    });
}

}  // namespace cyclone::queue::test
