// What the wrappers promise beyond the contract: that stabbing wakes as seldom as can be, how late
// a soft timer is, that a budget loses, doubles and reorders nothing. All in virtual time.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <fmt/format.h>
#include <set>

#include "base/rng.hpp"
#include "support/seed.hpp"
#include "support/suite.hpp"
#include "variants/timer/budgeted.hpp"
#include "variants/timer/coalescing.hpp"
#include "variants/timer/hierarchical_wheel.hpp"
#include "variants/timer/quad_heap.hpp"
#include "variants/timer/soft_timers.hpp"
#include "variants/timer/stabbing.hpp"

namespace cyclone::test {

suite_identity identity() { return {"timer", {"stabbing", "soft_timers", "budgeted"}}; }

}  // namespace cyclone::test

namespace cyclone::timer::test {
namespace {

using cyclone::test::effort;

// ---------------------------------------------------------------------------------------------
// stabbing: the fewest wake-ups

/// A timer: when it is started, and for when. Nothing is due before the last start.
struct appointment {
    tick start;
    tick deadline;
};
using appointments = std::vector<appointment>;  // by start

constexpr std::size_t k_most = 12;

/// The fewest points that meet all of `intervals`, by trying every tick in them: for the first
/// interval not met, each tick of it in turn. No use is made of what is known about such points.
class fewest_points {
 public:
    explicit fewest_points(const std::vector<std::pair<tick, tick>>& intervals) {
        std::set<unsigned> masks;
        for (const auto& [from, to] : intervals) {
            for (tick t = from; t <= to; ++t) masks.insert(met_by(intervals, t));
        }
        masks_.assign(masks.begin(), masks.end());
        known_.assign(std::size_t{1} << intervals.size(), -1);
        known_.back() = 0;
    }
    int from(unsigned met = 0) {
        int& best = known_[met];
        if (best >= 0) return best;
        const unsigned first = ~met & (met + 1);
        int fewest = static_cast<int>(k_most);
        for (const unsigned mask : masks_) {
            if ((mask & first) != 0) fewest = std::min(fewest, 1 + from(met | mask));
        }
        return known_[met] = fewest;
    }

