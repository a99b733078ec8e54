// The concurrent components on another machine: this program is compiled for aarch64 and run in an
// emulator. That shows that the code is portable and that what the compiler makes of it for a
// weaker machine is right; it does not show a weaker memory, since the emulator's host orders more
// than the machine it stands for. Memory orders are the explorer's work.
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <optional>
#include <string>

#include "counter/check.hpp"
#include "counter/registry.hpp"
#include "queue/check.hpp"
#include "queue/registry.hpp"
#include "reclamation/check.hpp"
#include "reclamation/registry.hpp"
#include "wake/check.hpp"
#include "wake/registry.hpp"

namespace {

int passed = 0;
int failed = 0;

std::string text(const std::string& finding) { return finding; }
template <class Violation>
std::string text(const std::optional<Violation>& found) {
    return found ? found->property + ": " + found->detail : "";
}

/// Each row of a component through its own judge, which returns what is broken, if anything.
template <class Rows, class Judge>
void judge_all(const char* component, const Rows& rows, Judge judge) {
    for (const auto& row : rows) {
        std::string found;
        try {
            found = text(judge(row));
        } catch (const std::exception& error) {
            found = error.what();
        }
        ++(found.empty() ? passed : failed);
        fmt::print("{} {}: {}\n", component, row.name, found.empty() ? "passed" : found);
        std::fflush(stdout);
    }
}

}  // namespace

int main() {
    using namespace cyclone;
    judge_all("counter", counter::registry(), [](const auto& row) {
        return counter::find_violation(row.make, {2, 500, 2});
    });
    judge_all("queue", queue::registry(),
              [](const auto& row) {
                  return queue::find_violation(row.make, {.programs = 100, .items = 500});
              });
    judge_all("wake", wake::registry(),
              [](const auto& row) { return wake::find_violation(row.make); });
    judge_all("reclamation", reclamation::registry(),
              [](const auto& row) { return reclamation::run_crowds(row.make, {}); });
    fmt::print("{} passed, {} failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
