// Short names and judgements for the tests of the explorer's engine.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "model/check.hpp"
#include "model/explored.hpp"

namespace cyclone::model::test {

using atomic_int = sync::explored::atomic<int>;
using plain_int = sync::explored::var<int>;

inline constexpr auto k_rlx = std::memory_order_relaxed;
inline constexpr auto k_acq = std::memory_order_acquire;
inline constexpr auto k_rel = std::memory_order_release;
inline constexpr auto k_acq_rel = std::memory_order_acq_rel;
inline constexpr auto k_sc = std::memory_order_seq_cst;

using body = std::function<void()>;

/// Executions, complete and blocked, counted by text and not by the explorer.
struct counted {
    result said;
    std::set<std::string> graphs;
};

inline counted explore(const body& b, options how = {}) {
    counted out;
    how.on_graph = [&](const graph& g) { out.graphs.insert(canonical(g)); };
    out.said = check(how, b);
    return out;
}

/// Passes, with this many executions, none twice; by the fast check and with the naive one beside.
inline void expect_count(const body& b, std::uint64_t executions, options how = {}) {
    for (const bool both : {false, true}) {
        how.both = both;
        const counted c = explore(b, how);
        INFO((c.said.found ? c.said.found->message + "\n" + c.said.found->trace : c.said.bound));
        CHECK(c.said.said == verdict::passed);
        CHECK(c.said.complete == executions);
        CHECK(c.graphs.size() == executions);
        CHECK(c.said.duplicates == 0);
    }
}

/// Fails with this fault, and the message says so much; the replay finds the same again.
inline result expect_fault(const body& b, fault what, const std::string& words = {},
                           options how = {}) {
    const result r = check(how, b);
    INFO("bound: " << r.bound);
    REQUIRE(r.said == verdict::failed);
    REQUIRE(r.found.has_value());
    INFO(r.found->message << "\n" << r.found->trace << r.found->replay);
    CHECK(r.found->what == what);
    CHECK(r.found->message.find(words) != std::string::npos);
    how.replay = r.found->replay;
    const result again = check(how, b);
    REQUIRE(again.found.has_value());
    INFO("again: " << again.found->message << "\n" << again.found->trace);
    CHECK(again.found->what == what);
    CHECK(again.found->message == r.found->message);
    CHECK(again.found->trace == r.found->trace);
    return r;
}

}  // namespace cyclone::model::test
