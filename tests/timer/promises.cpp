// Promises beside the semantics: how much is held and when memory is asked for, how often a timer
// is moved, what a callback may do to whom, and every class of delay.
//
// Which test shows which property of a timer scheme:
//    1 never early          lock step (never_early); S5 at every boundary; delay classes, below
//    2 accuracy, tight      lock step (never_late); "S5 the declared lateness is attained"
//    3 exactly once, cancel lock step (exactly_once, exact_cancel); S3; regressions, batch-mates
//    4 restart              lock step; S4; regressions, "own slot"; re-entrancy, below
//    5 order                lock step (order); S7; "rows of one order fire alike"
//    6 split invariance     "split and time-shift invariance"; "S5 one long step"
//    7 next_deadline        lock step (next_deadline); S8; regressions, "levels hide nothing"
//    8 time shift           "split and time-shift invariance"; "late in time"; "top-level wrap"
//    9 delay classes        delay classes, below; regressions, "multiples of a period"
//   10 structure            check() after every operation of lock step
//   11 complexity           [counted_work], here and in property.cpp and wheels.cpp
//   12 resources            [resources], below
//   13 re-entrancy, end     S6; re-entrancy and destruction, below; wrappers.cpp for budgets
//   14 other threads        sharded_steps.cpp, sharded_stress.cpp
#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <new>
#include <utility>

#include "support.hpp"
#include "support/seed.hpp"

namespace {

/// How often anything in this process asked for memory by `new`.
std::atomic<std::size_t> news{0};

constexpr std::size_t k_plain = alignof(std::max_align_t);

void* or_null(std::size_t bytes, std::size_t alignment) noexcept {
    news.fetch_add(1, std::memory_order_relaxed);
    const std::size_t whole = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment;
    return std::aligned_alloc(alignment, whole * alignment);
}

void* counted(std::size_t bytes, std::size_t alignment) {
    if (void* memory = or_null(bytes, alignment)) return memory;
    throw std::bad_alloc();
}

}  // namespace

// Every form: a sanitizer brings those that are left out itself, and they must not mix.
using std::align_val_t;
using std::nothrow_t;
using std::size_t;
// clang-format off
void* operator new(size_t n) { return counted(n, k_plain); }
void* operator new[](size_t n) { return counted(n, k_plain); }
void* operator new(size_t n, align_val_t a) { return counted(n, size_t(a)); }
void* operator new[](size_t n, align_val_t a) { return counted(n, size_t(a)); }
void* operator new(size_t n, const nothrow_t&) noexcept { return or_null(n, k_plain); }
void* operator new[](size_t n, const nothrow_t&) noexcept { return or_null(n, k_plain); }
void* operator new(size_t n, align_val_t a, const nothrow_t&) noexcept {
    return or_null(n, size_t(a));
}
void* operator new[](size_t n, align_val_t a, const nothrow_t&) noexcept {
    return or_null(n, size_t(a));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t, align_val_t) noexcept { std::free(p); }
void operator delete(void* p, const nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const nothrow_t&) noexcept { std::free(p); }
// clang-format on

namespace cyclone::timer::test {
namespace {

/// Timers whose callbacks do what they are told.
struct stage {
    explicit stage(const registration& row, std::size_t count, tick origin = 0)
        : timers(row.make(origin)), nodes(timers->make_nodes(count)), roles(count) {
        for (std::size_t i = 0; i < count; ++i) {
            roles[i].owner = this;
            (*nodes)[i].bind(&stage::on_fire, &roles[i]);
        }
    }
    ~stage() {
        for (std::size_t i = 0; timers && i < nodes->size(); ++i) timers->stop(node(i));
    }

    entry& node(std::size_t i) { return (*nodes)[i]; }
    [[nodiscard]] tick latest(tick delta) const { return delta + timers->lateness_max(delta); }

    struct role {
        stage* owner = nullptr;
        std::size_t fired = 0;
        std::function<void()> then;
    };
    static void on_fire(void* context, entry&) {
        auto& mine = *static_cast<role*>(context);
        ++mine.fired;
        if (mine.then) mine.then();
    }

