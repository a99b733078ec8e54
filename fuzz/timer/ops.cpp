// Differential fuzzing of the timers: one input is an origin in time and a program; every row of
// the registry runs it in lock step with the model, and rows that promise the oracle's order must
// fire exactly as the oracle does. An input that breaks something aborts with the program in words.
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "timer/lockstep.hpp"
#include "timer/registry.hpp"

namespace {

using namespace cyclone::timer;

[[noreturn]] void broken(const registration& row, const std::string& what,
                         const program& operations) {
    std::fprintf(stderr, "%.*s: %s\n%srepro: run this target on the crash file\n",
                 static_cast<int>(row.name.size()), row.name.data(), what.c_str(),
                 to_string(operations).c_str());
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t k_ops_max = 400;
    if (size < 4 || size > 1 + 3 * k_ops_max) return 0;
    constexpr tick k_origins[] = {0, 1, 63, 4095, (tick{1} << 32) - 2, (tick{1} << 50) - 1};
    const tick origin = k_origins[data[0] % 64 % std::size(k_origins)];
    const program operations = decode_program(std::span(data + 1, size - 1));
    const lockstep_options options{
        .origin = origin, .sleep_by_model = (data[0] & 128) != 0, .audit = (data[0] & 64) != 0};
    const auto expected = run_lockstep(registry().front().make, operations, options);
    for (const registration& row : registry()) {
        const auto found = run_lockstep(row.make, operations, options);
        if (found.broken)
            broken(row, found.broken->property + ": " + found.broken->detail, operations);
        const bool same_order =
            options.sleep_by_model && row.make(0)->declared().fire_order == order::fifo;
        if (same_order && found.trace != expected.trace)
            broken(row, "fires unlike the oracle", operations);
    }
    return 0;
}
