// That blocking operations are cut without loss: random small programs that wait, against the same
// programs that load once and give the execution up unless they read what they wait for. The
// latter's executions are all rf and mo (differential.cpp); both must end in the same ways, as
// often.

#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <vector>

#include "base/rng.hpp"
#include "engine_support.hpp"
#include "support/seed.hpp"

namespace cyclone::model::test {
namespace {

constexpr std::size_t k_locations = 2;
constexpr std::size_t k_threads = 3;
constexpr std::size_t k_steps_max = 4;

struct instruction {
    enum class what : std::uint8_t { store, load, add, wait, lock } is = what::load;
    std::size_t where = 0;
    int value = 0;
    std::memory_order order = k_rlx;
};
using program = std::array<std::vector<instruction>, k_threads>;

program draw_program(rng& draw) {
    static constexpr std::array k_orders = {k_rlx, k_acq, k_rel, k_sc};
    program p;
    for (auto& thread : p) {
        const std::uint64_t steps = 1 + draw.uniform(k_steps_max - 1);
        for (std::uint64_t i = 0; i < steps; ++i) {
            instruction one;
            one.is = static_cast<instruction::what>(draw.uniform(5));
            one.where = draw.uniform(k_locations);
            one.value = 1 + static_cast<int>(draw.uniform(2));
            one.order = k_orders[draw.uniform(k_orders.size())];
            thread.push_back(one);
        }
    }
    return p;
}

std::string text_of(const program& p) {
    static constexpr std::array<const char*, 5> k_words = {"store", "load", "add", "wait", "lock"};
    std::string out;
    for (const auto& thread : p) {
        for (const instruction& i : thread) {
            out += std::string(k_words[static_cast<std::size_t>(i.is)]) + " x" +
                   std::to_string(i.where) + " " + std::to_string(i.value) + " order " +
                   std::to_string(static_cast<int>(i.order)) + "; ";
        }
        out += "| ";
    }
    return out;
}

// A store has no acquiring half and a load no releasing one.
std::memory_order for_load(std::memory_order o) { return o == k_rel ? k_acq : o; }
std::memory_order for_store(std::memory_order o) { return o == k_acq ? k_rel : o; }

struct cells {
    std::array<atomic_int, k_locations> x{};
    sync::explored::mutex guard;
    atomic_int door{0};
};

// The lock is the policy's, or a compare-exchange that must succeed.
void critical(cells& c, const instruction& i, bool waits) {
    int free = 0;
    if (waits) {
        c.guard.lock();
    } else {
        assume(c.door.compare_exchange_strong(free, 1, k_acq, k_rlx));
    }
    c.x[i.where].store(i.value, k_rlx);
    if (waits) {
        c.guard.unlock();
    } else {
        c.door.store(0, k_rel);
    }
}

void run(const std::vector<instruction>& thread, cells& c, bool waits) {
    for (const instruction& i : thread) {
        atomic_int& x = c.x[i.where];
        switch (i.is) {
            case instruction::what::store: x.store(i.value, for_store(i.order)); break;
            case instruction::what::load: x.load(for_load(i.order)); break;
            case instruction::what::add: x.fetch_add(i.value, i.order); break;
            case instruction::what::lock: critical(c, i, waits); break;
            case instruction::what::wait: {
                const auto wanted = [&](int v) { return v >= i.value; };
                if (waits) {
                    await(x, for_load(i.order), wanted);
                } else {
                    assume(wanted(x.load(for_load(i.order))));
                }
                break;
            }
        }
    }
}

struct endings {
    result said;
    std::map<std::string, int> graphs;  ///< rf and mo of x alone, complete executions
};

// What happened to the cells: kinds, values and sources of the reads in each thread, and mo.
std::string shape_of(const graph& g) {
    std::string out;
    const auto is_cell = [](location w) { return w.thread == 0 && w.number < k_locations; };
    std::map<event_id, std::string> names;
    for (std::uint32_t t = 0; t < g.threads.size(); ++t) {
        int n = 0;
        for (std::uint32_t i = 0; i < g.threads[t].size(); ++i) {
            if (!is_cell(g.threads[t][i].where)) continue;
            names[{t, i}] = std::to_string(t) + "." + std::to_string(n++);
        }
    }
    for (const auto& [id, name] : names) {
        if (g[id].what == kind::read) out += name + "<" + names[g[id].from] + " ";
    }
    for (const location_order& o : g.orders) {
        if (!is_cell(o.where)) continue;
        out += "|";
        for (const event_id w : o.writes) out += " " + names[w];
    }
    return out;
}

endings all_endings(const program& p, bool waits) {
    endings out;
    options how;
    how.on_graph = [&](const graph& g) { ++out.graphs[shape_of(g)]; };
    out.said = check(how, [&p, waits] {
        cells c;
        std::array<std::optional<thread>, k_threads> threads;
        for (std::size_t t = 0; t < k_threads; ++t) {
            threads[t].emplace([&, t] { run(p[t], c, waits); });
        }
        for (auto& t : threads) t->join();
    });
    return out;
}

}  // namespace

TEST_CASE("waiting is loading until it is there", "[waiting]") {
    const char* const full = std::getenv("CYCLONE_FULL");
    const std::size_t programs = full != nullptr && *full == '1' ? 5000 : 400;
    rng draw(cyclone::test::seed());
    std::size_t finished = 0;
    std::size_t deadlocks = 0;
    for (std::size_t i = 0; i < programs; ++i) {
        const program p = draw_program(draw);
        const endings with = all_endings(p, true);
        const endings without = all_endings(p, false);
        INFO("program " << i << ": " << text_of(p));
        INFO((with.said.found ? with.said.found->message + with.said.found->trace : ""));
        REQUIRE(without.said.said == verdict::passed);
        if (with.said.said == verdict::failed) {
            // Stopped at a deadlock: what was seen so far are endings, and no more is known.
            REQUIRE(with.said.found->what == fault::deadlock);
            ++deadlocks;
            for (const auto& [shape, times] : with.graphs) REQUIRE(without.graphs.contains(shape));
            continue;
        }
        REQUIRE(with.said.duplicates == 0);
        REQUIRE(with.graphs == without.graphs);
        finished += with.graphs.empty() ? 0 : 1;
    }
    CHECK(finished > programs / 10);
    CHECK(deadlocks > programs / 20);
}

}  // namespace cyclone::model::test
