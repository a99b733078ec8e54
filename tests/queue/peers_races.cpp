// What the peers do that only a race shows. Each race is run in rounds until it is seen or the time
// is up, and is judged by what must hold whatever the clocks say: no stamps are taken, since those
// put a fence between two calls and would take away what is looked for.
//
// A race that is not seen shows nothing and fails nothing; that the judge does not see it where it
// cannot be is checked on a queue that is strict.
#include "base/cache_line.hpp"
#include "base/clock.hpp"
#include "base/rng.hpp"
#include "base/spin.hpp"
#include "base/sync.hpp"
#include "peers.hpp"
#include "support/seed.hpp"

namespace cyclone::queue::test {
namespace {

using word = padded<sync::native::atomic<std::uint64_t>>;

/// How long a race is looked for; seconds where long runs were asked for.
std::chrono::milliseconds time_to_look() {
    return std::chrono::milliseconds(cyclone::test::effort(1500, 20000));
}

struct hidden {
    std::uint64_t rounds = 0;
    std::uint64_t seen = 0;   ///< "empty" with an item inside and no push under way
    std::uint64_t wrong = 0;  ///< items that were not pushed
};

/// This thread pushes an item and pops until it has it back or the other thread has it, which pops
/// all the time. Nobody else pushes: where this thread is told "empty" and pops the item
/// afterwards, the item was inside all the while.
hidden look_for_hidden_items(any& queue, std::chrono::milliseconds time) {
    word taken;  // the latest item that the other one has
    word ending;
    std::thread other([&] {
        const auto end = queue.attach();
        while (ending->load(std::memory_order_acquire) == 0) {
            if (const auto got = end->try_pop()) taken->store(*got, std::memory_order_release);
        }
    });
    hidden found;
    const auto mine = queue.attach();
    const auto until = std::chrono::steady_clock::now() + time;
    for (std::uint64_t item = 1; found.seen == 0; ++item) {
        if (item % 256 == 0 && std::chrono::steady_clock::now() > until) break;
        if (!mine->try_push(item)) break;
        ++found.rounds;
        bool said_empty = false;
        while (taken->load(std::memory_order_acquire) != item) {
            const auto got = mine->try_pop();
            if (got) {
                found.wrong += *got == item ? 0 : 1;
                found.seen += said_empty ? 1 : 0;
                break;
            }
            said_empty = true;
            if (std::chrono::steady_clock::now() > until + k_patience) {  // the item is lost
                ++found.wrong;
                break;
            }
        }
        if (found.wrong != 0) break;
    }
    ending->store(1, std::memory_order_release);
    other.join();
    return found;
}

struct both_ends {
    std::uint64_t rounds = 0;
    std::uint64_t seen = 0;   ///< full and empty at once
    std::uint64_t wrong = 0;  ///< answers that no ring may give
};

/// One round begins for both threads at an instant of the processor's clock, each a little later
/// than that by chance.
struct meeting {
    word round;
    word instant;
    word done;
    std::uint64_t said_empty = 0;  ///< the consumer's, between the round and done
    std::uint64_t out = 0;
};

/// Pauses, and gives the processor away where the other thread may need it.
void spin_until(const sync::native::atomic<std::uint64_t>& seen, std::uint64_t value) {
    spin_wait<> wait;
    while (seen.load(std::memory_order_acquire) != value) wait.once();
}

void wait_for(std::uint64_t instant) {
    while (static_cast<std::int64_t>(clock::ordered_ticks() - instant) < 0) {
    }
}

/// `inside` items are inside, all but one that fit. The producer pushes two: the second finds the
/// ring full if no pop has come before it. The consumer pops all that were inside and one more: it
/// finds the ring empty if no push has come before it. Both is no order: the first push came
/// before "full", which came before the pops, which came before "empty".
both_ends look_at_both_ends(any& queue, std::chrono::milliseconds time) {
    const std::size_t inside = queue.capacity() - 1;
    constexpr std::uint64_t k_spread = 256;  // ticks
    constexpr std::uint64_t k_ahead = 1500;
    meeting at;
    rng chance(cyclone::test::seed());
    rng chance_of_other = chance.stream(1);
    std::thread other([&] {
        const auto end = queue.attach();
        for (std::uint64_t round = 1;; ++round) {
            spin_until(at.round.value, round);
            const std::uint64_t instant = at.instant->load(std::memory_order_relaxed);
            if (instant == 0) return;
            wait_for(instant + chance_of_other.uniform(k_spread));
            std::uint64_t out = 0;
            while (out < inside && end->try_pop()) ++out;
            const bool is_empty = !end->try_pop();
            at.said_empty = out == inside && is_empty ? 1 : 0;
            at.out = out + (is_empty ? 0 : 1);
            at.done->store(round, std::memory_order_release);
        }
    });
    both_ends found;
    const auto until = std::chrono::steady_clock::now() + time;
    std::uint64_t round = 1;
    for (; found.seen == 0 && found.wrong == 0; ++round) {
        if (round % 64 == 0 && std::chrono::steady_clock::now() > until) break;
        std::uint64_t in = 0;
        while (in < inside && queue.try_push(in)) ++in;
        const std::uint64_t instant = clock::ordered_ticks() + k_ahead;
        at.instant->store(instant, std::memory_order_relaxed);
        at.round->store(round, std::memory_order_release);
        wait_for(instant + chance.uniform(k_spread));
        const bool first = queue.try_push(in);
        const bool second = queue.try_push(in + 1);
        spin_until(at.done.value, round);
        std::uint64_t out = at.out;
        while (queue.try_pop()) ++out;
        found.wrong += first && out == in + 1 + (second ? 1 : 0) ? 0 : 1;
        found.seen += !second && at.said_empty == 1 ? 1 : 0;
        ++found.rounds;
    }
    at.instant->store(0, std::memory_order_relaxed);
    at.round->store(round, std::memory_order_release);
    other.join();
    return found;
}

/// What was seen is a breach of `rule`, to be read in the report.
void say(const char* rule, const char* what, std::uint64_t seen, std::uint64_t rounds) {
    const std::string when = std::to_string(rounds) + " rounds";
    if (seen == 0) WARN(what << ": not seen in " << when);
    cyclone::test::note_fact(seen == 0 ? what : rule,
                             seen == 0 ? "not seen in " + when : what + (", seen after " + when));
}

}  // namespace

TEST_CASE("moodycamel: empty is said of a queue with an item and nobody pushing", "[peers]") {
    // concurrentqueue issue 265 and the comments of try_dequeue: "likely but not guaranteed". A pop
    // that lost a race has counted itself in and not yet out again, and another one believes it.
    for (const char* name : {"moodycamel", "moodycamel_plain"}) {
        on_peer(name, "a hidden item", [](const registration& row) {
            const auto queue = made(row.make, {});
            const hidden found = look_for_hidden_items(*queue, time_to_look());
            CHECK(found.wrong == 0);
            say("breaks S3 empty", "said of a queue with an item, nobody pushing: a pop hid it",
                found.seen, found.rounds);
            count_cases(found.rounds);
        });
    }
}

TEST_CASE("the look for hidden items sees none where there are none", "[peers]") {
    for (const char* name : {"mutex_ring", "boost_queue", "tbb_queue", "xenium_vyukov"}) {
        on_peer(name, "no hidden item", [](const registration& row) {
            const auto queue = made(row.make, {});
            const hidden found = look_for_hidden_items(*queue, time_to_look() / 10);
            CHECK(found.wrong == 0);
            CHECK(found.seen == 0);
            CHECK(found.rounds > 0);
        });
    }
}

TEST_CASE("rings of two words are full and empty at once", "[peers]") {
    // man ck_ring_enqueue_spsc: false "only occurs if ring was full"; spsc_queue.hpp and
    // weak_ringbuffer.h in like words. queue.hpp, "Strict at both ends", says why it cannot be.
    for (const char* name : {"boost_spsc", "ck_ring_spsc", "cds_weakring"}) {
        on_peer(name, "both ends", [](const registration& row) {
            const auto queue = made(row.make, {.capacity = 2});
            const both_ends found = look_at_both_ends(*queue, time_to_look());
            CHECK(found.wrong == 0);
            say("breaks S4 full", "full at one end and empty at the other, which no order explains",
                found.seen, found.rounds);
            count_cases(found.rounds);
        });
    }
}

TEST_CASE("the look at both ends sees nothing where both are strict", "[peers]") {
    for (const char* name : {"mutex_ring", "tbb_bounded"}) {
        on_peer(name, "both ends", [](const registration& row) {
            const auto queue = made(row.make, {.capacity = 2});
            const both_ends found = look_at_both_ends(*queue, time_to_look() / 10);
            CHECK(found.wrong == 0);
            CHECK(found.seen == 0);
            CHECK(found.rounds > 0);
        });
    }
}

}  // namespace cyclone::queue::test
