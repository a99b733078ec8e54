// What a notify and a prepare cost in locked instructions and fences, counted
// (model/coherence.hpp): the price of being able to sleep that is paid by those who do not.
#include "model/coherence.hpp"

#include <fmt/format.h>

#include "subjects.hpp"
#include "support.hpp"

namespace cyclone::wake::test {
namespace {

/// Of a call that meets nobody. A mutex is counted apart.
struct price {
    std::uint64_t rmws;
    std::uint64_t fences;
};

/// What the head of each variant says of a notify with nobody there.
price notify_of(std::string_view name) {
    if (name == "condvar_oracle") return {0, 0};
    return name == "eventcount_packed" ? price{1, 0} : price{0, 1};
}
/// And of a prepare with its cancel.
price prepare_of(std::string_view name) {
    if (name == "condvar_oracle") return {0, 0};
    if (name == "eventcount_packed") return {2, 0};
    if (name == "eventcount") return {2, 1};
    return name == "futex_word" ? price{1, 1} : price{0, 1};
}

model::steps::coherence_result counted(const subject& ships, model::steps::traffic how) {
    model::steps::coherence_options options;
    options.how = how;
    options.threads = k_passer + 1;
    return model::steps::count_coherence(ships.stepped, options);
}

void hold(const registration& row, const model::steps::coherence_result& got, const char* call,
          price known) {
    const auto* const cost = got.operation(call);
    REQUIRE(cost != nullptr);
    INFO(call << "\n" << model::steps::to_json(got));
    // The first notify after a cancel may sweep up what that left (W6).
    const std::uint64_t swept = row.name == std::string_view("futex_word") ? 3 : 0;
    CHECK(cost->rmws <= known.rmws * cost->calls + swept);
    CHECK(cost->rmws >= known.rmws * cost->calls);
    CHECK(cost->fences == known.fences * cost->calls);
    CHECK(cost->calls_of_system <= swept);
    CHECK((cost->locks > 0) == (row.name == std::string_view("condvar_oracle")));
    cyclone::test::note_fact(
        call, cost->locks > 0 ? std::string("a mutex")
                              : fmt::format("{} locked, {} fences", known.rmws, known.fences));
}

}  // namespace

TEST_CASE("locked instructions and fences are those that the head says", "[coherence]") {
    on_each("alone", [](const registration& row) {
        const subject* const ships = subject_of(row.name, 0);
        REQUIRE(ships != nullptr);
        const model::steps::coherence_result got = counted(*ships, model::steps::traffic::alone);
        REQUIRE(got.broken == "");
        hold(row, got, "notify", notify_of(row.name));
        hold(row, got, "prepare", prepare_of(row.name));
        count_cases(got.operations.size());
    });
}

TEST_CASE("lines that travel when notifies and prepares meet", "[coherence]") {
    on_each("together", [](const registration& row) {
        const subject* const ships = subject_of(row.name, 0);
        REQUIRE(ships != nullptr);
        for (const auto how : {model::steps::traffic::round_robin, model::steps::traffic::random,
                               model::steps::traffic::bursts}) {
            const model::steps::coherence_result got = counted(*ships, how);
            REQUIRE(got.broken == "");
            const auto* const notify = got.operation("notify");
            REQUIRE(notify != nullptr);
            CHECK(notify->all.transfers > 0);
            cyclone::test::note_fact(std::string(model::steps::name_of(how)),
                                     fmt::format("{:.2f} transfers a notify",
                                                 static_cast<double>(notify->all.transfers) /
                                                     static_cast<double>(notify->calls)));
        }
        count_cases(3);
    });
}

}  // namespace cyclone::wake::test
