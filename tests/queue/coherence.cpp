// What a call costs in lines that travel and in locked instructions, counted (model/coherence.hpp).
// What each algorithm is known for is a count here: the rings need no read-modify-write at all,
// Vyukov's list one a push, his ring one a call, Treiber's stack in an array two.
#include "model/coherence.hpp"

#include <fmt/format.h>

#include "stepped.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

template <class Q>
model::steps::coherence_result counted_for(model::steps::traffic how) {
    const sides who = sides_of(Q::k_traits);
    model::steps::coherence_options options;
    options.how = how;
    options.threads = who.all();
    return model::steps::count_coherence(pushers_and_poppers<Q>(who.producers), options);
}

template <class Q>
double transfers_an_item(model::steps::traffic how) {
    const model::steps::coherence_result got = counted_for<Q>(how);
    REQUIRE(got.broken == "");
    const auto* const push = got.operation("push");
    const auto* const pop = got.operation("pop");
    REQUIRE(push != nullptr);
    REQUIRE(pop != nullptr);
    REQUIRE(pop->done > 0);
    return static_cast<double>(push->all.transfers + pop->all.transfers) /
           static_cast<double>(pop->done);
}

/// Read-modify-writes of a call that meets nobody.
struct locked {
    double push;
    double pop;
};
locked known_of(std::string_view variant) {
    if (variant == "vyukov_mpsc") return {1, 0};
    if (variant == "vyukov_mpmc") return {1, 1};
    if (variant == "treiber_stack") return {2, 2};
    return {0, 0};
}

}  // namespace

TEST_CASE("cache lines an item takes across", "[coherence]") {
    on_each("transfers", [](const registration& row) {
        with_subject<sync::stepped>(row.name, 0, []<class Q>(std::type_identity<Q>) {
            for (const auto how : {model::steps::traffic::round_robin,
                                   model::steps::traffic::random, model::steps::traffic::bursts}) {
                const double each = transfers_an_item<Q>(how);
                CHECK(each > 0);  // an item must cross
                cyclone::test::note_fact(std::string(model::steps::name_of(how)),
                                         fmt::format("{:.1f} transfers an item", each));
            }
            count_cases(3);
        });
    });
}

TEST_CASE("locked instructions are those that the algorithm is known for", "[coherence]") {
    on_each("locked instructions", [](const registration& row) {
        with_subject<sync::stepped>(row.name, 0, [&]<class Q>(std::type_identity<Q>) {
            const model::steps::coherence_result got = counted_for<Q>(model::steps::traffic::alone);
            REQUIRE(got.broken == "");
            INFO(model::steps::to_json(got));
            for (const char* call : {"push", "pop"}) {
                const auto* const cost = got.operation(call);
                REQUIRE(cost != nullptr);
                const locked known = known_of(row.name);
                const double each = call == std::string_view("push") ? known.push : known.pop;
                // Every call that did something; who is refused does less.
                CHECK(static_cast<double>(cost->rmws - cost->rmws_in_vain) <=
                      each * static_cast<double>(cost->calls) + 1);
                CHECK(static_cast<double>(cost->rmws) >= each * static_cast<double>(cost->done));
                CHECK(cost->fences == 0);
                CHECK((cost->locks > 0) == (row.name == "mutex_ring"));
                cyclone::test::note_fact(
                    fmt::format("locked, {}", call),
                    cost->locks > 0 ? std::string("a mutex") : fmt::format("{:.0f}", each));
            }
            count_cases(got.operations.size());
        });
    });
}

TEST_CASE("remembering the other end saves transfers where the ends keep apart", "[coherence]") {
    using sync::stepped;
    using plain = lamport_spsc<no_work, 0, stepped>;
    using cached = cached_spsc<no_work, 0, stepped>;
    const double without = transfers_an_item<plain>(model::steps::traffic::bursts);
    const double with = transfers_an_item<cached>(model::steps::traffic::bursts);
    INFO(without << " and " << with << " transfers an item");
    CHECK(with < without);
}

}  // namespace cyclone::queue::test
