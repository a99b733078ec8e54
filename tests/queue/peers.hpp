// What the witnesses of the peers share: a peer that may not be built, and waiting with an end.
#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "support.hpp"

namespace cyclone::queue::test {

/// Longer than any call here takes, on any machine that is not stuck.
inline constexpr std::chrono::milliseconds k_patience{20000};
/// How long one looks at a call that ought to wait for another one before it is called waiting.
inline constexpr std::chrono::milliseconds k_patience_of_a_stopped{50};

/// Whether it comes true in time.
template <class Condition>
[[nodiscard]] bool comes_true(Condition condition,
                              std::chrono::milliseconds patience = k_patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return condition();
        std::this_thread::yield();
    }
    return true;
}

/// Runs a witness in a section of the peer's, where it is built and asked for.
template <class Witness>
void on_peer(const std::string& name, const char* what, Witness witness) {
    if (chosen_mutant() != 0) return;
    for (const registration* row : chosen_rows()) {
        if (row->name != name) continue;
        DYNAMIC_SECTION(name << ": " << what) {
            count_cases(1);
            witness(*row);
        }
    }
}

}  // namespace cyclone::queue::test
