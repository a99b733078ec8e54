// One thread is stopped before every single step of a protect or a retire, and the others go on:
// what is declared not to block must not, what is held stays, what is bounded stays bounded, and
// once the thread goes on nothing is lost. Deterministic: the schedule is the test.
#include <algorithm>
#include <deque>
#include <thread>

#include "base/sync_failing.hpp"
#include "support.hpp"
#include "variants/reclamation/epochs.hpp"
#include "variants/reclamation/hazard_pointers.hpp"
#include "variants/reclamation/quiescent.hpp"

namespace cyclone::reclamation::test {
namespace {

using sync::failing;
using sync::puppet;

constexpr std::uint64_t k_steps_max = 2000;  ///< more than any call here has
constexpr unsigned k_replaced = 200;
constexpr limits k_limits{.participants = 3, .guards = 1};

/// Runs `call` in a thread that stops before step `step`, `meanwhile` while it stands, and then
/// lets it go on. False: the call has no such step.
template <class Call, class Meanwhile>
bool stopped_at(std::uint64_t step, Call call, Meanwhile meanwhile) {
    puppet victim("victim", sync::stall_at(step));
    std::thread thread([&] { victim.run(call); });
    const bool stands = victim.wait_until_stalled();
    if (stands) {
        meanwhile();
        victim.release();
    }
    thread.join();
    return stands;
}

struct cell : retirable<failing> {
    failing::atomic<int> gone{0};
    bool retired = false;

    static void dispose(retirable<failing>* node) {
        static_cast<cell*>(node)->gone.fetch_add(1, std::memory_order_relaxed);
    }
};

/// A domain with a writer of the main thread and one handle for the victim, and all nodes there
/// were.
template <class V>
struct stage {
    stage() : mine(domain), its(domain), other(domain) {
        word.store(make(), std::memory_order_relaxed);
    }
    ~stage() { word.store(nullptr, std::memory_order_relaxed); }
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    cell* make() { return &cells.emplace_back(); }
    void replace(typename V::handle& by, cell* fresh) {
        cell* const old = word.exchange(fresh, std::memory_order_acq_rel);
        old->retired = true;
        by.retire(old, &cell::dispose);
    }
    [[nodiscard]] std::uint64_t backlog() const {
        std::uint64_t waiting = 0;
        for (const cell& c : cells) {
            waiting += c.retired && c.gone.load(std::memory_order_relaxed) == 0 ? 1 : 0;
        }
        return waiting;
    }
    /// Once nobody stands still: all that was retired is gone, once.
    void finish() {
        for (unsigned round = 0; round < V::k_traits.rounds; ++round) {
            for (typename V::handle* each : {&mine, &its, &other}) {
                for (typename V::handle* one : {&mine, &its, &other}) one->rest();
                each->flush();
            }
        }
        for (const cell& c : cells) {
            CHECK(c.gone.load(std::memory_order_relaxed) == (c.retired ? 1 : 0));
        }
    }

    std::deque<cell> cells;
    V domain{k_limits};
    typename V::handle mine;
    typename V::handle its;
    typename V::handle other;
    failing::atomic<cell*> word;
};

template <class V>
void stop_a_reader() {
    bool stands = true;
    for (std::uint64_t step = 1; stands; ++step) {
        REQUIRE(step < k_steps_max);
        INFO("before step " << step << " of a reader");
        stage<V> s;
        int gone = 0;
        std::uint64_t most = 0;
        stands = stopped_at(
            step,
            [&] {
                s.its.rest();
                typename V::guard guard(s.its);
                const cell* const got = guard.protect(s.word);
                for (int look = 0; look < 3; ++look) {
                    gone += got->gone.load(std::memory_order_relaxed);
                }
                guard.release();
                s.its.rest();
            },
            [&] {
                for (unsigned i = 0; i < k_replaced; ++i) {
                    s.replace(s.mine, s.make());
                    most = std::max(most, s.backlog());
                    s.mine.rest();
                    s.other.rest();
                }
                s.mine.flush();
                s.other.flush();
            });
        CHECK(gone == 0);
        CHECK(most <= V::backlog_max(k_limits));
        s.finish();
        count_cases(1);
    }
}

template <class V>
void stop_a_writer() {
    bool stands = true;
    for (std::uint64_t step = 1; stands; ++step) {
        REQUIRE(step < k_steps_max);
        INFO("before step " << step << " of a writer");
        stage<V> s;
        cell* const fresh = s.make();
        cell* const later = s.make();
        std::uint64_t most = 0;
        stands = stopped_at(
            step,
            [&] {
                s.replace(s.its, fresh);
                s.replace(s.its, later);
                s.its.flush();
                s.its.rest();
            },
            [&] {
                typename V::guard guard(s.mine);
                const cell* const got = guard.protect(s.word);
                for (unsigned i = 0; i < k_replaced; ++i) s.replace(s.other, s.make());
                s.other.flush();
                CHECK(got->gone.load(std::memory_order_relaxed) == 0);
                most = s.backlog();
                guard.release();
                s.other.flush();
            });
        CHECK(most <= V::backlog_max(k_limits));
        s.finish();
        count_cases(1);
    }
}

}  // namespace

TEST_CASE("a thread that stands still anywhere", "[stress]") {
    on_each("stopped before each step", [](const registration& row) {
        if (row.name == "hazard_pointers") {
            stop_a_reader<hazard_pointers<no_work, 0, failing>>();
            stop_a_writer<hazard_pointers<no_work, 0, failing>>();
        }
        if (row.name == "epochs") {
            stop_a_reader<epochs<no_work, 0, failing>>();
            stop_a_writer<epochs<no_work, 0, failing>>();
        }
        if (row.name == "quiescent") {
            stop_a_reader<quiescent<no_work, 0, failing>>();
            stop_a_writer<quiescent<no_work, 0, failing>>();
        }
    });
}

}  // namespace cyclone::reclamation::test