 private:
    static unsigned met_by(const std::vector<std::pair<tick, tick>>& intervals, tick t) {
        unsigned mask = 0;
        for (std::size_t i = 0; i < intervals.size(); ++i) {
            if (intervals[i].first <= t && t <= intervals[i].second) mask |= 1U << i;
        }
        return mask;
    }
    std::vector<unsigned> masks_;
    std::vector<int> known_;  ///< by the set of intervals met already
};

/// How often a loop wakes that sleeps until next_deadline(), and the first timer fired outside its
/// interval. A wake-up at which nothing fires counts where next_deadline() is declared exact.
struct night {
    int wakes = 0;
    std::string wrong;
};

template <class V>
night sleep_through(const appointments& wanted) {
    struct one {
        V* timers;
        tick latest;
        night* out;
    };
    V timers(0);
    night out;
    std::deque<typename V::node> nodes;
    std::deque<one> contexts;
    const auto on_fire = [](void* context, entry&) {
        const one& self = *static_cast<one*>(context);
        if (self.timers->now() > self.latest) self.out->wrong = "later than its slack";
    };
    for (const appointment& a : wanted) {
        if (timers.advance(a.start) != 0) out.wrong = "fired before the last start";
        const tick latest = a.deadline + V::slack(a.deadline - a.start);
        nodes.emplace_back(on_fire, &contexts.emplace_back(one{&timers, latest, &out}));
        timers.start(nodes.back(), a.deadline);
    }
    std::size_t fired = 0;
    for (std::size_t i = 0; timers.size() > 0 && i < 64 + 16 * wanted.size(); ++i) {
        const std::size_t now = timers.advance(timers.next_deadline());
        fired += now;
        if (V::k_traits.next == next_kind::exact || now > 0) ++out.wakes;
    }
    if (fired != wanted.size()) out.wrong = "not all fired";
    return out;
}

template <unsigned PerMille, class Inner>
using stabber = stabbing<Inner, no_work, 0, PerMille>;

template <unsigned PerMille>
std::vector<std::pair<tick, tick>> intervals_of(const appointments& wanted) {
    std::vector<std::pair<tick, tick>> all;
    for (const auto& [start, deadline] : wanted)
        all.emplace_back(deadline, deadline + (deadline - start) * PerMille / 1000);
    return all;
}

/// Empty, or what is wrong with the wake-ups of stabbing for these timers.
template <unsigned PerMille>
std::string compare_with_fewest(const appointments& wanted) {
    const int fewest = fewest_points(intervals_of<PerMille>(wanted)).from();
    const night heap = sleep_through<stabber<PerMille, quad_heap<>>>(wanted);
    const night wheel = sleep_through<stabber<PerMille, hierarchical_wheel<>>>(wanted);
    if (!heap.wrong.empty() || !wheel.wrong.empty()) return heap.wrong + wheel.wrong;
    if (heap.wakes != fewest || wheel.wakes != fewest)
        return fmt::format("{} wake-ups on a heap, {} on a wheel, {} would do", heap.wakes,
                           wheel.wakes, fewest);
    if constexpr (PerMille == 125) {
        const night rounded = sleep_through<coalescing<quad_heap<>>>(wanted);
        if (!rounded.wrong.empty()) return "coalescing: " + rounded.wrong;
        if (rounded.wakes < fewest) return "coalescing beats the fewest";
    }
    return {};
}

std::string to_text(const appointments& wanted) {
    std::string text;
    for (const auto& [start, deadline] : wanted) text += fmt::format(" {}->{}", start, deadline);
    return text;
}

template <unsigned PerMille>
void check_random_appointments(rng& random, std::size_t cases) {
    for (std::size_t i = 0; i < cases; ++i) {
        constexpr tick k_last_start = 64;
        const tick spread = 1 + random.uniform(400);
        appointments wanted(1 + random.uniform(k_most));
        for (appointment& a : wanted)
            a = {random.uniform(k_last_start), k_last_start + random.uniform(spread)};
        std::ranges::sort(wanted, {}, &appointment::start);
        const std::string wrong = compare_with_fewest<PerMille>(wanted);
        if (wrong.empty()) continue;
        INFO(PerMille << " per mille, start->deadline:" << to_text(wanted));
        FAIL(wrong);
    }
}

/// Wake-ups of `n` periodic timers over some time. Each keeps to its own beat: being late once
/// moves no later deadline.
template <unsigned PerMille>
std::size_t periodic_wakes(std::uint64_t seed, std::size_t n) {
    using V = stabber<PerMille, quad_heap<>>;
    struct beat {
        V* timers;
        tick period;
        tick next;
    };
    constexpr tick k_end = 100'000;
    V timers(0);
    rng random(seed);
    std::deque<beat> beats;
    std::deque<typename V::node> nodes;
    const auto on_fire = [](void* context, entry& self) {
        beat& b = *static_cast<beat*>(context);
        b.next += b.period;
        b.timers->start(static_cast<typename V::node&>(self), b.next);
    };
    for (std::size_t i = 0; i < n; ++i) {
        const tick period = 100 + random.uniform(901);
        beats.push_back({&timers, period, 1 + random.uniform(period)});
        nodes.emplace_back(on_fire, &beats.back());
        timers.start(nodes.back(), beats.back().next);
    }
    std::size_t wakes = 0;
    for (; timers.next_deadline() <= k_end; ++wakes) timers.advance(timers.next_deadline());
    for (auto& timer : nodes) timers.stop(timer);
    return wakes;
}

}  // namespace

TEST_CASE("stabbing wakes as seldom as possible: random timers", "[wrappers]") {
    rng random(cyclone::test::seed());
    const std::size_t cases = effort(4000, 100000);  // times six
    check_random_appointments<0>(random, cases);
    check_random_appointments<50>(random, cases);
    check_random_appointments<125>(random, cases);
    check_random_appointments<250>(random, cases);
    check_random_appointments<500>(random, cases);
    check_random_appointments<1000>(random, cases);
}

TEST_CASE("stabbing wakes as seldom as possible: every small set", "[wrappers]") {
    // Three timers, each started at 0, 3 or 6 for one of 7 ... 14: nested intervals are among them.
    constexpr std::size_t k_each = 24;
    for (std::size_t code = 0; code < k_each * k_each * k_each; ++code) {
        appointments wanted;
        for (std::size_t rest = code, i = 0; i < 3; ++i, rest /= k_each)
            wanted.push_back({rest % k_each / 8 * 3, 7 + rest % 8});
        std::ranges::sort(wanted, {}, &appointment::start);
        const std::string wrong = compare_with_fewest<500>(wanted);
        if (wrong.empty()) continue;
        INFO("500 per mille, start->deadline:" << to_text(wanted));
        FAIL(wrong);
    }
}

TEST_CASE("more slack, fewer wake-ups: periodic timers", "[wrappers]") {
    std::string table = "n     slack:     0      1      5     10     25 %\n";
    for (const std::size_t n : {1U, 10U, 100U}) {
        std::array<std::size_t, 5> wakes{};
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {  // fixed: a table is to be repeated
            wakes[0] += periodic_wakes<0>(seed, n);
            wakes[1] += periodic_wakes<10>(seed, n);
            wakes[2] += periodic_wakes<50>(seed, n);
            wakes[3] += periodic_wakes<100>(seed, n);
            wakes[4] += periodic_wakes<250>(seed, n);
        }
        table += fmt::format("{:<5}        {:>6} {:>6} {:>6} {:>6} {:>6}\n", n, wakes[0], wakes[1],
                             wakes[2], wakes[3], wakes[4]);
        CHECK(std::ranges::is_sorted(wakes, std::greater<>{}));
        // One timer has nobody to share with; a hundred, at a quarter, nearly always.
        if (n == 100) CHECK(wakes[4] * 4 < wakes[0]);
    }
    WARN("wake-ups in a million ticks of n timers with periods of 100 to 1000\n" << table);
}

// ---------------------------------------------------------------------------------------------
// soft_timers: lateness and cost of a trigger

TEST_CASE("a soft timer is late by less than an iteration or a backup tick", "[wrappers]") {
    using V = soft_timers<hierarchical_wheel<>>;
    struct event {
        V* timers;
        rng* random;
        tick due;
        tick worst;
        bool early;
        static void on_fire(void* context, entry& self) {
            event& e = *static_cast<event*>(context);
            e.early |= e.timers->now() < e.due;
            e.worst = std::max(e.worst, e.timers->now() - e.due);
            e.due = e.timers->now() + 1 + e.random->uniform(3000);
            e.timers->start(static_cast<V::node&>(self), e.due);
        }
    };
    constexpr tick k_backup = 1000;
    rng random(cyclone::test::seed());
    for (const tick mean : {1, 20, 200, 2000}) {
        V timers(0);
        event state{&timers, &random, 1, 0, false};
        V::node timer(&event::on_fire, &state);
        timers.start(timer, 1);
        tick now = 0;
        tick longest = 1;
        bool idled = false;
        for (std::size_t i = 0; i < effort(250'000, 5'000'000); ++i) {
            if (random.uniform(64) == 0) {  // nothing to do until the backup tick
                now += k_backup - now % k_backup;
                idled = true;
            } else {
                const auto length = 1 + static_cast<tick>(random.exponential(double(mean)));
                longest = std::max(longest, length);
                now += length;
            }
            timers.advance(now);
        }
        timers.stop(timer);
        INFO("mean iteration " << mean << ", longest " << longest << ", worst " << state.worst);
        const tick bound = std::max(longest, idled ? k_backup : 0);
        CHECK_FALSE(state.early);
        CHECK(state.worst < bound);
        CHECK(state.worst * 4 >= bound);  // a bound that nothing comes near would say little
    }
}

TEST_CASE("a trigger with nothing due does no work", "[wrappers]") {
    soft_timers<hierarchical_wheel<counted_work>, counted_work> timers(0);
    using node = decltype(timers)::node;
    const auto nothing = [](void*, entry&) {};
    node first(nothing, nullptr);
    node second(nothing, nullptr);
    timers.start(first, 1000);
    timers.start(second, 2000);
    const auto spent = [&](tick to) {
        const work_totals before = timers.work().totals();
        while (timers.now() < to) timers.advance(timers.now() + 1);
        return (timers.work().totals() - before).sum();
    };
    CHECK(spent(999) == 0);
    // A stop leaves the cached deadline too low: one call in vain, and then none again.
    CHECK(timers.stop(first));
    CHECK(spent(1000) > 0);
    CHECK(timers.next_deadline() > 1000);
    CHECK(timers.next_deadline() <= 2000);
    timers.restart(second, 1500);
    CHECK(timers.next_deadline() == 1500);
    CHECK(timers.stop(second));
    CHECK(timers.next_deadline() == k_never);
    CHECK(spent(3000) == 0);
}

// ---------------------------------------------------------------------------------------------
// budgeted: portions

namespace {

/// Random starts, stops and restarts, from outside and from callbacks, between the portions of an
/// advance that never takes more than a few callbacks; beside it a sorted set that says what must
/// fire next.
template <int Mutant>
class portions {
    using V = budgeted<hierarchical_wheel<>, no_work, Mutant>;

 public:
    explicit portions(std::uint64_t seed) : random_(seed), timers_(0) {
        for (std::size_t i = 0; i < 48; ++i)
            nodes_.emplace_back(&portions::on_fire, &contexts_.emplace_back(context{this, i}));
        places_.resize(nodes_.size());
    }
    ~portions() {
        quiet_ = true;
        for (auto& timer : nodes_) timers_.stop(timer);
    }

    /// Empty, or what was broken first.
    std::string run(std::size_t rounds) {
        for (std::size_t i = 0; i < rounds && broken_.empty(); ++i) {
            for (std::uint64_t n = random_.uniform(40); n > 0; --n) meddle();
            const tick step = random_.uniform(4) == 0 ? random_.uniform(5000) : random_.uniform(9);
            advance_in_portions(timers_.now() + step);
        }
        return broken_;
    }

 private:
    using place = std::tuple<tick, std::uint64_t, std::size_t>;
    struct context {
        portions* owner;
        std::size_t id;
    };

    void fail(std::string what) {
        if (broken_.empty()) broken_ = std::move(what);
    }

    void advance_in_portions(tick to) {
        for (int portion = 0; broken_.empty() && portion < 1000; ++portion) {
            const std::size_t budget = random_.uniform(6);
            fired_ = 0;
            const auto did = timers_.advance_some(to, budget);
            if (did.fired != fired_) fail("says that others fired");
            if (fired_ > budget) fail("more callbacks than the budget");
            const bool due = !model_.empty() && std::get<0>(*model_.begin()) <= to;
            if (did.more != due) fail(due ? "says that nothing is left" : "says that more is left");
            if (timers_.size() != model_.size()) fail("size()");
            if (const std::string wrong = timers_.check(); !wrong.empty()) fail(wrong);
            if (timers_.now() != to) fail("now()");
            if (!did.more) return;
            if (timers_.next_deadline() > to) fail("next_deadline() sleeps over what is due");
            if (random_.uniform(2) == 0) meddle();
            if (random_.uniform(4) == 0) to += random_.uniform(3);  // time goes on meanwhile
        }
        if (broken_.empty()) fail("no end to the portions");
    }

    void meddle() {
        const std::size_t id = random_.uniform(nodes_.size());
        if (random_.uniform(4) == 0) {
            if (timers_.stop(nodes_[id]) != forget(id)) fail("stop() is wrong about what it did");
            return;
        }
        const tick ahead = random_.uniform(3) == 0 ? random_.uniform(3000) : random_.uniform(12);
        const tick deadline = timers_.now() + ahead;
        timers_.restart(nodes_[id], deadline);
        forget(id);
        places_[id] = {std::max(deadline, timers_.now() + 1), ++sequence_, id};
        model_.insert(places_[id]);
    }

    bool forget(std::size_t id) { return model_.erase(places_[id]) > 0; }

    static void on_fire(void* where, entry&) {
        const context& c = *static_cast<context*>(where);
        c.owner->fired(c.id);
    }
    void fired(std::size_t id) {
        if (!broken_.empty() || quiet_) return;
        ++fired_;
        if (model_.empty() || std::get<2>(*model_.begin()) != id) return fail("another was first");
        if (std::get<0>(*model_.begin()) > timers_.now()) return fail("too early");
        forget(id);
        for (std::uint64_t n = random_.uniform(3); n > 0; --n) meddle();
    }

    rng random_;
    V timers_;
    std::deque<context> contexts_;
    std::deque<typename V::node> nodes_;
    std::vector<place> places_;
    std::set<place> model_;
    std::uint64_t sequence_ = 0;
    std::size_t fired_ = 0;
    bool quiet_ = false;
    std::string broken_;
};

template <int Mutant>
std::string first_broken(std::uint64_t seed, std::size_t programs) {
    for (std::size_t i = 0; i < programs; ++i) {
        const std::string broken = portions<Mutant>(seed + i).run(30);
        if (!broken.empty()) return broken;
    }
    return {};
}

}  // namespace

TEST_CASE("portions fire what a whole advance fires, in its order", "[wrappers]") {
    CHECK(first_broken<0>(cyclone::test::seed(), effort(1000, 50000)) == "");
    // Bugs that only show where a budget ends; the others are in the registry.
    CHECK(first_broken<4>(1, 100) != "");
    CHECK(first_broken<5>(1, 100) == "more callbacks than the budget");
}

TEST_CASE("a storm at one tick is spread over calls", "[wrappers]") {
    budgeted<hierarchical_wheel<>> timers(0);
    std::size_t fired = 0;
    const auto on_fire = [](void* count, entry&) { ++*static_cast<std::size_t*>(count); };
    std::deque<decltype(timers)::node> nodes;
    for (std::size_t i = 0; i < 1000; ++i) {
        nodes.emplace_back(on_fire, &fired);
        timers.start(nodes.back(), 500);
    }
    std::size_t calls = 0;
    for (bool more = true; more; ++calls) {
        const std::size_t before = fired;
        more = timers.advance_some(500, 64).more;
        REQUIRE(fired - before <= 64);
        REQUIRE(calls < 100);
    }
    CHECK(fired == 1000);
    CHECK(calls == 16);
}

}  // namespace cyclone::timer::test
