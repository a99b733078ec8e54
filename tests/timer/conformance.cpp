// Conformance: one scenario a semantic of timer.hpp, deterministic, on every row of the registry.
// Each scenario is a script with its expected outcome written out by hand, so that the suite does
// not depend on the model it shares with the property tests.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "support.hpp"

namespace cyclone::timer::test {
namespace {

/// A handful of timers on one variant, and a log of what fired when.
struct bench {
    explicit bench(const registration& row, tick origin = 0, std::size_t count = 8)
        : timers(row.make(origin)), nodes(timers->make_nodes(count)), reactions(count) {
        for (std::size_t i = 0; i < count; ++i) {
            reactions[i] = {this, i, {}};
            (*nodes)[i].bind(&bench::on_fire, &reactions[i]);
        }
    }
    ~bench() {
        for (std::size_t i = 0; i < nodes->size(); ++i) timers->stop((*nodes)[i]);
    }

    entry& node(std::size_t i) { return (*nodes)[i]; }
    void start(std::size_t i, tick deadline) { timers->start(node(i), deadline); }

    /// Advances tick by tick to `to` and returns the tick at which timer i fired, or k_never.
    tick step_until_fired(std::size_t i, tick to) {
        const std::size_t before = fired.size();
        while (timers->now() < to) {
            timers->advance(timers->now() + 1);
            for (std::size_t f = before; f < fired.size(); ++f) {
                if (fired[f] == i) return timers->now();
            }
        }
        return k_never;
    }

    struct reaction {
        bench* owner;
        std::size_t id;
        std::function<void()> then;
    };

    static void on_fire(void* context, entry&) {
        auto& r = *static_cast<reaction*>(context);
        r.owner->fired.push_back(r.id);
        if (r.then) r.then();
    }

