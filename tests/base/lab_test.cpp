// What the lab writes, read back by a JSON reader; and what it measures.

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <rapidcheck.h>
#include <rapidcheck/catch.h>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/rng.hpp"
#include "lab/evidence.hpp"
#include "lab/meter.hpp"
#include "lab/region.hpp"
#include "lab/sample.hpp"
#include "support/seed.hpp"
#include "support/temp_folder.hpp"

namespace {

using namespace cyclone;
using nlohmann::json;

lab::sample full_sample() {
    lab::sample s;
    s.component = "timer";
    s.variant = "hashed_wheel";
    s.workload = "tick";
    s.n = 4096;
    s.params = {{"mode", "idle"}, {"table", "256"}};
    s.seed = ~std::uint64_t{0};
    s.meter = "work";
    s.ops = 12345678901;
    s.ns_per_op = 12.25;
    s.iter_ns = {1.5, 2.5};
    s.work = work_totals{1, 2, 3, 4};
    s.values = {{"worst_tick_work", 99}};
    s.result_hash = 0xabc;
    s.sw = {5, 6, 7, 8, 9};
    s.migrations = 3;
    s.main_ns = 1000;
    s.warmup_ns = 400;
    s.planted = 0.25;
    s.counters.read = {"software",
                       "cycles: none here",
                       {{sys::event::cycles, std::unexpected(std::string("none here"))},
                        {sys::event::task_clock_ns, 77}}};
    s.counters.covers = "all";
    s.latency.emplace();
    s.latency->count = 2;
    s.latency->intended = {{{10, 1}, {20, 1}}, 19, 14.5};
    s.latency->missed = 1;
    s.latency->rate_per_s = 1e6;
    s.threads = {{1, 20, 3, 400}};
    s.system = lab::system_record{7, std::unexpected(std::string("not counted")), 10};
    return s;
}

// Sets CYCLONE_EVIDENCE for one test and puts back what was there.
class evidence_file {
 public:
    explicit evidence_file(const char* value) {
        if (const char* old = std::getenv(k_name)) before_ = old;
        set(value);
    }
    ~evidence_file() { set(before_ ? before_->c_str() : nullptr); }
    evidence_file(const evidence_file&) = delete;
    evidence_file& operator=(const evidence_file&) = delete;

