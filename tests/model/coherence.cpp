// The coherence counter: the protocol against counts made by hand, which its seeded bugs must fail;
// then what layouts and algorithms cost, where that is known.
#include "model/coherence.hpp"

#include <catch2/catch.hpp>
#include <utility>

#include "stepped_subjects.hpp"

namespace cyclone::model::steps::test {
namespace {

using state = mesi::state;

struct access_by_hand {
    std::uint32_t core;
    char what;  // r, w
    line_counts counts;
    state after[3];
};

/// Three cores and one line, and what the protocol says of each access.
std::vector<access_by_hand> by_hand() {
    constexpr state k_i = state::invalid;
    constexpr state k_s = state::shared;
    constexpr state k_e = state::exclusive;
    constexpr state k_m = state::modified;
    return {
        {0, 'r', {.reads = 1, .gets = 1, .cold = 1}, {k_e, k_i, k_i}},
        {0, 'w', {.writes = 1}, {k_m, k_i, k_i}},
        {0, 'r', {.reads = 1}, {k_m, k_i, k_i}},
        {1, 'r', {.reads = 1, .gets = 1, .transfers = 1, .dirty = 1}, {k_s, k_s, k_i}},
        {2, 'r', {.reads = 1, .gets = 1, .transfers = 1}, {k_s, k_s, k_s}},
        {1, 'w', {.writes = 1, .getm = 1, .upgrades = 1, .invalidations = 2}, {k_i, k_m, k_i}},
        {1, 'w', {.writes = 1}, {k_i, k_m, k_i}},
        {2,
         'w',
         {.writes = 1, .getm = 1, .transfers = 1, .dirty = 1, .invalidations = 1},
         {k_i, k_i, k_m}},
        {0, 'r', {.reads = 1, .gets = 1, .transfers = 1, .dirty = 1}, {k_s, k_i, k_s}},
        {0, 'w', {.writes = 1, .getm = 1, .upgrades = 1, .invalidations = 1}, {k_m, k_i, k_i}},
    };
}

/// The first access at which the simulator differs from the hand counts, or -1.
int first_difference(int mutant) {
    mesi caches(3, mutant);
    int number = 0;
    for (const access_by_hand& a : by_hand()) {
        bool same = caches.access(a.core, 7, a.what == 'w') == a.counts;
        for (std::uint32_t core = 0; core < 3; ++core)
            same = same && caches.state_of(core, 7) == a.after[core];
        if (!same) return number;
        ++number;
    }
    return -1;
}

/// Two threads, each raising a number of its own.
template <bool Padded>
subject_maker two_counters() {
    struct numbers {
        alignas(k_no_false_sharing) stepped::atomic<std::uint64_t> first;
        alignas(Padded ? k_no_false_sharing : 8) stepped::atomic<std::uint64_t> second;
    };
    return [] {
        auto n = placed<numbers>();
        return subject{.object = n,
                       .operate =
                           [n](std::uint32_t thread, std::uint64_t) {
                               (thread == 0 ? n->first : n->second).fetch_add(1, k_rlx);
                               return outcome::done;
                           },
                       .name = [](std::uint32_t, std::uint64_t) { return "raise"; },
                       .ranges = {{"first", &n->first, sizeof n->first},
                                  {"second", &n->second, sizeof n->second}}};
    };
}

/// Thread 0 writes every eighth time, all others only read.
subject_maker read_mostly() {
    return [] {
        auto word = placed<stepped::atomic<std::uint64_t>>(0U);
        return subject{.object = word,
                       .operate =
                           [word](std::uint32_t thread, std::uint64_t number) {
                               if (thread == 0 && number % 8 == 7) {
                                   word->store(number, k_rel);
                               } else {
                                   (void)word->load(k_acq);
                               }
                               return outcome::done;
                           },
                       .name =
                           [](std::uint32_t thread, std::uint64_t number) {
                               return thread == 0 && number % 8 == 7 ? "write" : "read";
                           },
                       .ranges = {{"word", word.get(), sizeof *word}}};
    };
}

template <class Ring>
subject_maker ring_subject() {
    return [] {
        auto ring = placed<Ring>();
        return subject{.object = ring,
                       .operate =
                           [ring](std::uint32_t thread, std::uint64_t number) {
                               std::uint64_t item = 0;
                               return thread == 0 ? ring->push(number) : ring->pop(item);
                           },
                       .name = [](std::uint32_t thread,
                                  std::uint64_t) { return thread == 0 ? "push" : "pop"; },
                       .ranges = {{"head", &ring->head_, sizeof ring->head_},
                                  {"tail", &ring->tail_, sizeof ring->tail_},
                                  {"cells", &ring->cells_, sizeof ring->cells_}}};
    };
}

/// Transfers an item that went through.
double transfers_an_item(const coherence_result& r) {
    const operation_cost* const push = r.operation("push");
    const operation_cost* const pop = r.operation("pop");
    REQUIRE(push != nullptr);
    REQUIRE(pop != nullptr);
    REQUIRE(pop->done > 0);
    return static_cast<double>(push->all.transfers + pop->all.transfers) /
           static_cast<double>(pop->done);
}

}  // namespace

TEST_CASE("ten accesses of three cores, counted by hand", "[coherence]") {
    CHECK(first_difference(0) == -1);
}

TEST_CASE("every seeded bug of the protocol fails the hand counts", "[coherence]") {
    CHECK(first_difference(mesi::k_no_invalidation) == 5);
    CHECK(first_difference(mesi::k_no_exclusive) == 0);
    CHECK(first_difference(mesi::k_free_upgrade) == 5);
    CHECK(first_difference(mesi::k_no_downgrade) == 3);
}

TEST_CASE("two numbers on one line travel at every step; padded, never", "[coherence]") {
    const coherence_options how{.threads = 2, .operations = 100, .warmup = 0};
    const auto shared = count_coherence(two_counters<false>(), how);
    INFO(to_json(shared));
    REQUIRE(shared.operation("raise") != nullptr);
    const operation_cost& s = *shared.operation("raise");
    CHECK(s.calls == 200);
    CHECK(s.done == 200);
    CHECK(s.steps == 200);
    CHECK(s.rmws == 200);
    CHECK(s.rmws_in_vain == 0);
    CHECK(s.all == line_counts{.writes = 200,
                               .getm = 200,
                               .cold = 1,
                               .transfers = 199,
                               .dirty = 199,
                               .invalidations = 199});
    REQUIRE(s.lines.size() == 1);
    CHECK(s.lines[0].line == "first,second");
    const auto padded = count_coherence(two_counters<true>(), how);
    INFO(to_json(padded));
    const operation_cost& p = *padded.operation("raise");
    CHECK(p.all == line_counts{.writes = 200, .getm = 2, .cold = 2});
    REQUIRE(p.lines.size() == 2);
    CHECK(p.line("first")->counts == line_counts{.writes = 100, .getm = 1, .cold = 1});
    CHECK(p.line("second")->counts == line_counts{.writes = 100, .getm = 1, .cold = 1});
}

TEST_CASE("a mutant of the protocol is seen through the counter as well", "[coherence]") {
    coherence_options how{.threads = 2, .operations = 100, .warmup = 0};
    how.mutant = mesi::k_no_invalidation;
    const auto r = count_coherence(two_counters<false>(), how);
    CHECK(r.operation("raise")->all.transfers < 199);
}

TEST_CASE("one thread after the other: a line moves once", "[coherence]") {
    const auto r =
        count_coherence(two_counters<false>(),
                        {.how = traffic::alone, .threads = 2, .operations = 50, .warmup = 0});
    CHECK(r.operation("raise")->all.transfers == 1);
    CHECK(r.operation("raise")->all.cold == 1);
}

TEST_CASE("a written word costs each reader one transfer a write", "[coherence]") {
    // Round robin, three threads in step: seven reads each, then a write and two reads that miss.
    const auto r = count_coherence(read_mostly(), {.threads = 3, .operations = 80, .warmup = 8});
    INFO(to_json(r));
    const operation_cost& write = *r.operation("write");
    const operation_cost& read = *r.operation("read");
    CHECK(write.calls == 10);
    CHECK(write.stores == 10);
    CHECK(read.calls == 230);
    CHECK(read.loads == 230);
    // After a write its own core has the line; the two others fetch it, and are told to let go.
    CHECK(write.all == line_counts{.writes = 10, .getm = 10, .upgrades = 10, .invalidations = 20});
    CHECK(read.all == line_counts{.reads = 230, .gets = 20, .transfers = 20, .dirty = 10});
}

TEST_CASE("a ring that keeps the other's index fetches fewer lines an item", "[coherence]") {
    for (const traffic t : {traffic::bursts, traffic::random, traffic::round_robin}) {
        const coherence_options how{
            .how = t, .threads = 2, .operations = 2000, .warmup = 100, .seed = 5, .mean_burst = 64};
        const auto plain = count_coherence(ring_subject<lamport_ring<stepped, 32>>(), how);
        const auto cached = count_coherence(ring_subject<cached_ring<stepped, 32>>(), how);
        INFO(name_of(t) << ": " << transfers_an_item(plain) << " and "
                        << transfers_an_item(cached));
        CHECK(plain.broken.empty());
        CHECK(cached.broken.empty());
        // In step every push fetches the other's index, every pop that and the cell.
        if (t == traffic::round_robin) CHECK(transfers_an_item(plain) == Approx(3).margin(0.01));
        // In long bursts the plain one as well looks at the other's line once a burst.
        const double least_gain = t == traffic::bursts ? 1.0 : 0.5;
        CHECK(transfers_an_item(cached) < least_gain * transfers_an_item(plain));
    }
}

TEST_CASE("a lock costs more lines than no lock", "[coherence]") {
    const coherence_options how{
        .how = traffic::random, .threads = 2, .operations = 1000, .warmup = 50};
    const auto locked = count_coherence(queue_subject<mutex_ring<stepped, 32>>(1), how);
    const auto free = count_coherence(ring_subject<lamport_ring<stepped, 32>>(), how);
    CHECK(locked.operation("push")->locks >= 2000);
    CHECK(free.operation("push")->rmws == 0);
    CHECK(free.operation("push")->locks == 0);
    CHECK(transfers_an_item(locked) > transfers_an_item(free));
}

TEST_CASE("nodes come from an allocator, which is part of the layout", "[coherence]") {
    const auto r = count_coherence(queue_subject<vyukov_mpsc<stepped>>(1),
                                   {.how = traffic::bursts, .threads = 2, .operations = 500});
    INFO(to_json(r));
    CHECK(r.broken.empty());
    const operation_cost& push = *r.operation("push");
    CHECK(push.rmws == push.calls);
    CHECK(push.stores == push.calls);
    CHECK(push.plain == push.calls);
    CHECK(push.lines.size() > 1);
}

TEST_CASE("fences and stores are told by what they cost on x86", "[coherence]") {
    const subject_maker make = [] {
        auto word = placed<stepped::atomic<int>>(0);
        return subject{.object = word,
                       .operate =
                           [word](std::uint32_t, std::uint64_t number) {
                               int seen = -1;
                               word->store(static_cast<int>(number), k_sc);
                               word->store(static_cast<int>(number), k_rel);
                               stepped::fence(k_sc);
                               stepped::fence(k_acq);
                               word->compare_exchange_strong(seen, 1, k_sc, k_rlx);
                               return outcome::done;
                           },
                       .name = [](std::uint32_t, std::uint64_t) { return "all"; },
                       .ranges = {}};
    };
    const auto r = count_coherence(make, {.threads = 1, .operations = 10, .warmup = 0});
    const operation_cost& c = *r.operation("all");
    CHECK(c.steps == 50);
    CHECK(c.stores == 20);
    CHECK(c.seq_cst_stores == 10);
    CHECK(c.fences == 20);
    CHECK(c.full_fences == 10);
    CHECK(c.rmws == 10);
    CHECK(c.rmws_in_vain == 10);
    CHECK(c.all == line_counts{.writes = 30, .getm = 1, .cold = 1});
    CHECK(c.lines.at(0).line == "L0");
}

TEST_CASE("counts follow from the seed", "[coherence]") {
    const auto count = [](std::uint64_t seed) {
        return count_coherence(queue_subject<vyukov_mpmc<stepped>>(1),
                               {.how = traffic::random, .threads = 2, .seed = seed});
    };
    CHECK(to_json(count(1)) == to_json(count(1)));
    CHECK(count(1).hash == count(1).hash);
    CHECK(count(1).hash != count(2).hash);
}

TEST_CASE("an object that deadlocks is said to be broken", "[coherence]") {
    const subject_maker make = [] {
        auto lock = placed<stepped::mutex>();
        return subject{.object = lock,
                       .operate =
                           [lock](std::uint32_t thread, std::uint64_t) {
                               lock->lock();  // and never unlocks
                               return thread == 0 ? outcome::done : outcome::refused;
                           },
                       .name = [](std::uint32_t, std::uint64_t) { return "lock"; },
                       .ranges = {}};
    };
    const auto r = count_coherence(make, {.threads = 2, .operations = 1, .warmup = 0});
    CHECK(r.broken.find("deadlock: ") == 0);
}

}  // namespace cyclone::model::steps::test
