// What a declaration rests on, shown once: that it is no weaker than it must be, and that a known
// idea is worth something.
#include "model/coherence.hpp"
#include "modelled.hpp"
#include "scenario.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

double transfers_in_bursts(const modelled_subject& which) {
    const sides who = sides_of(which.declared);
    model::steps::coherence_options options;
    options.how = model::steps::traffic::bursts;
    options.threads = who.all();
    const auto got = model::steps::count_coherence(which.pushers_and_poppers(who), options);
    REQUIRE(got.broken == "");
    const auto* const push = got.operation("push");
    const auto* const pop = got.operation("pop");
    REQUIRE(push != nullptr);
    REQUIRE(pop != nullptr);
    REQUIRE(pop->done > 0);
    return static_cast<double>(push->all.transfers + pop->all.transfers) /
           static_cast<double>(pop->done);
}

}  // namespace

TEST_CASE("rings of two words are not strict at both ends", "[witness]") {
    // queue.hpp, "Strict at both ends": the same scenario with the declared rule is one of their
    // plans, and passes.
    const plan how{.name = "both ends at once",
                   .before = "+",
                   .threads = {"++", "--"},
                   .strict_at_both_ends = true};
    for (const char* ring : {"lamport_spsc", "cached_spsc"}) {
        const modelled_subject* const which = named(modelled_subjects(), ring);
        if (which == nullptr) continue;  // a build of some variants only
        const maker make = numbered(which->explored, 0)->make;
        const model::result found = model::check({}, [&] { act(make, how); });
        INFO(ring);
        REQUIRE(found.found);
        CHECK(found.found->what == model::fault::not_linearizable);
    }
}

TEST_CASE("remembering the other end saves transfers where the ends keep apart", "[witness]") {
    const modelled_subject* const plain = named(modelled_subjects(), "lamport_spsc");
    const modelled_subject* const cached = named(modelled_subjects(), "cached_spsc");
    if (plain == nullptr || cached == nullptr) return;  // a build of some variants only
    const double without = transfers_in_bursts(*plain);
    const double with = transfers_in_bursts(*cached);
    INFO(without << " and " << with << " transfers an item");
    CHECK(with < without);
}

}  // namespace cyclone::queue::test