    std::unique_ptr<any> timers;
    std::unique_ptr<node_array> nodes;
    std::vector<reaction> reactions;
    std::vector<std::size_t> fired;
};

using ids = std::vector<std::size_t>;

bool tells_next(const registration& row) { return row.make(0)->declared().next != next_kind::none; }

}  // namespace

TEST_CASE("S1 time is an argument", "[conformance]") {
    on_each("now", [](const registration& row) {
        bench b(row, 1000);
        CHECK(b.timers->now() == 1000);
        CHECK(b.timers->advance(1000) == 0);
        b.timers->advance(1005);
        CHECK(b.timers->now() == 1005);
    });
}

TEST_CASE("S2 a deadline that has passed means the next tick", "[conformance]") {
    on_each("clamp", [](const registration& row) {
        bench b(row, 100);
        for (const tick deadline : {tick{0}, tick{99}, tick{100}, tick{101}}) {
            b.start(0, deadline);
            CHECK(b.node(0).deadline() == 101);
            CHECK(b.timers->stop(b.node(0)));
        }
        b.start(0, 0);
        CHECK(b.timers->advance(100) == 0);
        CHECK(b.timers->advance(101) == 1);
        CHECK(b.fired == ids{0});
    });
}

TEST_CASE("S3 stop says whether the callback was prevented", "[conformance]") {
    on_each("stop", [](const registration& row) {
        bench b(row);
        CHECK_FALSE(b.timers->stop(b.node(0)));
        b.start(0, 10);
        CHECK(b.node(0).pending());
        CHECK(b.timers->size() == 1);
        CHECK(b.timers->stop(b.node(0)));
        CHECK_FALSE(b.node(0).pending());
        CHECK_FALSE(b.timers->stop(b.node(0)));
        CHECK(b.timers->advance(100) == 0);
        b.start(0, 110);
        CHECK(b.timers->advance(200) == 1);
        CHECK_FALSE(b.timers->stop(b.node(0)));
        CHECK(b.timers->size() == 0);
    });
}

TEST_CASE("S3 stop reaches a timer that is due in the same advance", "[conformance]") {
    on_each("batch-mate", [](const registration& row) {
        bench b(row);
        // Each of three due together stops the other two: whoever is first is alone.
        for (std::size_t i = 0; i < 3; ++i) {
            b.start(i, 7);
            b.reactions[i].then = [&b, i] {
                for (std::size_t j = 0; j < 3; ++j) {
                    if (j != i) CHECK(b.timers->stop(b.node(j)));
                }
            };
        }
        CHECK(b.timers->advance(7) == 1);
        CHECK(b.fired.size() == 1);
        CHECK(b.timers->size() == 0);
        CHECK(b.timers->check().empty());
    });
}

TEST_CASE("S4 restart moves a timer either way", "[conformance]") {
    on_each("restart", [](const registration& row) {
        bench b(row);
        b.start(0, 1000);
        b.timers->restart(b.node(0), 10);
        CHECK(b.node(0).deadline() == 10);
        const tick first = 10 + b.timers->lateness_max(10);
        CHECK(b.timers->advance(first) == 1);
        b.timers->restart(b.node(0), first + 20);  // of an idle timer: a start
        b.timers->restart(b.node(0), first + 40);
        CHECK(b.timers->advance(first + 39) == 0);
        CHECK(b.timers->advance(first + 40 + b.timers->lateness_max(40)) == 1);
        CHECK(b.fired == ids{0, 0});
    });
}

TEST_CASE("S5 never early, and no later than declared, at every boundary", "[conformance]") {
    on_each("accuracy", [](const registration& row) {
        for (const tick origin : {tick{0}, tick{1}, tick{63}, tick{64}, tick{511}, tick{4095}}) {
            for (const tick delta : {1, 2, 63, 64, 65, 127, 503, 504, 505, 511, 512, 4031, 4032,
                                     4095, 4096, 4097, 8191, 8192}) {
                bench b(row, origin);
                b.start(0, origin + delta);
                const tick latest = origin + delta + b.timers->lateness_max(delta);
                const tick at = b.step_until_fired(0, latest);
                CHECK(at != k_never);
                CHECK(at >= origin + delta);
            }
        }
    });
}

TEST_CASE("S5 the declared lateness is attained on every level", "[conformance]") {
    on_each("tightness", [](const registration& row) {
        const auto probe = row.make(0);
        for (tick delta = 1; delta < 40000; delta = delta * 8 + 1) {
            const tick bound = probe->lateness_max(delta);
            tick worst = 0;
            for (tick phase = 0; phase <= 8 * bound; ++phase) {
                if (worst == bound && phase > 0) break;
                bench b(row, phase);
                b.start(0, phase + delta);
                if (b.timers->advance(phase + delta + bound) == 0) FAIL("later than declared");
                tick late = 0;
                bench c(row, phase);
                c.start(0, phase + delta);
                const tick next = tells_next(row) ? c.timers->next_deadline() : phase + delta;
                if (next > phase + delta) late = next - (phase + delta);
                worst = std::max(worst, late);
            }
            CHECK(worst == bound);
        }
    });
}

TEST_CASE("S5 near and far: every power of two up to the horizon", "[conformance]") {
    on_each("distances", [](const registration& row) {
        const tick horizon = row.make(0)->declared().horizon;
        for (unsigned power = 0; power < 63; ++power) {
            for (const tick origin : {tick{0}, (tick{1} << power) - 1, tick{12345}}) {
                const tick deadline = origin + (tick{1} << power);
                if (deadline > horizon) continue;
                bench b(row, origin);
                b.start(0, deadline);
                const tick latest = deadline + b.timers->lateness_max(deadline - origin);
                CHECK(b.timers->advance(deadline - 1) == 0);
                CHECK(b.timers->advance(std::min(latest, k_tick_max)) == 1);
            }
        }
        bench last(row, horizon - 10);
        last.start(0, horizon);
        CHECK(last.timers->advance(horizon - 1) == 0);
        CHECK(last.timers->advance(horizon) == 1);
    });
}

TEST_CASE("S9 a node outlives its variant and serves another", "[conformance]") {
    on_each("reuse", [](const registration& row) {
        auto first = row.make(0);
        const auto nodes = first->make_nodes(3);
        int fired = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            (*nodes)[i].bind([](void* count, entry&) { ++*static_cast<int*>(count); }, &fired);
            first->start((*nodes)[i], 5 + i);
        }
        first.reset();
        const auto second = row.make(0);
        for (std::size_t i = 0; i < 3; ++i) second->start((*nodes)[i], 5 + i);
        CHECK(second->check().empty());
        CHECK(second->advance(7) == 3);
        CHECK(fired == 3);
    });
}

