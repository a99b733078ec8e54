// The histogram against a sorted array, and its merging.
#include "lab/histogram.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <rapidcheck.h>

namespace cyclone::lab {
namespace {

using values = std::vector<std::uint64_t>;

constexpr double k_error = 0.008;

std::unique_ptr<histogram> histogram_of(const values& drawn) {
    auto out = std::make_unique<histogram>();
    for (const std::uint64_t v : drawn) out->record(v);
    return out;
}

/// Values of every magnitude: a uniform draw would hardly ever be small.
rc::Gen<values> any_values() {
    return rc::gen::container<values>(rc::gen::map(
        rc::gen::pair(rc::gen::inRange<unsigned>(0, 41), rc::gen::arbitrary<std::uint64_t>()),
        [](const std::pair<unsigned, std::uint64_t>& drawn) {
            return drawn.second & ((std::uint64_t{2} << drawn.first) - 1);
        }));
}

}  // namespace

TEST_CASE("buckets cover every value once, in order", "[histogram]") {
    CHECK(histogram::index_of(0) == 0);
    CHECK(histogram::index_of(histogram::k_top - 1) == histogram::k_buckets - 1);
    CHECK(histogram::upper_of(histogram::k_buckets - 1) == histogram::k_top - 1);
    std::uint64_t lower = 0;
    for (std::size_t i = 0; i < histogram::k_buckets; ++i) {
        const std::uint64_t upper = histogram::upper_of(i);
        REQUIRE(upper >= lower);
        REQUIRE(histogram::index_of(lower) == i);
        REQUIRE(histogram::index_of(upper) == i);
        REQUIRE(static_cast<double>(upper - lower) <= k_error * static_cast<double>(lower));
        lower = upper + 1;
    }
    CHECK(lower == histogram::k_top);
}

TEST_CASE("quantiles against a sorted array", "[histogram]") {
    const bool held = rc::check("quantile", [] {
        values drawn = *any_values();
        const auto h = histogram_of(drawn);
        std::ranges::sort(drawn);
        double sum = 0;
        for (const std::uint64_t v : drawn) sum += static_cast<double>(v);
        RC_ASSERT(h->count() == drawn.size());
        RC_ASSERT(h->max() == (drawn.empty() ? 0 : drawn.back()));
        if (drawn.empty()) return;
        const double mean = sum / static_cast<double>(drawn.size());
        RC_ASSERT(std::abs(h->mean() - mean) <= 1e-9 * mean);
        for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
            const auto rank = static_cast<std::size_t>(
                std::max(1.0, std::ceil(q * static_cast<double>(drawn.size()))));
            const std::uint64_t exact = drawn[rank - 1];
            const std::uint64_t found = h->quantile(q);
            RC_ASSERT(found >= exact);
            RC_ASSERT(static_cast<double>(found - exact) <= k_error * static_cast<double>(exact));
        }
    });
    CHECK(held);
}

TEST_CASE("merging is recording together, in any grouping", "[histogram]") {
    const bool held = rc::check("merge", [] {
        const values a = *any_values();
        const values b = *any_values();
        const values c = *any_values();
        auto left = histogram_of(a);  // (a b) c
        left->merge(*histogram_of(b));
        left->merge(*histogram_of(c));
        auto tail = histogram_of(b);  // a (b c), and c before a
        tail->merge(*histogram_of(c));
        auto right = histogram_of(a);
        right->merge(*tail);
        tail->merge(*histogram_of(a));
        values all = a;
        all.insert(all.end(), b.begin(), b.end());
        all.insert(all.end(), c.begin(), c.end());
        RC_ASSERT(*left == *histogram_of(all));
        RC_ASSERT(*left == *right);
        RC_ASSERT(*left == *tail);
    });
    CHECK(held);
}

TEST_CASE("the top saturates and says so", "[histogram]") {
    const auto h = histogram_of({1, histogram::k_top, ~std::uint64_t{0}});
    CHECK(h->max() == ~std::uint64_t{0});
    CHECK(h->quantile(0.1) == 1);
    CHECK(h->quantile(0.5) == ~std::uint64_t{0});  // in the shared bucket: max, not a made-up bound
    CHECK(h->mean() == Approx((1.0 + 0x1p42 + 0x1p64) / 3));
    CHECK(h->written().buckets.back() == std::pair{~std::uint64_t{0}, std::uint64_t{2}});
    const auto below = histogram_of({histogram::k_top - 1});
    CHECK(below->quantile(1) == histogram::k_top - 1);
    CHECK(below->written().buckets.back().first == histogram::k_top - 1);
}

TEST_CASE("an empty histogram, and one written out", "[histogram]") {
    histogram h;
    CHECK(h.quantile(0.5) == 0);
    CHECK(h.mean() == 0);
    CHECK(h.written().buckets.empty());
    for (const std::uint64_t v : {5U, 5U, 1000U}) h.record(v);
    const histogram_record record = h.written();
    using bucket = std::pair<std::uint64_t, std::uint64_t>;
    CHECK(record.buckets == std::vector<bucket>{{5, 2}, {1003, 1}});  // 1000 to 1003 share one
    CHECK(record.max_ns == 1000);
    CHECK(record.mean_ns == Approx(1010.0 / 3));
    CHECK(h.count_above(5) == 1);
    CHECK(h.count_above(1003) == 0);
}

}  // namespace cyclone::lab
