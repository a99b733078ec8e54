// Errors: the chain they print, the ids they carry, the macros that pass them on.

#include "base/error.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace cyclone;

result<int> positive(int x) {
    if (x <= 0) return fail(error_code::out_of_range, "not positive: " + std::to_string(x));
    return x;
}

result<int> doubled(int x) {
    CYCLONE_TRY(const int value, positive(x));
    return 2 * value;
}

result<void> both(int x, int y, int& reached) {
    CYCLONE_TRY_VOID(positive(x));
    reached = 1;
    CYCLONE_TRY_VOID(positive(y));
    reached = 2;
    return {};
}

result<int> explained(int x) {
    auto value = positive(x);
    if (!value) return wrap(std::move(value).error(), "cannot explain");
    return value;
}

}  // namespace

TEST_CASE("error codes have distinct names", "[base][error]") {
    std::set<std::string> names;
    const int last = static_cast<int>(error_code::io_error);
    for (int i = 0; i <= last; ++i) names.emplace(name_of(static_cast<error_code>(i)));
    REQUIRE(names.size() == static_cast<std::size_t>(last) + 1);
    REQUIRE(names.count("unknown_error_code") == 0);
    REQUIRE(name_of(static_cast<error_code>(last + 1)) == "unknown_error_code");
    REQUIRE(name_of(error_code::would_block) == "would_block");
}

TEST_CASE("fail records code, message and the caller's place", "[base][error]") {
    const auto line = std::source_location::current().line() + 1;
    const result<int> r = fail(error_code::not_found, "no such thing");
    REQUIRE_FALSE(r);
    REQUIRE(r.error().code == error_code::not_found);
    REQUIRE(r.error().message == "no such thing");
    REQUIRE(r.error().place.line() == line);
    REQUIRE(std::string(r.error().place.file_name()).ends_with("error_test.cpp"));
    REQUIRE(r.error().cause == nullptr);
}

TEST_CASE("TRY yields the value or returns the very error", "[base][error]") {
    REQUIRE(doubled(21) == 42);
    const auto r = doubled(-1);
    REQUIRE_FALSE(r);
    REQUIRE(r.error().message == "not positive: -1");
    int reached = 0;
    REQUIRE(both(1, 1, reached));
    REQUIRE(reached == 2);
    reached = 0;
    REQUIRE_FALSE(both(1, 0, reached));
    REQUIRE(reached == 1);
}

TEST_CASE("wrap keeps code, id and cause", "[base][error]") {
    const auto r = explained(0);
    REQUIRE_FALSE(r);
    REQUIRE(r.error().code == error_code::out_of_range);
    REQUIRE(r.error().message == "cannot explain");
    REQUIRE(r.error().cause != nullptr);
    REQUIRE(r.error().cause->message == "not positive: 0");
    REQUIRE(r.error().cause->correlation_id == r.error().correlation_id);
    REQUIRE(r.error().place.line() != r.error().cause->place.line());
}

TEST_CASE("to_string prints the chain, one line an error", "[base][error]") {
    const correlation_scope scope(77);
    auto first = fail(error_code::io_error, "disk\nis gone");
    auto second = wrap(std::move(first).error(), "cannot read table");
    const auto third = wrap(std::move(second).error(), "cannot start");
    const std::string text = to_string(third.error());
    REQUIRE(std::ranges::count(text, '\n') == 2);
    const auto start = text.find("io_error: cannot start [#77] at ");
    const auto table = text.find("\n  caused by io_error: cannot read table [#77] at ");
    const auto disk = text.find("\n  caused by io_error: disk is gone [#77] at ");
    REQUIRE(start == 0);
    REQUIRE(table != std::string::npos);
    REQUIRE(disk != std::string::npos);
    REQUIRE(table < disk);
    REQUIRE(text.find("error_test.cpp:" + std::to_string(third.error().place.line())) < table);
}

TEST_CASE("correlation ids: own outside, shared inside a scope", "[base][error]") {
    const auto id = [] { return positive(0).error().correlation_id; };
    const auto a = id();
    const auto b = id();
    REQUIRE(a != 0);
    REQUIRE(b == a + 1);  // a counter, so that a replay sees the same ids
    {
        const correlation_scope outer;
        REQUIRE(outer.id() == b + 1);
        REQUIRE(id() == outer.id());
        {
            const correlation_scope inner;
            REQUIRE(id() == inner.id());
            REQUIRE(inner.id() == b + 2);
        }
        REQUIRE(id() == b + 1);
        std::uint64_t other = 0;
        std::thread([&] { other = id(); }).join();
        REQUIRE(other != b + 1);  // a scope belongs to its thread
    }
    REQUIRE(id() > b + 2);
}

TEST_CASE("correlation ids are unique across threads", "[base][error][threads]") {
    constexpr std::size_t k_threads = 4;
    constexpr std::size_t k_ids = 5000;
    std::vector<std::vector<std::uint64_t>> drawn(k_threads);
    std::vector<std::thread> threads;
    for (auto& mine : drawn) {
        threads.emplace_back([&mine] {
            for (std::size_t i = 0; i < k_ids; ++i) mine.push_back(next_correlation_id());
        });
    }
    for (auto& t : threads) t.join();
    std::set<std::uint64_t> all;
    for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
    REQUIRE(all.size() == k_threads * k_ids);
}