TEST_CASE("S5 one long step fires what many short ones do", "[conformance]") {
    on_each("long steps", [](const registration& row) {
        const tick far = row.make(0)->declared().horizon / 8;
        bench b(row);
        b.start(0, 5);
        b.start(1, 70);
        b.start(2, 5000);
        b.start(3, 300000);
        b.start(4, far);
        b.start(5, far * 4);
        CHECK(b.timers->advance(far * 2) == 5);
        CHECK(b.timers->size() == 1);
        if (b.timers->declared().fire_order != order::unordered)
            CHECK(b.fired == ids{0, 1, 2, 3, 4});
        CHECK(b.timers->check().empty());
    });
}

TEST_CASE("S6 a callback may start its own timer, which waits for the next advance",
          "[conformance]") {
    on_each("periodic", [](const registration& row) {
        bench b(row);
        b.reactions[0].then = [&b] { b.timers->start(b.node(0), b.timers->now()); };
        b.start(0, 1);
        for (tick t = 1; t <= 200; ++t) CHECK(b.timers->advance(t) == 1);
        CHECK(b.timers->advance(1000) == 1);
        CHECK(b.node(0).deadline() == 1001);
    });
}

TEST_CASE("S6 a callback may move others, near and far", "[conformance]") {
    on_each("re-entrancy", [](const registration& row) {
        bench b(row);  // distances below 8 are exact in every scheme
        b.start(0, 5);
        b.start(1, 5);
        b.start(2, 6);
        b.reactions[0].then = [&b] {
            if (b.node(1).pending())
                b.timers->restart(b.node(1), 5 + 4096);  // same slot of a wheel
            b.timers->restart(b.node(2), 5);             // passed: the next tick
            CHECK(b.node(2).deadline() == 6);
        };
        b.timers->advance(5);
        CHECK(b.timers->check().empty());
        b.timers->advance(6);
        CHECK(std::count(b.fired.begin(), b.fired.end(), 2U) == 1);
        b.timers->advance(8000);
        CHECK(std::count(b.fired.begin(), b.fired.end(), 1U) == 1);
        CHECK(b.timers->size() == 0);
    });
}

TEST_CASE("S7 order of firing", "[conformance]") {
    on_each("order", [](const registration& row) {
        bench b(row);
        const order declared = b.timers->declared().fire_order;
        b.start(3, 90);
        b.start(2, 70);
        b.start(1, 70);
        b.start(0, 10);
        CHECK(b.timers->advance(200) == 4);
        if (declared == order::fifo) CHECK(b.fired == ids{0, 2, 1, 3});
        if (declared == order::by_deadline) {
            CHECK(b.fired.front() == 0);
            CHECK(b.fired.back() == 3);
        }
        CHECK(std::is_permutation(b.fired.begin(), b.fired.end(), ids{0, 1, 2, 3}.begin()));
    });
}

TEST_CASE("S8 sleeping until next_deadline misses nothing", "[conformance]") {
    on_each("next", [](const registration& row) {
        bench b(row);
        if (!tells_next(row)) return;
        CHECK(b.timers->next_deadline() == k_never);
        b.start(0, 300000);
        b.start(1, 5000);
        b.start(2, 7);
        std::size_t wakes = 0;
        while (b.timers->size() > 0 && wakes < 100) {
            const tick next = b.timers->next_deadline();
            REQUIRE(next > b.timers->now());
            const std::size_t fired = b.timers->advance(next);
            if (b.timers->declared().next == next_kind::exact) CHECK(fired > 0);
            ++wakes;
        }
        CHECK(b.fired == ids{2, 1, 0});
        CHECK(wakes <= 12);
        CHECK(b.timers->next_deadline() == k_never);
    });
}

TEST_CASE("S9 destroying a variant leaves its timers idle", "[conformance]") {
    on_each("destruction", [](const registration& row) {
        auto timers = row.make(0);
        const auto nodes = timers->make_nodes(100);
        bool called = false;
        for (std::size_t i = 0; i < nodes->size(); ++i) {
            (*nodes)[i].bind([](void* flag, entry&) { *static_cast<bool*>(flag) = true; }, &called);
            // Several at the first tick, then further and further out.
            const unsigned power = i < 10 ? 0 : static_cast<unsigned>(i * 60 / 100);
            timers->start((*nodes)[i], std::min(tick{1} << power, timers->declared().horizon));
        }
        timers.reset();
        for (std::size_t i = 0; i < nodes->size(); ++i) CHECK_FALSE((*nodes)[i].pending());
        CHECK_FALSE(called);
    });
}

}  // namespace cyclone::timer::test
