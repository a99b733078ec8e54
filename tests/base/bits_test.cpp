// Bit arithmetic against the obvious loop, and the layout of padded values.

#include "base/bits.hpp"

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <rapidcheck.h>
#include <rapidcheck/catch.h>
#include <string>

#include "base/cache_line.hpp"

namespace {

using namespace cyclone;

static_assert(ceil_pow2(0) == 1 && ceil_pow2(1) == 1 && ceil_pow2(3) == 4 && ceil_pow2(4) == 4);
static_assert(ceil_pow2((std::uint64_t{1} << 62) + 1) == std::uint64_t{1} << 63);
static_assert(floor_log2(1) == 0 && floor_log2(7) == 2 && floor_log2(8) == 3);
static_assert(floor_log2(~std::uint64_t{0}) == 63);

// A word with few bits as often as one with many; both matter to the searches.
std::uint64_t any_word() {
    auto word = *rc::gen::arbitrary<std::uint64_t>();
    const auto shift = *rc::gen::inRange<unsigned>(0, 64);
    return rotate_left(word >> shift, *rc::gen::inRange<unsigned>(0, 64));
}

}  // namespace

TEST_CASE("ceil_pow2 and floor_log2 agree with counting", "[base][bits]") {
    rc::prop("floor_log2", [] {
        const std::uint64_t x = any_word() | 1;
        const unsigned k = floor_log2(x);
        RC_ASSERT(k < 64U);
        RC_ASSERT((x >> k) == 1U);
    });
    rc::prop("ceil_pow2", [] {
        const std::uint64_t x = any_word() >> 1;
        const std::uint64_t p = ceil_pow2(x);
        RC_ASSERT((p & (p - 1)) == 0U);
        RC_ASSERT(p >= x);
        RC_ASSERT((p == 1 || p / 2 < x));
    });
}

TEST_CASE("rotation moves every bit by the count", "[base][bits]") {
    rc::prop("rotate", [] {
        const std::uint64_t x = any_word();
        const auto count = *rc::gen::inRange<unsigned>(0, 200);
        const std::uint64_t left = rotate_left(x, count);
        for (unsigned bit = 0; bit < 64; ++bit) {
            RC_ASSERT(((x >> bit) & 1) == ((left >> ((bit + count) % 64)) & 1));
        }
        RC_ASSERT(rotate_right(left, count) == x);
    });
}

TEST_CASE("next_set_bit_circular finds what a walk finds", "[base][bits]") {
    REQUIRE(next_set_bit_circular(0, 17) == k_no_bit);
    rc::prop("walk", [] {
        const std::uint64_t word = any_word();
        const auto from = *rc::gen::inRange<unsigned>(0, 64);
        unsigned expected = k_no_bit;
        for (unsigned i = 0; i < 64 && expected == k_no_bit; ++i) {
            if ((word >> ((from + i) % 64) & 1) != 0) expected = (from + i) % 64;
        }
        RC_ASSERT(next_set_bit_circular(word, from) == expected);
    });
}

TEST_CASE("padded values lie on lines of their own", "[base][cache_line]") {
    padded<char> pair[2];
    const auto distance =
        reinterpret_cast<std::byte*>(&pair[1].value) - reinterpret_cast<std::byte*>(&pair[0].value);
    REQUIRE(distance == static_cast<std::ptrdiff_t>(k_no_false_sharing));
    REQUIRE(reinterpret_cast<std::uintptr_t>(&pair[0].value) % k_no_false_sharing == 0);
    struct big {
        std::byte bytes[k_no_false_sharing + 1];
    };
    REQUIRE(sizeof(padded<big>) == 2 * k_no_false_sharing);
}

TEST_CASE("padded gives access to what it holds", "[base][cache_line]") {
    padded<std::string> text(std::in_place, 3U, 'x');
    REQUIRE(*text == "xxx");
    REQUIRE(text->size() == 3);
    REQUIRE(*padded<int>() == 0);
}