    std::unique_ptr<any> timers;
    std::unique_ptr<node_array> nodes;
    std::vector<role> roles;
};

/// Starts, stops and restarts at random, a tick now and then, and lets all that is left fire.
/// Returns how often memory was asked for.
std::size_t allocations_of_load(stage& on, std::size_t operations) {
    rng random(k_mutant_seed);  // the same load each time it is called
    const std::size_t before = news.load();
    for (std::size_t i = 0; i < operations; ++i) {
        entry& node = on.node(random.uniform(on.nodes->size()));
        const tick deadline = on.timers->now() + 1 + random.uniform(20000);
        const std::uint64_t kind = random.uniform(8);
        if (kind == 0) {
            on.timers->advance(on.timers->now() + 1 + random.uniform(3));
        } else if (kind < 3) {
            on.timers->stop(node);
        } else {
            on.timers->restart(node, deadline);
        }
    }
    // To a multiple of what every level of every wheel is made of: the next load meets it alike.
    on.timers->advance((on.timers->now() / (tick{1} << 36) + 1) * (tick{1} << 36));
    return news.load() - before;
}

}  // namespace

TEST_CASE("memory is asked for when reserve() says so, and not again", "[resources]") {
    on_each("allocations", [](const registration& row) {
        constexpr std::size_t k_timers = 500;
        constexpr std::size_t k_operations = 8000;
        if (row.part == role::peer) return;
        stage warm(row, k_timers);
        if (row.name == registry().front().name) {  // a node a timer: what this test would see
            CHECK(allocations_of_load(warm, k_operations) > k_timers);
            return;
        }
        const std::size_t empty = warm.timers->fixed_bytes();
        allocations_of_load(warm, k_operations);
        const bool grows = warm.timers->fixed_bytes() != empty;
        CHECK(allocations_of_load(warm, k_operations) == 0);

        stage roomy(row, k_timers);
        // Its garbage is not bounded by what is pending, and its reserve() counts entries.
        const std::size_t room = row.name == "std_heap_lazy" ? k_operations : k_timers;
        const bool reserved = roomy.timers->reserve(room);
        // A level's table and partly filled blocks are not in line_wheel's promise.
        if (row.name == "line_wheel" || (grows && !reserved)) return;
        CHECK(allocations_of_load(roomy, k_operations) == 0);
    });
}

TEST_CASE("garbage stays in proportion to what is pending", "[resources]") {
    on_each("held", [](const registration& row) {
        constexpr std::size_t k_timers = 4096;
        const bool unbounded = row.name == "std_heap_lazy";  // as its head says
        stage on(row, k_timers);
        rng random(cyclone::test::seed());
        std::size_t most = 0;  // entries above 2 size()
        const auto look = [&] {
            CHECK(on.timers->held() >= on.timers->size());
            most = std::max(most,
                            on.timers->held() - std::min(on.timers->held(), 2 * on.timers->size()));
        };
        for (unsigned storm = 0; storm < 3; ++storm) {
            for (std::size_t i = 0; i < k_timers; ++i)
                on.timers->restart(on.node(i), on.timers->now() + 100000 + i * 16);
            for (std::size_t i = 0; i < 2 * k_timers; ++i) {
                on.timers->stop(on.node(random.uniform(k_timers)));
                if (i % 64 == 0) look();
            }
            on.timers->advance(on.timers->now() + 5);
            look();
            for (std::size_t i = 0; i + 8 < k_timers; ++i) on.timers->stop(on.node(i));
            look();
        }
        if (unbounded) CHECK(most > 64);  // what this test would see of an unbounded scheme
        if (!unbounded) CHECK(most <= 64);
        for (std::size_t i = 0; i < k_timers; ++i) on.timers->stop(on.node(i));
        if (!unbounded) CHECK(on.timers->held() <= 64);
        CHECK(on.timers->size() == 0);
        CHECK(on.timers->advance(on.timers->now() + 1000000) == 0);
    });
}

TEST_CASE("S5 delay classes: about multiples of a wheel, nothing at all, the horizon",
          "[conformance]") {
    on_each("delay classes", [](const registration& row) {
        const tick horizon = row.make(0)->declared().horizon;
        std::vector<tick> delays{0, 1, 2, horizon / 2, horizon - 1, horizon};
        for (const tick wheel :
             {tick{60}, tick{64}, tick{256}, tick{4096}, tick{1} << 18, tick{1} << 32}) {
            for (const tick times : {1, 2, 3, 63, 64, 65}) {
                for (const tick off : {-1, 0, 1}) delays.push_back(wheel * times + off);
            }
        }
        for (const tick origin : {tick{0}, tick{1}, tick{255}, tick{4096}, (tick{1} << 32) - 1}) {
            for (const tick delay : delays) {
                if (delay > horizon - origin) continue;
                stage on(row, 1, origin);
                on.timers->start(on.node(0), origin + delay);
                const tick delta = std::max(delay, tick{1});
                INFO(row.name << ": at " << origin << ", " << delay << " ticks ahead");
                CHECK(on.node(0).deadline() == origin + delta);
                CHECK(on.timers->advance(origin + delta - 1) == 0);
                CHECK(on.timers->advance(std::min(origin + on.latest(delta), k_tick_max)) == 1);
                count_cases(1);
            }
        }
    });
}

TEST_CASE("S6 every change that a callback may make", "[conformance]") {
    on_each("callback", [](const registration& row) {
        for (const tick due : {tick{5}, tick{64}, tick{4096}, tick{1} << 32}) {
            stage on(row, 6);
            const tick at = on.latest(due);
            any& timers = *on.timers;
            bool done = false;
            // Each of three puts the other two off by a tick: one fires now. What is stopped and
            // started again in one breath, or told five times, is pending once.
            for (std::size_t i = 0; i < 3; ++i) {
                timers.start(on.node(i), due);
                on.roles[i].then = [&, i] {
                    if (std::exchange(done, true)) return;
                    for (std::size_t mate = 0; mate < 3; ++mate) {
                        if (mate == i) continue;
                        CHECK(timers.stop(on.node(mate)));
                        timers.start(on.node(mate), timers.now() + 1);
                    }
                    for (tick again = 5; again >= 1; --again)
                        timers.restart(on.node(i), timers.now() + again);
                    timers.start(on.node(3), timers.now());  // passed: the very next tick
                    CHECK(timers.stop(on.node(3)));
                    CHECK_FALSE(timers.stop(on.node(3)));
                    timers.start(on.node(4), timers.now() + 1);
                };
            }
            CHECK(timers.advance(at) == 1);
            CHECK(timers.size() == 4);
            CHECK(timers.check().empty());
            CHECK(timers.advance(at + 1 + timers.lateness_max(1)) == 4);
            CHECK(on.roles[0].fired + on.roles[1].fired + on.roles[2].fired == 4);
            CHECK(on.roles[3].fired == 0);
            CHECK(on.roles[4].fired == 1);
            CHECK(timers.size() == 0);
        }
    });
}

TEST_CASE("S9 the end comes between two portions of what is due", "[conformance]") {
    on_each("end", [](const registration& row) {
        constexpr std::size_t k_timers = 64;
        stage on(row, k_timers);
        const tick far = on.timers->declared().horizon / 4;
        for (std::size_t i = 0; i < k_timers; ++i) {
            // Half of them start themselves anew as they fire, near and far.
            if (i % 2 == 0) {
                on.roles[i].then = [&on, i, far] {
                    on.timers->start(on.node(i), on.timers->now() + (i % 4 == 0 ? 1 : far));
                };
            }
            on.timers->start(on.node(i), 1 + (i < 32 ? i : far + i));
        }
        on.timers->stop(on.node(5));
        on.timers->advance(100);
        CHECK(on.timers->check().empty());
        std::size_t fired = 0;
        for (const stage::role& r : on.roles) fired += r.fired;
        CHECK(on.timers->size() == k_timers - 16);
        on.timers.reset();
        for (std::size_t i = 0; i < k_timers; ++i) CHECK_FALSE(on.node(i).pending());
        for (const stage::role& r : on.roles) fired -= r.fired;
        CHECK(fired == 0);
    });
}

namespace {

/// What a wheel says of itself: how often a timer is moved in its life at most, and how much one
/// START may touch.
struct wheel_bounds {
    std::string_view name;
    std::uint64_t moves;
    std::uint64_t start;
    unsigned bits = 62;  ///< distances below 2^bits
};

constexpr std::array<wheel_bounds, 9> k_wheels{{
    {"hashed_wheel", 0, 1},
    {"hierarchical_wheel", 10, 1},
    {"tickless_wheel", 10, 1},
    {"cascading_wheel", 4, 1, 31},  // beyond its last wheel once more at the end of each lap
    {"noncascading_wheel", 0, 1},
    {"noncascading_exact", 0, 1},
    {"nichols_wheel", 0, 1},
    {"line_wheel", 8, 1},  // one a factor of 256
    {"unsorted_list", 0, 0},
}};

}  // namespace

TEST_CASE("a wheel moves a timer as often as it has levels below, and no more", "[counted_work]") {
    on_each("moves", [](const registration& row) {
        const auto bounds = std::find_if(k_wheels.begin(), k_wheels.end(),
                                         [&](const auto& b) { return b.name == row.name; });
        if (bounds == k_wheels.end()) return;
        rng random(cyclone::test::seed());
        std::uint64_t most = 0;
        for (unsigned power = 0; power < bounds->bits; ++power) {
            for (unsigned i = 0; i < 16; ++i) {
                const tick delta = (tick{1} << power) + random.uniform(tick{1} << power);
                stage on(row, 1, random.uniform(1U << 20));
                if (delta > on.timers->declared().horizon / 2) continue;
                const work_totals before = on.timers->work();
                on.timers->start(on.node(0), on.timers->now() + delta);
                const std::uint64_t started = (on.timers->work() - before).sum();
                CHECK(started <= bounds->start);
                for (unsigned wakes = 0; on.timers->size() > 0 && wakes < 64; ++wakes)
                    on.timers->advance(on.timers->next_deadline());
                CHECK(on.timers->size() == 0);
                most = std::max(most, (on.timers->work() - before).relinks);
                count_cases(1);
            }
        }
        CHECK(most <= bounds->moves);
    });
}

}  // namespace cyclone::timer::test
