// The progress classifier: what it says of structures whose progress is known, where it says that
// they block, and that it is not taken in by a lock that calls itself lock-free.
#include "model/progress.hpp"

#include <catch2/catch.hpp>

#include "stepped_subjects.hpp"

namespace cyclone::model::steps::test {
namespace {

bool mentions(const std::vector<obstacle>& all, std::string_view by, std::string_view step,
              std::string_view hurt) {
    for (const obstacle& o : all)
        if (o.by == by && o.step.starts_with(step) && o.hurt == hurt) return true;
    return false;
}

const operation_progress& of(const progress_result& r, const char* name) {
    const operation_progress* const o = r.operation(name);
    INFO(to_json(r));
    REQUIRE(o != nullptr);
    return *o;
}

}  // namespace

TEST_CASE("a ring under a mutex blocks, inside of the lock and nowhere else", "[progress]") {
    const auto r = classify(queue_subject<mutex_ring<stepped>>(1), {.threads = 3});
    INFO(to_json(r));
    CHECK(r.broken.empty());
    CHECK(r.said == progress::blocking);
    CHECK(mentions(r.blocks, "push", "unlock", "pop"));
    CHECK(mentions(r.blocks, "push", "get", "pop"));
    CHECK(mentions(r.blocks, "pop", "unlock", "push"));
    for (const obstacle& o : r.blocks) CHECK_FALSE(o.step.starts_with("lock"));
    CHECK(r.words.find("stepped_subjects.hpp:") != std::string::npos);
}

TEST_CASE("Lamport's ring is wait-free, with the bound that one counts by hand", "[progress]") {
    const auto r = classify(queue_subject<lamport_ring<stepped>>(1), {.threads = 2});
    INFO(to_json(r));
    CHECK(r.broken.empty());
    CHECK(r.said == progress::wait_free);
    // Two loads, the cell, a store.
    CHECK(of(r, "push").steps_most == 4);
    CHECK(of(r, "pop").steps_most == 4);
    CHECK(r.blocks.empty());
    CHECK(r.windows.empty());
    CHECK(r.suspensions > 100);
    CHECK(r.words.find("no blocking found in") == 0);
}

TEST_CASE("Vyukov's list: the push is wait-free, and leaves a window for the pop", "[progress]") {
    const auto r = classify(queue_subject<vyukov_mpsc<stepped>>(2), {.threads = 3});
    INFO(to_json(r));
    CHECK(r.broken.empty());
    CHECK(r.said == progress::wait_free);
    CHECK(of(r, "push").steps_most == 4);  // make, the item, the swap, the link
    CHECK_FALSE(of(r, "push").window);
    CHECK(of(r, "pop").window);
    REQUIRE(r.windows.size() == 1);  // before the link, and nowhere else
    CHECK(r.windows[0].by == "push");
    CHECK(r.windows[0].step.starts_with("store rel"));
    CHECK(r.windows[0].how == "would block");
}

TEST_CASE("Vyukov's ring never waits, and stands still behind who has stopped", "[progress]") {
    const auto r = classify(queue_subject<vyukov_mpmc<stepped>>(2),
                            {.threads = 4, .operations = 3, .schedules = 4});
    INFO(to_json(r));
    CHECK(r.broken.empty());
    CHECK(r.blocks.empty());
    CHECK(r.said == progress::lock_free);
    CHECK(of(r, "push").grows);
    CHECK(of(r, "pop").grows);
    CHECK(mentions(r.windows, "push", "store rel", "pop"));
    CHECK(mentions(r.windows, "push", "set", "pop"));
    CHECK(mentions(r.windows, "pop", "store rel", "push"));
    for (const obstacle& o : r.windows) {
        CHECK_FALSE(o.step.starts_with("load"));  // whoever has not taken a number harms nobody
        CHECK_FALSE(o.step.starts_with("cas"));
    }
}

TEST_CASE("Treiber's stack is lock-free and not wait-free", "[progress]") {
    const auto r = classify(treiber_subject<true>(), {.threads = 3});
    INFO(to_json(r));
    CHECK(r.broken.empty());
    CHECK(r.said == progress::lock_free);
    CHECK(r.blocks.empty());
    CHECK(r.livelocks.empty());
    CHECK(r.windows.empty());
    CHECK(of(r, "push").grows);
    CHECK(of(r, "pop").grows);
}

TEST_CASE("a compare-exchange loop grows with what the others do", "[progress]") {
    const auto r = classify(counter_subject<cas_counter<stepped>>(), {.threads = 2});
    INFO(to_json(r));
    CHECK(r.said == progress::lock_free);
    const operation_progress& next = of(r, "next");
    CHECK(next.starved[0] < next.starved[1]);
    CHECK(next.starved[1] < next.starved[2]);
}

TEMPLATE_TEST_CASE_SIG("a lock that is called lock-free is found out", "[progress]",
                       ((bool Pauses), Pauses), true, false) {
    using counter = spin_counter<stepped, Pauses>;
    const auto r = classify(counter_subject<counter>(), {.threads = 3, .patience = 1000});
    INFO(to_json(r));
    CHECK(counter::k_lock_free);  // so it says
    CHECK(r.said == progress::blocking);
    CHECK(mentions(r.blocks, "next", "store rel", "next"));
    CHECK(mentions(r.blocks, "next", "get", "next"));
    CHECK_FALSE(mentions(r.blocks, "next", "rmw", "next"));  // before it has the lock
}

namespace {

template <class Pair>
subject_maker pair_subject() {
    return [] {
        auto pair = placed<Pair>();
        return subject{.object = pair,
                       .operate =
                           [pair](std::uint32_t thread, std::uint64_t) {
                               pair->next(thread);
                               return outcome::done;
                           },
                       .name = [](std::uint32_t, std::uint64_t) { return "next"; },
                       .ranges = {}};
    };
}

}  // namespace

TEST_CASE("who draws back for a flag that stays up waits for ever", "[progress]") {
    const auto r = classify(pair_subject<polite_pair<stepped>>(), {.threads = 2, .patience = 1000});
    INFO(to_json(r));
    CHECK(r.said == progress::blocking);
    CHECK(mentions(r.blocks, "next", "rmw", "next"));  // with its flag up
}

TEST_CASE("an object that gets through alone, and hinders, is obstruction-free", "[progress]") {
    const auto r = classify(pair_subject<two_marks<stepped>>(), {.threads = 2, .patience = 1000});
    INFO(to_json(r));
    CHECK(r.blocks.empty());
    CHECK(r.said == progress::obstruction_free);
    REQUIRE_FALSE(r.livelocks.empty());
    CHECK(r.livelocks[0].by == "nobody");
    CHECK(r.words.find("not lock-free") != std::string::npos);
}

TEST_CASE("an object that fails is said to be broken", "[progress]") {
    const subject_maker make = [] {
        auto word = placed<stepped::atomic<int>>(0);
        return subject{.object = word,
                       .operate =
                           [word](std::uint32_t, std::uint64_t) {
                               const int seen = word->load(k_sc);
                               word->store(seen + 1, k_sc);
                               steps::require(word->load(k_sc) == seen + 1, "nobody came between");
                               return outcome::done;
                           },
                       .name = [](std::uint32_t, std::uint64_t) { return "raise"; },
                       .ranges = {}};
    };
    const auto r = classify(make, {.threads = 2});
    CHECK(r.broken.find("nobody came between") != std::string::npos);
    CHECK(r.words.find("failed") != std::string::npos);
}

TEST_CASE("the same options give the same result", "[progress]") {
    const auto make = treiber_subject<true>();
    const progress_options how{.threads = 2, .operations = 2, .seed = 9, .schedules = 2};
    CHECK(to_json(classify(make, how)) == to_json(classify(make, how)));
}

}  // namespace cyclone::model::steps::test
