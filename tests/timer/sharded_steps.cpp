// The shard and its other threads, one step at a time: every place at which one thread can be
// overtaken by another, by standing it still before each of its steps in turn. No luck in it.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <string>
#include <thread>

#include "base/sync_failing.hpp"
#include "support/suite.hpp"
#include "variants/timer/hierarchical_wheel.hpp"
#include "variants/timer/sharded.hpp"

namespace cyclone::timer::test {
namespace {

/// A shard with a far timer, so that its owner sleeps long, and the timer in question.
template <int Mutant>
struct scene {
    using shard_type = sharded<hierarchical_wheel<>, no_work, Mutant, sync::failing>;
    using node = typename shard_type::node;

    scene() {
        shard.on_wake({[](void* flag) { *static_cast<bool*>(flag) = true; }, &woken});
        far.bind([](void*, entry&) {}, nullptr);
        timer.bind([](void* count, entry&) { ++*static_cast<int*>(count); }, &fired);
        shard.start(far, 1000);
    }
    ~scene() noexcept(false) {
        shard.advance(shard.now() + 1);  // what was cancelled is given back
        shard.stop(timer);
        shard.stop(far);
    }

    bool woken = false;
    int fired = 0;
    node far;
    node timer;
    shard_type shard{0};
};

/// Runs `stopped` on a thread of its own, stands it still before its k-th step, runs `meanwhile`
/// beside it and lets it go on. False if it has fewer steps. That `meanwhile` ends at all shows
/// that nobody waits for a thread that stands still.
template <class A, class B>
bool interleave(std::uint64_t k, A stopped, B meanwhile) {
    sync::puppet who("stopped", sync::stall_at(k));
    std::thread thread([&] { who.run(stopped); });
    const bool stalled = who.wait_until_stalled();
    if (stalled) {
        meanwhile();
        who.release();
    }
    thread.join();
    return stalled;
}

/// Calls try_at(k) for every k until it says that there is no k-th step. The first fault, with k.
template <class Try>
std::string at_every_step(const char* what, std::uint64_t& steps, Try try_at) {
    for (std::uint64_t k = 1; k < 200; ++k) {
        std::string wrong;
        if (!try_at(k, wrong)) return {};
        ++steps;
        if (!wrong.empty()) return fmt::format("{}, step {}: {}", what, k, wrong);
    }
    return "endless";
}

/// An owner on its way to sleep and an arm for tick 10 meet: it must not sleep beyond 10.
template <int Mutant>
std::string arm_against_sleep(std::uint64_t& steps, bool stall_owner) {
    return at_every_step("arm and sleep", steps, [&](std::uint64_t k, std::string& wrong) {
        scene<Mutant> s;
        tick until = 0;
        const auto go_to_sleep = [&] {
            s.shard.advance(1);
            until = s.shard.prepare_sleep();
        };
        const auto arm = [&] { s.shard.remote_start(s.timer, 10); };
        const bool met =
            stall_owner ? interleave(k, go_to_sleep, arm) : interleave(k, arm, go_to_sleep);
        if (!met) return false;
        if (!s.woken && until > 10) wrong = fmt::format("lost wake: sleeps until {}", until);
        s.shard.awake();
        s.shard.advance(2);
        s.shard.advance(9);
        if (s.fired != 0) wrong = "early";
        s.shard.advance(10);
        if (s.fired != 1) wrong = fmt::format("fired {} times", s.fired);
        return true;
    });
}

enum class armed : std::uint8_t { by_owner, taken_in, in_flight };

/// A stop and the firing meet: one of them wins.
template <int Mutant>
std::string stop_against_fire(std::uint64_t& steps, armed how, bool stall_owner) {
    return at_every_step("stop and fire", steps, [&](std::uint64_t k, std::string& wrong) {
        scene<Mutant> s;
        if (how == armed::by_owner) s.shard.start(s.timer, 10);
        if (how != armed::by_owner) s.shard.remote_start(s.timer, 10);
        if (how == armed::taken_in) s.shard.advance(0);
        stop_result result{};
        std::size_t said = 0;
        const auto run = [&] {
            said += s.shard.advance(1);
            said += s.shard.advance(10);
        };
        const auto stop = [&] { result = s.shard.remote_stop(s.timer); };
        if (!(stall_owner ? interleave(k, run, stop) : interleave(k, stop, run))) return false;
        said += s.shard.advance(20);
        const int cancelled = result == stop_result::cancelled ? 1 : 0;
        if (cancelled + s.fired != 1)
            wrong = fmt::format("cancelled {}, fired {}", cancelled, s.fired);
        if ((result == stop_result::fired) != (s.fired == 1)) wrong = "the stop says otherwise";
        if (said != static_cast<std::size_t>(s.fired)) wrong = "advance() says otherwise";
        const auto rest = s.fired == 1 ? shard_state::fired : shard_state::idle;
        if (s.timer.state() != rest || s.timer.pending()) wrong = "not at rest";
        if (s.shard.size() != 1) wrong = "size()";
        if (const std::string broken = s.shard.check(); !broken.empty()) wrong = broken;
        return true;
    });
}

/// Two stops meet, or a stop and the owner's: one of them wins.
template <int Mutant>
std::string stop_against_stop(std::uint64_t& steps, armed how, bool owner_stops) {
    return at_every_step("stop and stop", steps, [&](std::uint64_t k, std::string& wrong) {
        scene<Mutant> s;
        if (how == armed::by_owner) s.shard.start(s.timer, 10);
        if (how != armed::by_owner) s.shard.remote_start(s.timer, 10);
        if (how == armed::taken_in) s.shard.advance(0);
        int won = 0;
        const auto stop = [&] {
            won += s.shard.remote_stop(s.timer) == stop_result::cancelled ? 1 : 0;
        };
        const auto other = [&] {
            if (!owner_stops) return stop();
            won += s.shard.stop(s.timer) ? 1 : 0;
        };
        if (!interleave(k, stop, other)) return false;
        s.shard.advance(20);
        if (won != 1) wrong = fmt::format("{} stops won", won);
        if (s.fired != 0) wrong = "fired though cancelled";
        if (s.timer.state() != shard_state::idle || s.shard.size() != 1) wrong = "not at rest";
        return true;
    });
}

/// A third thread stops while the arming one stands still: what it says is what happens.
template <int Mutant>
std::string stop_against_arm(std::uint64_t& steps) {
    return at_every_step("stop and arm", steps, [&](std::uint64_t k, std::string& wrong) {
        scene<Mutant> s;
        stop_result result{};
        const auto arm = [&] { s.shard.remote_start(s.timer, 10); };
        const auto stop = [&] {
            result = s.shard.remote_stop(s.timer);
            s.shard.advance(1);
        };
        if (!interleave(k, arm, stop)) return false;
        s.shard.advance(2);
        s.shard.advance(20);
        if ((result == stop_result::cancelled) != (s.fired == 0))
            wrong = fmt::format("the stop said {}, fired {}", int(result), s.fired);
        return true;
    });
}

/// Whoever sees that a timer has fired may start it again at once.
template <int Mutant>
std::string rearm_against_fire(std::uint64_t& steps) {
    return at_every_step("fire and arm again", steps, [&](std::uint64_t k, std::string& wrong) {
        scene<Mutant> s;
        s.shard.remote_start(s.timer, 10);
        bool again = false;
        const auto run = [&] {
            s.shard.advance(1);
            s.shard.advance(10);
        };
        const auto rearm = [&] {
            again = s.timer.state() == shard_state::fired;
            if (again) s.shard.remote_start(s.timer, 30);
        };
        if (!interleave(k, run, rearm)) return false;
        s.shard.advance(29);
        if (s.fired != 1) wrong = fmt::format("fired {} times by 29", s.fired);
        s.shard.advance(30);
        if (s.fired != (again ? 2 : 1)) wrong = fmt::format("fired {} times", s.fired);
        return true;
    });
}

/// All of the above. Empty, or the first fault.
template <int Mutant>
std::string step_by_step(std::uint64_t& steps) {
    std::string wrong;
    const auto look = [&](std::string found) {
        if (wrong.empty()) wrong = std::move(found);
    };
    for (const bool owner : {false, true}) {
        look(arm_against_sleep<Mutant>(steps, owner));
        for (const armed how : {armed::by_owner, armed::taken_in, armed::in_flight}) {
            look(stop_against_fire<Mutant>(steps, how, owner));
            look(stop_against_stop<Mutant>(steps, how, owner));
        }
    }
    look(stop_against_arm<Mutant>(steps));
    look(rearm_against_fire<Mutant>(steps));
    return wrong;
}

}  // namespace

TEST_CASE("whoever is overtaken, wherever: one outcome, no lost wake", "[stress]") {
    SECTION("sharded: step by step") {
        std::uint64_t steps = 0;
        CHECK(step_by_step<0>(steps) == "");
        CHECK(steps > 60);
        cyclone::test::count_cases(steps);
        WARN(steps << " places of overtaking tried");
    }
}

TEST_CASE("seeded bugs are found step by step", "[steps]") {
    std::uint64_t steps = 0;
    CHECK(step_by_step<4>(steps).find("lost wake") != std::string::npos);
    CHECK(step_by_step<5>(steps).find("lost wake") != std::string::npos);
    CHECK(step_by_step<6>(steps) != "");
    CHECK(step_by_step<7>(steps) != "");
    CHECK(step_by_step<8>(steps) != "");
}

}  // namespace cyclone::timer::test
