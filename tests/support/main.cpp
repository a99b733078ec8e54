// The main of every Catch2 test program: settles the seed, prints it, and ends a failing run with
// the command that repeats it. Messages go to stderr, because test discovery reads stdout.
//
// Seed: CYCLONE_SEED (0x... or decimal), else --rng-seed N, else a new one from the clock, so that
// each run looks elsewhere. RapidCheck takes the same seed unless RC_PARAMS already names one.

#if defined(__GNUC__) && !defined(__clang__)
// With sanitizers on, GCC 12 takes std::regex inside the test framework for uninitialised.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "support/seed.hpp"

namespace {

std::uint64_t process_seed = 0;

// CYCLONE_SEED, nothing when unset. A seed that cannot be read ends the process: to run with
// another one would look like a repetition and be none.
std::optional<std::uint64_t> seed_from_environment() {
    const char* const text = std::getenv("CYCLONE_SEED");
    if (text == nullptr || *text == '\0') return std::nullopt;
    const auto seed = cyclone::parse_seed(text);
    if (!seed) {
        std::fprintf(stderr, "CYCLONE_SEED=%s: not a seed; give 0x and hex digits, or a decimal\n",
                     text);
        std::exit(64);
    }
    return seed;
}

std::uint64_t choose_seed(unsigned catch_seed) {
    if (const auto given = seed_from_environment()) return *given;
    if (catch_seed != 0) return catch_seed;
    return cyclone::splitmix64(static_cast<std::uint64_t>(cyclone::clock::realtime_ns()))();
}

void seed_rapidcheck(std::uint64_t seed) {
    const char* const given = std::getenv("RC_PARAMS");
    std::string params = given != nullptr ? given : "";
    if (params.find("seed=") != std::string::npos) return;
    params += (params.empty() ? "seed=" : " seed=") + std::to_string(seed);
    ::setenv("RC_PARAMS", params.c_str(), 1);
}

// An argument as a shell reads it back.
std::string quoted(const std::string& argument) {
    std::string text = "'";
    for (const char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

}  // namespace

std::uint64_t cyclone::test::seed() noexcept { return process_seed; }

int main(int argc, char* argv[]) {
    Catch::Session session;
    if (const int misuse = session.applyCommandLine(argc, argv); misuse != 0) return misuse;
    const auto& config = session.configData();
    const bool runs = !config.showHelp && !config.listTests && !config.listTags &&
                      !config.listTestNamesOnly && !config.listReporters && !config.libIdentify;
    process_seed = choose_seed(config.rngSeed);
    session.configData().rngSeed = static_cast<unsigned>(process_seed);
    // A filter that matches nothing is a mistake and not a success.
    session.configData().warnings = static_cast<Catch::WarnAbout::What>(
        session.configData().warnings | Catch::WarnAbout::NoTests);
    seed_rapidcheck(process_seed);
    if (!runs) return session.run();

    const std::string seed = cyclone::seed_text(process_seed);
    std::fprintf(stderr, "seed: %s\n", seed.c_str());
    const int failures = session.run();
    if (failures != 0) {
        std::string command = "CYCLONE_SEED=" + seed;
        for (int i = 0; i < argc; ++i) command += " " + quoted(argv[i]);
        std::fprintf(stderr, "repro: %s\n", command.c_str());
    }
    return failures;
}
