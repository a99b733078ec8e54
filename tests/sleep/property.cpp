// Property: random programs of wakes and sleeps against a model that is one bit, and numbers handed
// over from thread to thread, a wake each.
#include <sstream>

#include "base/rng.hpp"
#include "support.hpp"
#include "support/seed.hpp"

namespace cyclone::sleep::test {
namespace {

std::string seed_text(std::uint64_t seed) {
    std::ostringstream out;
    out << "0x" << std::hex << seed;
    return out.str();
}

}  // namespace

TEST_CASE("P3, P4, P6: programs of wakes and sleeps", "[property]") {
    on_each("programs", [](const registration& row) {
        rng random(cyclone::test::seed());
        const std::size_t programs = cyclone::test::effort(10, 100);
        for (std::size_t i = 0; i < programs; ++i) {
            std::vector<std::uint8_t> program(1 + random.uniform(40));
            for (std::uint8_t& byte : program) byte = static_cast<std::uint8_t>(random());
            INFO("repro: CYCLONE_SEED=" << seed_text(cyclone::test::seed()) << ", program " << i);
            REQUIRE(text(check_program(row.make, program)) == "");
            count_cases(program.size());
        }
    });
}

TEST_CASE("P2: fractions of a millisecond", "[property]") {
    on_each("fractions", [](const registration& row) {
        const auto sleeps = static_cast<unsigned>(cyclone::test::effort(40, 2000));
        INFO("repro: CYCLONE_SEED=" << seed_text(cyclone::test::seed()));
        REQUIRE(text(check_early(row.make, sleeps, cyclone::test::seed())) == "");
        count_cases(sleeps);
    });
}

TEST_CASE("P4, P5: no wake is lost between two threads", "[property]") {
    on_each("handovers", [](const registration& row) {
        const auto rounds = static_cast<unsigned>(cyclone::test::effort(2000, 50000));
        INFO("repro: CYCLONE_SEED=" << seed_text(cyclone::test::seed()));
        REQUIRE(text(check_handovers(row.make, rounds, cyclone::test::seed())) == "");
        count_cases(2 * rounds);
    });
}

}  // namespace cyclone::sleep::test
