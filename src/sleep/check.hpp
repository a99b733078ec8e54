// Checking a sleeper in real time, in milliseconds each: what the contract says, one by one. The
// same checks serve the tests and the gate of the benchmark. What must not happen (early, lost,
// made up) is asked of every sleep; what a busy machine may spoil (late) of the best of many.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sleep/any.hpp"

namespace cyclone::sleep {

using maker = result<std::unique_ptr<any>> (*)();

struct violation {
    std::string property;  ///< "P2 early", for instance
    std::string detail;
};

// Each answers nothing if all is well. They end by themselves if the sleeper does.
[[nodiscard]] std::optional<violation> check_past(maker make);     ///< P6
[[nodiscard]] std::optional<violation> check_pending(maker make);  ///< P3, P4, one thread
[[nodiscard]] std::optional<violation> check_calls(maker make);    ///< P7, as the variant counts
/// P2: so many sleeps of 0.1 to 4 ms, fractions of a millisecond and of a microsecond.
[[nodiscard]] std::optional<violation> check_early(maker make, unsigned sleeps, std::uint64_t seed);
/// P2: signals that are handled while it sleeps. Uses SIGUSR2, and gives it back.
[[nodiscard]] std::optional<violation> check_signals(maker make);
/// P3: a wake ends a sleep of two seconds, and one without a deadline.
[[nodiscard]] std::optional<violation> check_interrupted(maker make);
/// P8: the best of some sleeps is no later than 10 ms beyond what is declared, though a while
/// passes between one sleep and the next.
[[nodiscard]] std::optional<violation> check_punctual(maker make);
/// P4, P5: a thread hands over so many numbers by a wake each, at random moments about the sleep;
/// then it wakes without pause, and no more wakes come out than went in.
[[nodiscard]] std::optional<violation> check_handovers(maker make, unsigned rounds,
                                                       std::uint64_t seed);
/// P3, P4, P6: a program of wakes and sleeps, a byte each, against a model that is one bit.
[[nodiscard]] std::optional<violation> check_program(maker make,
                                                     std::span<const std::uint8_t> program);

/// How far find_violation goes.
struct effort {
    unsigned sleeps = 20;
    unsigned handovers = 300;
    std::uint64_t seed = 1;
};

/// All of the above; the first thing found broken. About a quarter of a second as it stands.
[[nodiscard]] std::optional<violation> find_violation(maker make, const effort& how = {});

}  // namespace cyclone::sleep
