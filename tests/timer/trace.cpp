// Traces: what is written is read back, what is broken is refused with its place, and a replay
// fires the same on every exact scheme.
#include "experiments/timer/workloads/trace.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fstream>

#include "base/rng.hpp"
#include "support/seed.hpp"
#include "support/temp_folder.hpp"
#include "variants/timer/hierarchical_wheel.hpp"
#include "variants/timer/multimap_oracle.hpp"
#include "variants/timer/noncascading_wheel.hpp"
#include "variants/timer/quad_heap.hpp"

namespace cyclone::timer {
namespace {

trace random_trace(rng& random, std::size_t count) {
    trace out;
    out.program = "made up";
    out.source = "random";
    out.command = "none";
    out.timers = 50;
    tick now = 0;
    for (std::size_t i = 0; i < count; ++i) {
        now += random.uniform(4) == 0 ? random.uniform(300) : 0;
        const auto op = static_cast<trace_op>(random.uniform(4));
        const bool sets = op == trace_op::start || op == trace_op::restart;
        out.events.push_back({.when = now,
                              .delta = sets ? random.uniform(5000) : 0,
                              .timer = static_cast<std::uint32_t>(random.uniform(50)),
                              .op = op});
    }
    return out;
}

std::string written(const trace& what) {
    auto bytes = write_trace(what);
    REQUIRE(bytes);
    return *bytes;
}

std::string complaint(std::string_view bytes) {
    const auto found = parse_trace(bytes);
    return found ? "" : found.error().message;
}

/// The same header over other events: counts and digest as they then are.
std::string sealed(const std::string& body, std::uint64_t events, std::uint32_t timers = 50) {
    return fmt::format(
               "cyclone-trace 1\ntick_ns 1\nprogram p\nsource s\ncommand c\ntimers {}\n"
               "events {}\nbytes {}\nsha256 {}\n\n",
               timers, events, body.size(), sha256_hex(body)) +
           body;
}

template <class V>
std::uint64_t replayed(const std::string& path) {
    lab::request what;
    what.workload = "trace";
    what.n = 50;
    what.params["file"] = path;
    trace_replay<V> work(what, rng(7));
    for (std::uint64_t i = 0; i < work.fixed_batches(); ++i) {
        work.prepare();
        work.run();
        work.restore();
    }
    return work.digest();
}

}  // namespace

TEST_CASE("SHA-256 of the standard's examples", "[trace]") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a trace is read back as it was written", "[trace]") {
    rng random(test::seed());
    for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
        const trace made = random_trace(random, count);
        const auto found = parse_trace(written(made));
        REQUIRE(found);
        CHECK(*found == made);
    }
    trace far;
    far.timers = 1;
    far.events = {{.when = k_trace_ticks_max, .delta = k_trace_ticks_max}};
    CHECK(parse_trace(written(far)) == far);
}

TEST_CASE("what cannot be a trace is not written", "[trace]") {
    trace bad;
    bad.timers = 1;
    bad.events = {{.when = 5}, {.when = 4}};
    CHECK_FALSE(write_trace(bad));
    bad.events = {{.timer = 1}};
    CHECK_FALSE(write_trace(bad));
    bad.events = {{.when = k_trace_ticks_max + 1}};
    CHECK_FALSE(write_trace(bad));
    bad.events.clear();
    bad.program = "two\nlines";
    CHECK_FALSE(write_trace(bad));
}

TEST_CASE("a broken trace is refused with its place", "[trace]") {
    using Catch::Contains;
    rng random(test::seed());
    const std::string good = written(random_trace(random, 20));
    CHECK_THAT(complaint(""), Contains("offset 0"));
    CHECK_THAT(complaint("cyclone-trace 2\n"), Contains("first line"));
    CHECK_THAT(complaint("cyclone-trace 1\ntick_ns 0\n"), Contains("offset 16: 'tick_ns'"));
    CHECK_THAT(complaint(good + "x"), Contains("the header says"));
    CHECK_THAT(complaint(good.substr(0, good.size() - 1)), Contains("the header says"));
    std::string changed = good;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    CHECK_THAT(complaint(changed), Contains("was changed"));
    const std::string one("\0\0\5", 3);  // start of timer 0, now, 5 ticks ahead
    CHECK(complaint(sealed(one, 1)).empty());
    CHECK_THAT(complaint(sealed(one, 2)), Contains("end within one"));
    CHECK_THAT(complaint(sealed(one + one, 1)), Contains("after the last event"));
    CHECK_THAT(complaint(sealed(one, 1, 0)), Contains("timer 0 of 0"));
    CHECK_THAT(complaint(sealed(std::string(12, '\xff'), 1)), Contains("63 bits"));
    const std::string late("\xfc\xff\xff\xff\xff\xff\xff\xff\x7f\0\0", 11);
    CHECK_THAT(complaint(sealed(late, 1)), Contains("2^50"));
}

TEST_CASE("no bytes make the reader stumble", "[trace]") {
    rng random(test::seed());
    const std::string good = written(random_trace(random, 300));
    const std::size_t header = good.find("\n\n") + 2;
    for (int i = 0; i < 20000; ++i) {
        std::string bytes = good;
        for (std::uint64_t k = 0; k <= random.uniform(4); ++k)
            bytes[random.uniform(bytes.size())] = static_cast<char>(random());
        if (random.uniform(2) == 0) bytes.resize(random.uniform(bytes.size()));
        (void)parse_trace(bytes);
        // And past the digest: the events themselves, broken, under a header that agrees.
        if (bytes.size() <= header) continue;
        const auto found = parse_trace(sealed(bytes.substr(header), 300));
        if (!found) continue;
        CHECK(found->events.size() == 300);
        for (const trace_event& event : found->events) REQUIRE(event.timer < 50);
    }
}

TEST_CASE("a replay fires the same on every exact scheme", "[trace]") {
    test::temp_folder folder;
    rng random(test::seed());
    const std::string path = (folder.path() / "random.trace").string();
    std::ofstream(path, std::ios::binary) << written(random_trace(random, 5000));
    const std::uint64_t expected = replayed<multimap_oracle<>>(path);
    CHECK(expected != 0);
    CHECK(replayed<quad_heap<>>(path) == expected);
    CHECK(replayed<hierarchical_wheel<>>(path) == expected);
    CHECK(replayed<quad_heap<no_work, 1>>(path) != expected);  // a seeded bug is seen
    CHECK(replayed<noncascading_wheel<>>(path) != expected);   // late by design
}

TEST_CASE("the workload says what it needs", "[trace]") {
    const auto message = [](std::uint64_t n, const std::string& file) -> std::string {
        lab::request what;
        what.n = n;
        if (!file.empty()) what.params["file"] = file;
        try {
            trace_replay<quad_heap<>>(what, rng(1));
        } catch (const lab::usage_error& wrong) {
            return wrong.message;
        }
        return "";
    };
    using Catch::Contains;
    CHECK_THAT(message(1, ""), Contains("--param file=PATH"));
    CHECK_THAT(message(1, "/no/such"), Contains("check the path"));
    test::temp_folder folder;
    rng random(1);
    const std::string path = (folder.path() / "t").string();
    std::ofstream(path, std::ios::binary) << written(random_trace(random, 9));
    CHECK_THAT(message(3, path), Contains("--n 50"));
}

}  // namespace cyclone::timer
