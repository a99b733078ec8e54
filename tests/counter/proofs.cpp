// What is proven of the counters, on the templates that ship under the policies that look: every
// execution of small scenarios (S1 to S4), which memory orders are needed, what is promised to
// those who wait for nobody, and what a call costs in cache lines and locked instructions.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

#include "model/coherence.hpp"
#include "model/explored.hpp"
#include "model/weaken.hpp"
#include "support.hpp"
#include "support/explored.hpp"
#include "support/progress.hpp"
#include "variants/counter/cas_loop.hpp"
#include "variants/counter/fetch_add.hpp"
#include "variants/counter/mcs_lock.hpp"
#include "variants/counter/mutex_oracle.hpp"
#include "variants/counter/sharded.hpp"
#include "variants/counter/ticket_lock.hpp"

namespace cyclone::counter::test {
namespace {

template <class Sync, class F>
void with_variant(std::string_view name, F f) {
    if (name == "mutex_oracle") f(std::type_identity<mutex_oracle<no_work, 0, Sync>>{});
    if (name == "fetch_add") f(std::type_identity<fetch_add<no_work, 0, Sync>>{});
    if (name == "cas_loop") f(std::type_identity<cas_loop<no_work, 0, Sync>>{});
    if (name == "ticket_lock") f(std::type_identity<ticket_lock<no_work, 0, Sync>>{});
    if (name == "mcs_lock") f(std::type_identity<mcs_lock<no_work, 0, Sync>>{});
    if (name == "sharded") f(std::type_identity<sharded<no_work, 0, Sync>>{});
}

constexpr std::size_t k_callers_max = 8;
constexpr std::uint32_t k_in_progress = 3;  ///< threads of which one is stopped for ever
constexpr std::size_t k_calls_max = 4;

struct plan {
    const char* name;
    std::size_t callers;
    std::size_t calls;
};
constexpr plan k_plans[] = {
    {"two threads, a call each", 2, 1},
    {"two threads, two calls each", 2, 2},
    {"three threads, a call each", 3, 1},
};

/// Threads that call next(), each through a handle of its own, and then all that S1 to S4 say.
template <class Counter>
void count(const plan& how) {
    Counter counter;
    std::array<std::uint64_t, k_callers_max * k_calls_max> got{};
    {
        std::array<std::optional<model::thread>, k_callers_max> all;
        for (std::size_t t = 0; t < how.callers; ++t) {
            all[t].emplace([&, t] {
                typename Counter::handle handle(counter);
                for (std::size_t i = t * how.calls; i < (t + 1) * how.calls; ++i) {
                    model::call(i, "next");
                    got[i] = handle.next();
                    model::back(i);
                }
            });
        }
        for (auto& one : all) {
            if (one) one->join();
        }
    }
    const std::size_t made = how.callers * how.calls;
    const bool in_real_time = Counter::k_traits.rises == order::real_time;
    for (std::size_t i = 0; i < made; ++i) {
        model::require(got[i] < made + how.callers * (Counter::k_traits.batch - 1),
                       "S2: a number was left out");
        for (std::size_t j = 0; j < made; ++j) {
            if (i == j) continue;
            model::require(got[i] != got[j], "S1: a number was returned twice");
            const bool is_same_thread = i / how.calls == j / how.calls;
            if (i < j && is_same_thread) model::require(got[i] < got[j], "S3: numbers rise");
            if (in_real_time && model::precedes(i, j))
                model::require(got[i] < got[j], "S4: a later call has the greater number");
        }
    }
}

std::vector<model::named_body> bodies_of(std::string_view variant) {
    std::vector<model::named_body> all;
    for (const plan& how : k_plans) {
        with_variant<sync::explored>(variant, [&]<class C>(std::type_identity<C>) {
            all.push_back({how.name, [how] { count<C>(how); }});
        });
    }
    return all;
}

/// Every thread calls next() through a handle that is there from the beginning.
template <class Counter>
model::steps::subject callers(std::uint32_t threads) {
    struct world {
        explicit world(std::uint32_t count) {
            for (std::uint32_t t = 0; t < count; ++t) handles[t].emplace(counter);
        }
        Counter counter;
        std::array<std::optional<typename Counter::handle>, k_callers_max> handles{};
    };
    auto here = model::steps::placed<world>(threads);
    return {.object = here,
            .operate =
                [here](std::uint32_t thread, std::uint64_t) {
                    static_cast<void>(here->handles[thread]->next());
                    return model::steps::outcome::done;
                },
            .name = [](std::uint32_t, std::uint64_t) { return "next"; },
            .ranges = {}};
}

}  // namespace

TEST_CASE("S1 to S4 in every execution of small scenarios", "[explored]") {
    on_each("scenarios", [](const registration& row) {
        for (const model::named_body& one : bodies_of(row.name)) {
            cyclone::test::explore_all(one.name, one.body);
        }
    });
}

TEST_CASE("every order that could be weaker is needed", "[explored]") {
    on_each("weaker orders", [](const registration& row) {
        const model::weaken_report found =
            model::weaken(cyclone::test::every_build(), bodies_of(row.name));
        INFO(found.table());
        CHECK(found.unsound == "");
        CHECK(found.count(model::fate_of::undecided) == 0);
        CHECK(found.count(model::fate_of::survived) == 0);
        if (found.rows.empty()) return;  // nothing is ordered: relaxed throughout, or a mutex
        cyclone::test::note_fact(
            "weaker orders",
            fmt::format("{} of {} caught", found.count(model::fate_of::caught), found.rows.size()));
        count_cases(found.rows.size());
    });
}

TEST_CASE("S5: progress is what is declared", "[progress]") {
    on_each("progress", [](const registration& row) {
        with_variant<sync::stepped>(row.name, [&]<class C>(std::type_identity<C>) {
            model::steps::progress_options how;
            how.threads = k_in_progress;
            const auto found =
                model::steps::classify([] { return callers<C>(k_in_progress); }, how);
            INFO(model::steps::to_json(found));
            REQUIRE(found.broken == "");
            const auto* const one = found.operation("next");
            REQUIRE(one != nullptr);
            CHECK(one->said == cyclone::test::declared_as(C::k_traits.progresses));
            cyclone::test::note_fact(
                "next", fmt::format("{}, at most {} steps seen", model::steps::name_of(one->said),
                                    one->steps_most));
            count_cases(found.runs);
        });
    });
}

TEST_CASE("cache lines and locked instructions of a call", "[coherence]") {
    on_each("transfers", [](const registration& row) {
        with_variant<sync::stepped>(row.name, [&]<class C>(std::type_identity<C>) {
            for (const auto how :
                 {model::steps::traffic::round_robin, model::steps::traffic::random,
                  model::steps::traffic::bursts, model::steps::traffic::alone}) {
                model::steps::coherence_options options;
                options.how = how;
                options.threads = 2;
                const auto got =
                    model::steps::count_coherence([] { return callers<C>(2); }, options);
                INFO(model::steps::to_json(got));
                REQUIRE(got.broken == "");
                const auto* const cost = got.operation("next");
                REQUIRE(cost != nullptr);
                REQUIRE(cost->calls > 0);
                const auto calls = static_cast<double>(cost->calls);
                const double transfers = static_cast<double>(cost->all.transfers) / calls;
                const double locked = static_cast<double>(cost->rmws) / calls;
                if (how == model::steps::traffic::alone) {
                    CHECK((cost->locks > 0) == (row.name == "mutex_oracle"));
                    cyclone::test::note_fact("locked", cost->locks > 0
                                                           ? std::string("a mutex")
                                                           : fmt::format("{:.2f}", locked));
                } else {
                    // Two threads share at least the number, but for what takes 64 at once.
                    CHECK((transfers > 0 || C::k_traits.batch > 1));
                    cyclone::test::note_fact(std::string(model::steps::name_of(how)),
                                             fmt::format("{:.1f} transfers a call", transfers));
                }
            }
            count_cases(4);
        });
    });
}

TEST_CASE("a queue lock moves fewer lines than one word that all spin on", "[coherence]") {
    const auto transfers = []<class C>(std::type_identity<C>) {
        model::steps::coherence_options options;
        options.threads = k_callers_max;
        const auto got =
            model::steps::count_coherence([] { return callers<C>(k_callers_max); }, options);
        REQUIRE(got.broken == "");
        return got.operation("next")->all.transfers;
    };
    using sync::stepped;
    CHECK(transfers(std::type_identity<mcs_lock<no_work, 0, stepped>>{}) <
          transfers(std::type_identity<ticket_lock<no_work, 0, stepped>>{}));
}

}  // namespace cyclone::counter::test
