// What a call costs in lines that travel and in locked instructions, counted (model/coherence.hpp).
// What each algorithm is known for is a count in known/<name>.hpp: the rings need no
// read-modify-write at all, Vyukov's list one a push, his ring one a call.
#include "model/coherence.hpp"

#include <fmt/format.h>

#include "modelled.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

model::steps::coherence_result counted_for(const modelled_subject& which,
                                           model::steps::traffic how) {
    const sides who = sides_of(which.declared);
    model::steps::coherence_options options;
    options.how = how;
    options.threads = who.all();
    return model::steps::count_coherence(which.pushers_and_poppers(who), options);
}

double transfers_an_item(const modelled_subject& which, model::steps::traffic how) {
    const model::steps::coherence_result got = counted_for(which, how);
    REQUIRE(got.broken == "");
    const auto* const push = got.operation("push");
    const auto* const pop = got.operation("pop");
    REQUIRE(push != nullptr);
    REQUIRE(pop != nullptr);
    REQUIRE(pop->done > 0);
    return static_cast<double>(push->all.transfers + pop->all.transfers) /
           static_cast<double>(pop->done);
}

/// `known`: read-modify-writes of a call that meets nobody and does something; who is refused does
/// less. -1: noted, not judged.
void hold(const model::steps::operation_cost& cost, int known, int fences) {
    const double each = known;
    if (known >= 0) {
        CHECK(static_cast<double>(cost.rmws - cost.rmws_in_vain) <=
              each * static_cast<double>(cost.calls) + 1);
        CHECK(static_cast<double>(cost.rmws) >= each * static_cast<double>(cost.done));
    }
    if (fences >= 0) {
        CHECK(cost.fences <= static_cast<std::uint64_t>(fences) * cost.calls);
        CHECK(cost.fences >= static_cast<std::uint64_t>(fences) * cost.done);
    }
    const double seen = cost.done == 0 ? 0
                                       : static_cast<double>(cost.rmws - cost.rmws_in_vain) /
                                             static_cast<double>(cost.done);
    const std::string words = cost.locks > 0 ? "a mutex"
                              : known >= 0   ? fmt::format("{}", known)
                                             : fmt::format("{:.2f}", seen);
    cyclone::test::note_fact(fmt::format("locked, {}", cost.name), words);
    if (cost.fences > 0) {
        cyclone::test::note_fact(fmt::format("fences, {}", cost.name),
                                 fmt::format("{:.2f}", static_cast<double>(cost.fences) /
                                                           static_cast<double>(cost.calls)));
    }
}

int fences_of(const modelled_subject& which) {
    const bool may = which.declared.frees == reclamation::hazard_pointers ||
                     which.declared.frees == reclamation::epochs;
    return which.known.fences >= 0 || may ? which.known.fences : 0;
}

}  // namespace

TEST_CASE("cache lines an item takes across", "[coherence]") {
    on_each("transfers", [](const registration& row) {
        const modelled_subject* const which = named(modelled_subjects(), row.name);
        if (which == nullptr) return;  // a peer
        for (const auto how : {model::steps::traffic::round_robin, model::steps::traffic::random,
                               model::steps::traffic::bursts}) {
            const double each = transfers_an_item(*which, how);
            CHECK(each > 0);  // an item must cross
            cyclone::test::note_fact(std::string(model::steps::name_of(how)),
                                     fmt::format("{:.1f} transfers an item", each));
        }
        count_cases(3);
    });
}

TEST_CASE("locked instructions are those that the algorithm is known for", "[coherence]") {
    on_each("locked instructions", [](const registration& row) {
        const modelled_subject* const which = named(modelled_subjects(), row.name);
        if (which == nullptr) return;  // a peer
        const model::steps::coherence_result got =
            counted_for(*which, model::steps::traffic::alone);
        REQUIRE(got.broken == "");
        INFO(model::steps::to_json(got));
        for (const bool is_push : {true, false}) {
            const auto* const cost = got.operation(is_push ? "push" : "pop");
            REQUIRE(cost != nullptr);
            hold(*cost, is_push ? which->known.locked_push : which->known.locked_pop,
                 fences_of(*which));
            // Who takes a lock may be kept waiting by who has it.
            const progress declared = is_push ? which->declared.push : which->declared.pop;
            if (cost->locks > 0) CHECK(declared == progress::blocking);
        }
        count_cases(got.operations.size());
    });
}

}  // namespace cyclone::queue::test
