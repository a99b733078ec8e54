// Queues on simulated processors: nothing is lost, a queue that loses is found, the layout that is
// known to be cheaper is cheaper, and an adversary starves those that are lock-free only.
#include <catch2/catch.hpp>

#include "queue/simulated.hpp"
#include "variants/queue/cached_spsc.hpp"
#include "variants/queue/lamport_spsc.hpp"
#include "variants/queue/mc_ring.hpp"
#include "variants/queue/ms_hazard.hpp"
#include "variants/queue/ms_tagged.hpp"
#include "variants/queue/mutex_ring.hpp"
#include "variants/queue/treiber_stack.hpp"
#include "variants/queue/turn_queue.hpp"
#include "variants/queue/turn_ring.hpp"
#include "variants/queue/vyukov_mpmc.hpp"
#include "variants/queue/vyukov_mpsc.hpp"

namespace cyclone::sim::test {
namespace {

using queue::crew_of;
using queue::crew_options;
using queue::ledger;
using queue::roles;

template <template <class, int, sync::policy, class> class Q, int Mutant = 0>
using stepped_queue = Q<no_work, Mutant, sync::stepped, std::uint64_t>;

/// A simulation of a queue; `whole` tells whether its items came out again.
struct outcome_of {
    report told;
    bool whole = false;
};
template <class Q>
outcome_of run(crew_options how, machine asked) {
    how.processors = asked.processors;
    ledger book;
    outcome_of out{simulate(crew_of<Q>(how, book), asked), false};
    out.whole = book.whole() && book.pushed != 0;
    return out;
}

template <class Q>
void keeps_all(roles who, std::uint32_t processors) {
    for (const schedule how : {schedule::round_robin, schedule::random, schedule::bursts,
                               schedule::adversary, schedule::alone}) {
        INFO(name_of(how));
        const auto r = run<Q>({.who = who, .capacity = 16},
                              {.processors = processors, .how = how, .operations = 200});
        CHECK(r.told.broken == "");
        CHECK(r.whole);
        CHECK(r.told.done == 200 * processors);
    }
}

}  // namespace

TEST_CASE("what goes in comes out, on every schedule and in every mix", "[queues]") {
    keeps_all<stepped_queue<queue::lamport_spsc>>(roles::fan_in, 2);
    keeps_all<stepped_queue<queue::cached_spsc>>(roles::fan_in, 2);
    keeps_all<stepped_queue<queue::vyukov_mpsc>>(roles::fan_in, 5);
    for (const roles who : {roles::pairs, roles::halves, roles::fan_in, roles::fan_out}) {
        keeps_all<stepped_queue<queue::mutex_ring>>(who, 4);
        keeps_all<stepped_queue<queue::vyukov_mpmc>>(who, 4);
        keeps_all<stepped_queue<queue::treiber_stack>>(who, 4);
    }
}

TEST_CASE("a queue that loses or doubles items is found", "[queues]") {
    bool found = false;
    for (std::uint64_t seed = 1; seed <= 5 && !found; ++seed) {
        const auto r = run<stepped_queue<queue::vyukov_mpmc, 1>>(
            {.who = roles::pairs, .capacity = 16},
            {.processors = 4, .seed = seed, .operations = 200});
        found = !r.told.broken.empty() || !r.whole;
    }
    CHECK(found);
}

TEST_CASE("the variant over another policy is found by its type, controls are not", "[queues]") {
    using ships = queue::vyukov_mpmc<no_work, 0>;
    STATIC_REQUIRE(
        std::same_as<queue::under<ships, sync::stepped>, stepped_queue<queue::vyukov_mpmc>>);
    struct peer {};
    STATIC_REQUIRE_FALSE(queue::over_a_policy<peer>);
}

TEST_CASE("locked instructions alone are those that the algorithms are known for", "[queues]") {
    const auto locked = []<class Q>(std::type_identity<Q>, const char* call) {
        const auto r = run<Q>({.who = roles::fan_in, .inside = 8},
                              {.processors = 2, .how = schedule::alone, .operations = 100});
        REQUIRE(r.told.broken == "");
        const call_report* const c = r.told.call(call);
        REQUIRE(c != nullptr);
        return static_cast<double>(c->locked) / static_cast<double>(c->calls);
    };
    using lamport = std::type_identity<stepped_queue<queue::lamport_spsc>>;
    using mpsc = std::type_identity<stepped_queue<queue::vyukov_mpsc>>;
    using mpmc = std::type_identity<stepped_queue<queue::vyukov_mpmc>>;
    using mutex = std::type_identity<stepped_queue<queue::mutex_ring>>;
    CHECK(locked(lamport{}, "push") == 0);
    CHECK(locked(lamport{}, "pop") == 0);
    CHECK(locked(mpsc{}, "push") == 1);
    CHECK(locked(mpsc{}, "pop") == 0);
    CHECK(locked(mpmc{}, "push") == 1);
    CHECK(locked(mpmc{}, "pop") == 1);
    CHECK(locked(mutex{}, "push") == 2);
}

TEST_CASE("remembered ends save most between full and empty", "[queues]") {
    const auto transfers = []<class Q>(std::type_identity<Q>, schedule how, std::uint64_t inside) {
        const auto r = run<Q>({.capacity = 512, .inside = inside},
                              {.processors = 2, .how = how, .operations = 2000});
        REQUIRE(r.told.broken == "");
        return static_cast<double>(r.told.total().transfers) /
               static_cast<double>(r.told.call("pop")->done);
    };
    using plain = std::type_identity<stepped_queue<queue::lamport_spsc>>;
    using cached = std::type_identity<stepped_queue<queue::cached_spsc>>;
    CHECK(transfers(cached{}, schedule::round_robin, 256) <
          0.3 * transfers(plain{}, schedule::round_robin, 256));
    // At empty the consumer must look each time, and only the producer saves.
    CHECK(transfers(cached{}, schedule::alone, 0) > 0.5 * transfers(plain{}, schedule::alone, 0));
}

TEST_CASE("an adversary starves a lock-free list, and not one in which all help", "[queues]") {
    const auto starved = []<class Q>(std::type_identity<Q>) {
        const auto r = run<Q>({.who = roles::pairs},
                              {.processors = 4, .how = schedule::adversary, .operations = 300});
        REQUIRE(r.told.broken == "");
        CHECK(r.whole);
        CHECK((r.told.each[0].done == 0) == (r.told.each[0].steps_worst > 1000));
        return r.told.each[0].done == 0;
    };
    CHECK(starved(std::type_identity<stepped_queue<queue::treiber_stack>>{}));
    CHECK(starved(std::type_identity<stepped_queue<queue::ms_tagged>>{}));
    CHECK(starved(std::type_identity<stepped_queue<queue::ms_hazard>>{}));
    CHECK_FALSE(starved(std::type_identity<stepped_queue<queue::turn_queue>>{}));
}

TEST_CASE("steps of the worst call in a wait-free list are linear in the processors", "[queues]") {
    for (std::uint32_t p = 2; p <= 8; ++p) {
        const auto r = run<stepped_queue<queue::turn_queue>>(
            {.who = roles::pairs}, {.processors = p, .seed = p, .operations = 300});
        REQUIRE(r.told.broken == "");
        CHECK(r.told.total().steps_worst < 60 * p);
    }
}

TEST_CASE("calls that wait take their turn without a failed try", "[queues]") {
    const auto failed = [](bool waits) {
        const auto r = run<stepped_queue<queue::turn_ring>>({.who = roles::pairs, .waits = waits},
                                                            {.processors = 16, .operations = 100});
        REQUIRE(r.told.broken == "");
        CHECK(r.whole);
        return static_cast<double>(r.told.total().failed_compares) /
               static_cast<double>(r.told.done);
    };
    CHECK(failed(true) < 0.1);
    CHECK(failed(false) > 1);
}

TEST_CASE("what a batch hides is told, and nothing else is hidden", "[queues]") {
    CHECK(queue::hidden_items<queue::mc_ring<>>() > 1);
    CHECK(queue::hidden_items<queue::lamport_spsc<>>() == 0);
    CHECK(queue::hidden_items<queue::ms_hazard<>>() == 0);
}

TEST_CASE("a push that is wait-free has its bound under any adversary", "[queues]") {
    std::uint64_t worst = 0;
    for (std::uint32_t victim = 1; victim < 6; ++victim) {
        const auto r = run<stepped_queue<queue::vyukov_mpsc>>(
            {.who = roles::fan_in},
            {.processors = 6, .how = schedule::adversary, .operations = 200, .victim = victim});
        REQUIRE(r.told.broken == "");
        CHECK(r.told.each[victim].done > 0);
        worst = std::max(worst, r.told.call("push")->steps_worst);
    }
    CHECK(worst <= 5);  // make, the item, its link, the swap, the link to it
}

}  // namespace cyclone::sim::test