 private:
    static constexpr const char* k_name = "CYCLONE_EVIDENCE";
    static void set(const char* value) {
        if (value != nullptr) {
            ::setenv(k_name, value, 1);
        } else {
            ::unsetenv(k_name);
        }
    }
    std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("a sample has exactly the promised fields", "[base][lab]") {
    const auto text = lab::to_json(full_sample());
    REQUIRE(text.find('\n') == std::string::npos);
    REQUIRE(json::parse(text) == json::parse(R"({"schema": 1, "component": "timer",
        "variant": "hashed_wheel", "workload": "tick", "n": 4096,
        "params": {"mode": "idle", "table": "256"}, "seed": 18446744073709551615,
        "meter": "work", "ops": 12345678901, "ns_per_op": 12.25, "iter_ns": [1.5, 2.5],
        "work": {"nodes": 1, "comparisons": 2, "relinks": 3, "slots": 4},
        "values": {"worst_tick_work": 99.0}, "result_hash": "0000000000000abc",
        "sw": {"ctx_voluntary": 5, "ctx_involuntary": 6, "migrations": 3, "faults_minor": 7,
               "faults_major": 9, "cpu_ns": 8},
        "main_ns": 1000, "warmup_ns": 400, "planted": 0.25,
        "counters": {"rung": "software", "why": "cycles: none here", "cycles": "unavailable",
                     "task_clock_ns": 77, "covers": "all"},
        "latency": {"unit": "ns", "count": 2,
                    "intended": {"buckets": [[10, 1], [20, 1]], "max": 19, "mean": 14.5},
                    "raw": {"buckets": [], "max": 0, "mean": 0.0},
                    "lateness": {"buckets": [], "max": 0, "mean": 0.0},
                    "missed": 1, "rate_per_s": 1e6},
        "threads": [{"cpu": 1, "ops": 20, "failed": 3, "ns": 400}],
        "system": {"allocations": 7, "allocated_bytes": "unavailable", "syscalls": 10,
                   "why": {"allocated_bytes": "not counted"}}})"));
}

TEST_CASE("what a sample does not have is null or empty, never missing", "[base][lab]") {
    const json read = json::parse(lab::to_json(lab::sample{}));
    REQUIRE(read.size() == 22);
    for (const char* name : {"planted", "latency", "threads", "system"}) {
        REQUIRE(read[name].is_null());
    }
    REQUIRE(read["sw"]["migrations"].is_null());
    REQUIRE(read["counters"]["rung"] == "none");
    REQUIRE(read["ns_per_op"].is_null());
    REQUIRE(read["iter_ns"].is_null());
    REQUIRE(read["work"].is_null());
    REQUIRE(read["params"] == json::object());
    REQUIRE(read["values"] == json::object());
    lab::sample no_batches;
    no_batches.iter_ns.emplace();
    REQUIRE(json::parse(lab::to_json(no_batches))["iter_ns"] == json::array());
}

TEST_CASE("doubles read back as the same doubles", "[base][lab]") {
    rc::prop("any finite bit pattern", [](std::uint64_t seed) {
        splitmix64 bits(seed);
        lab::sample s;
        s.iter_ns.emplace();
        for (int i = 0; i < 20; ++i) {
            const auto x = std::bit_cast<double>(bits());
            if (std::isfinite(x)) s.iter_ns->push_back(x);
        }
        const json read = json::parse(lab::to_json(s));
        RC_ASSERT(read["iter_ns"].get<std::vector<double>>() == *s.iter_ns);
    });
}

TEST_CASE("what is not a number becomes null", "[base][lab]") {
    using limits = std::numeric_limits<double>;
    lab::sample s;
    s.ns_per_op = limits::quiet_NaN();
    s.iter_ns = {limits::infinity(), 1.0};
    s.values = {{"lateness", -limits::infinity()}};
    const json read = json::parse(lab::to_json(s));
    REQUIRE(read["ns_per_op"].is_null());
    REQUIRE(read["iter_ns"][0].is_null());
    REQUIRE(read["iter_ns"][1] == 1.0);
    REQUIRE(read["values"]["lateness"].is_null());
}

TEST_CASE("odd characters cost no line", "[base][lab]") {
    lab::sample s;
    s.params = {{"note", "quote \" newline \n bad \xff byte"}};
    const auto text = lab::to_json(s);
    REQUIRE(text.find('\n') == std::string::npos);
    REQUIRE(json::parse(text)["params"]["note"] == "quote \" newline \n bad \xef\xbf\xbd byte");
}

TEST_CASE("evidence has exactly the promised fields", "[base][lab]") {
    lab::evidence e;
    e.component = "timer";
    e.variant = "sorted_list";
    e.suite = "mutants";
    e.tool = "catch2";
    e.preset = "dev";
    e.compiler = "g++ 12.2.0";
    e.passed = true;
    e.cases = 10;
    e.seed = 3;
    e.detail = "why";
    json expected = json::parse(R"({"component": "timer", "variant": "sorted_list",
        "suite": "mutants", "tool": "catch2", "preset": "dev", "compiler": "g++ 12.2.0",
        "passed": true, "cases": 10, "seed": 3, "detail": "why"})");
    REQUIRE(json::parse(lab::to_json(e)) == expected);
    lab::mutation_score& score = e.mutants.emplace();
    score.killed = 1;
    score.total = 2;
    score.by["1"] = "never_early";
    expected["mutants"] = json::parse(R"({"killed": 1, "total": 2, "by": {"1": "never_early"}})");
    REQUIRE(json::parse(lab::to_json(e)) == expected);
    REQUIRE_FALSE(json::parse(lab::to_json(lab::evidence{}))["passed"].get<bool>());
}

TEST_CASE("evidence names the compiler that built it", "[base][lab]") {
    const std::string version = __VERSION__;  // holds the number of either compiler
    const std::string text = lab::evidence{}.compiler;
    REQUIRE((text.starts_with("g++ ") || text.starts_with("clang++ ")));
    REQUIRE(version.find(text.substr(text.find(' ') + 1)) != std::string::npos);
}

TEST_CASE("evidence is appended where the variable says, and else nowhere", "[base][lab]") {
    const test::temp_folder folder;
    const auto file = folder.path() / "evidence.jsonl";
    for (const char* nowhere : {static_cast<const char*>(nullptr), ""}) {
        const evidence_file variable(nowhere);
        REQUIRE(lab::append_evidence({}));
        REQUIRE_FALSE(std::filesystem::exists(file));
    }
    const evidence_file variable(file.c_str());
    lab::evidence e;
    for (const char* name : {"a", "b"}) {
        e.variant = name;
        REQUIRE(lab::append_evidence(e));
    }
    std::ifstream in(file);
    std::string line;
    for (const char* name : {"a", "b"}) {
        REQUIRE(std::getline(in, line));
        REQUIRE(json::parse(line)["variant"] == name);
    }
    REQUIRE_FALSE(std::getline(in, line));
}

TEST_CASE("evidence that cannot be written is an error with the remedy", "[base][lab]") {
    const evidence_file variable("/nonexistent/folder/evidence");
    const auto r = lab::append_evidence({});
    REQUIRE_FALSE(r);
    REQUIRE(r.error().message.find("CYCLONE_EVIDENCE") != std::string::npos);
    REQUIRE(to_string(r.error()).find("/nonexistent/folder") != std::string::npos);
}

TEST_CASE("lines written at the same time stay whole", "[base][lab][threads]") {
    const test::temp_folder folder;
    const auto file = folder.path() / "evidence.jsonl";
    const evidence_file variable(file.c_str());
    constexpr int k_writers = 4;
    constexpr int k_lines = 150;
    std::vector<std::thread> writers;
    for (int w = 0; w < k_writers; ++w) {
        writers.emplace_back([w] {
            lab::evidence e;
            e.detail.assign(static_cast<std::size_t>(1000 * w + 1), 'x');
            for (int i = 0; i < k_lines; ++i) {
                e.variant = std::to_string(w);
                e.cases = static_cast<std::uint64_t>(i);
                if (!lab::append_evidence(e)) std::abort();
            }
        });
    }
    for (auto& t : writers) t.join();
    std::ifstream in(file);
    std::set<std::pair<std::string, int>> seen;
    for (std::string line; std::getline(in, line);) {
        const json read = json::parse(line, nullptr, false);
        REQUIRE_FALSE(read.is_discarded());
        seen.emplace(read["variant"].get<std::string>(), read["cases"].get<int>());
    }
    REQUIRE(seen.size() == k_writers * k_lines);
}

TEST_CASE("measure runs the body once and sees its cost", "[base][lab]") {
    int runs = 0;
    const auto cost = lab::measure([&] {
        ++runs;
        const std::int64_t until = clock::thread_cpu_ns() + 20'000'000;
        while (clock::thread_cpu_ns() < until) {
        }
    });
    REQUIRE(cost);
    REQUIRE(runs == 1);
    REQUIRE(cost->wall_ns >= 20'000'000);
    REQUIRE(cost->sw.cpu_ns >= 20'000'000);
    const auto nothing = lab::measure([] {});
    REQUIRE(nothing);
    REQUIRE(nothing->wall_ns >= 0);
    REQUIRE(nothing->sw.cpu_ns < 20'000'000);
}

TEST_CASE("the measured region calls the body once with its state", "[base][lab]") {
    int calls = 0;
    lab::measured_region([&] { ++calls; });
    REQUIRE(calls == 1);
    struct counter {
        int calls = 0;
        void operator()() { ++calls; }
    } by_reference;
    lab::measured_region(by_reference);
    REQUIRE(by_reference.calls == 1);
}
