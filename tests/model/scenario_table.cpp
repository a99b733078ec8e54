// Bodies of the scenarios.
#include "scenario_table.hpp"

#include <array>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/mpsc_inbox.hpp"
#include "chase_lev.hpp"
#include "variants/counter/cas_loop.hpp"
#include "variants/counter/fetch_add.hpp"
#include "variants/counter/mcs_lock.hpp"
#include "variants/counter/ticket_lock.hpp"

namespace cyclone::model::test {
namespace {

using threads = std::array<std::optional<thread>, 3>;

void join_all(threads& all) {
    for (auto& one : all) {
        if (one) one->join();
    }
}

// --- counters ---

/// Threads that call next(): every number once, none left out, and rising in each thread.
template <class Counter>
void count(std::size_t callers, std::size_t calls) {
    Counter counter;
    std::array<std::array<std::uint64_t, 3>, 3> got{};
    threads all;
    for (std::size_t t = 0; t < callers; ++t) {
        all[t].emplace([&, t] {
            typename Counter::handle handle(counter);
            for (std::size_t i = 0; i < calls; ++i) got[t][i] = handle.next();
        });
    }
    join_all(all);
    std::array<int, 9> times{};
    for (std::size_t t = 0; t < callers; ++t) {
        for (std::size_t i = 0; i < calls; ++i) {
            require(got[t][i] < callers * calls, "S2: a number was left out");
            require(++times[got[t][i]] == 1, "S1: a number was returned twice");
            require(i == 0 || got[t][i - 1] < got[t][i], "S3: a thread's numbers rise");
        }
    }
}

template <class Counter>
void add_counter(std::vector<scenario>& all, const std::string& name,
                 std::array<std::uint64_t, 3> complete) {
    all.push_back({name + ", 2 threads", [] { count<Counter>(2, 1); }, complete[0]});
    all.push_back({name + ", 2 threads twice", [] { count<Counter>(2, 2); }, complete[1]});
    all.push_back({name + ", 3 threads", [] { count<Counter>(3, 1); }, complete[2]});
}

// --- the inbox ---

struct message : inbox_link<explored> {
    explored::var<int> text;
};

/// Producers push so many messages each; the owner empties the inbox while they do and once more.
void collect(std::size_t producers, std::size_t each) {
    mpsc_inbox<explored> inbox;
    std::array<std::array<message, 2>, 3> messages;
    threads all;
    for (std::size_t p = 0; p < producers; ++p) {
        all[p].emplace([&, p] {
            for (std::size_t i = 0; i < each; ++i) {
                messages[p][i].text.set(static_cast<int>(10 * p + i));
                inbox.push(messages[p][i]);
            }
        });
    }
    std::array<std::size_t, 3> next{};
    const auto take = [&] {
        for (auto* link = inbox.take_all(); link != nullptr;) {
            const int text = static_cast<message*>(link)->text.get();
            link = link->below.get();
            const auto p = static_cast<std::size_t>(text / 10);
            require(static_cast<std::size_t>(text % 10) == next[p]++, "in the order of its pushes");
        }
    };
    take();
    join_all(all);
    take();
    for (std::size_t p = 0; p < producers; ++p) require(next[p] == each, "every message, once");
    require(inbox.empty(), "nothing is left");
}

/// The owner announces that it will sleep and looks once more; a producer pushes and looks for the
/// announcement: one must see the other.
void fall_asleep() {
    mpsc_inbox<explored> inbox;
    message one;
    explored::atomic<int> asleep;
    bool woken = false;
    thread producer([&] {
        inbox.push(one);
        woken = asleep.load(std::memory_order_seq_cst) == 1;
    });
    asleep.store(1, std::memory_order_seq_cst);
    const bool sleeps = inbox.empty();
    producer.join();
    require(!sleeps || woken, "asleep, and nobody knows");
}

// --- the deque ---

template <int Mutant>
using deque_of = deque::chase_lev<no_work, Mutant, explored>;

struct named_program {
    const char* name;
    deque_program how;
    std::uint64_t complete;  ///< of what ships
};

constexpr std::uint64_t k_wrapping = std::numeric_limits<std::uint64_t>::max() - 1;

// clang-format off
constexpr named_program k_programs[] = {
    {"deque, 2 items, 2 takes, a thief twice", {.before = 2, .takes = 2, .steals = 2}, 41},
    {"deque, the last item, 2 thieves", {.before = 1, .takes = 1, .thieves = 2}, 47},
    {"deque, 2 pushes and a take under a thief", {.during = 2, .takes = 1}, 8},
    {"deque, 2 items and a push, 2 takes, 2 thieves",
     {.capacity = 4, .before = 2, .during = 1, .takes = 2, .thieves = 2}, 356},
    {"deque, a cell used again", {.capacity = 1, .before = 1, .during = 1}, 4},
    {"deque, growth under 2 thieves", {.capacity = 1, .before = 1, .during = 1, .thieves = 2}, 38},
    {"deque, growth before the first look", {.capacity = 1, .during = 2}, 5},
    {"deque, a push after the last item", {.before = 1, .takes = 1, .after = 1}, 9},
    {"deque, indices wrap", {.before = 2, .during = 1, .takes = 1, .origin = k_wrapping}, 9},
};
constexpr named_program k_large_programs[] = {
    {"deque, 2 items, 2 takes, 2 thieves twice",
     {.before = 2, .takes = 2, .thieves = 2, .steals = 2}, 3288},
};
// clang-format on

template <int Mutant>
std::vector<scenario> deque_table(std::span<const named_program> programs) {
    std::vector<scenario> all;
    for (const named_program& one : programs) {
        all.push_back({one.name, [how = one.how] { share<deque_of<Mutant>>(how); }, one.complete});
    }
    return all;
}

using deque_tables = std::array<std::vector<scenario>, k_deque_mutants + 1>;

template <int... Numbers>
deque_tables tables_of(std::integer_sequence<int, Numbers...>) {
    return {{deque_table<Numbers>(k_programs)...}};
}

std::vector<scenario> make_scenarios() {
    using counter::cas_loop, counter::fetch_add, counter::mcs_lock, counter::ticket_lock;
    std::vector<scenario> all;
    add_counter<fetch_add<no_work, 0, explored>>(all, "fetch_add", {2, 6, 6});
    add_counter<cas_loop<no_work, 0, explored>>(all, "cas_loop", {20, 544, 720});
    add_counter<ticket_lock<no_work, 0, explored>>(all, "ticket_lock", {4, 44, 48});
    add_counter<mcs_lock<no_work, 0, explored>>(all, "mcs_lock", {14, 1460, 498});
    all.push_back({"inbox, 1 producer twice", [] { collect(1, 2); }, 16});
    all.push_back({"inbox, 2 producers", [] { collect(2, 1); }, 108});
    all.push_back({"inbox, 2 producers twice", [] { collect(2, 2); }, 14184});
    all.push_back({"inbox, an owner that falls asleep", [] { fall_asleep(); }, 6});
    for (scenario& one : deque_table<0>(k_programs)) all.push_back(std::move(one));
    return all;
}

}  // namespace

std::span<const scenario> scenarios() {
    static const std::vector<scenario> all = make_scenarios();
    return all;
}

std::span<const scenario> large_scenarios() {
    static const std::vector<scenario> all = [] {
        std::vector<scenario> more = deque_table<0>(k_large_programs);
        more.push_back({"inbox, 3 producers", [] { collect(3, 1); }, 9840});
        return more;
    }();
    return all;
}

std::span<const scenario> deque_scenarios(int mutant) {
    static const deque_tables all =
        tables_of(std::make_integer_sequence<int, k_deque_mutants + 1>());
    return all[static_cast<std::size_t>(mutant)];
}

}  // namespace cyclone::model::test
