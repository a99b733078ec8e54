// All programs of bounded length on two timers, started a tick or two before the boundaries at
// which a wheel cascades: nothing is drawn, so nothing that is this short is missed.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.hpp"

namespace cyclone::timer::test {
namespace {

/// Just before a digit of base 64 or 8 turns over: one, two and three levels at once.
constexpr std::array<tick, 3> k_origins{62, 4094, 262142};

/// The distances that straddle a level: within it, its last, its first of the next, a lap and more.
constexpr std::array<tick, 5> k_deltas{1, 2, 63, 65, 4097};

std::vector<op> alphabet() {
    std::vector<op> ops{{.kind = op_kind::advance_to_next}};
    for (const tick delta : {1, 2, 64, 4096}) {
        ops.push_back({.kind = op_kind::advance, .delta = delta});
    }
    for (const std::uint8_t timer : {0, 1}) {
        ops.push_back({.kind = op_kind::stop, .timer = timer});
        for (const tick delta : k_deltas) {
            ops.push_back({.kind = op_kind::start, .timer = timer, .delta = delta});
        }
    }
    ops.push_back(
        {.kind = op_kind::script, .timer = 0, .on_fire = reaction::restart_self, .delta = 64});
    ops.push_back(
        {.kind = op_kind::script, .timer = 0, .other = 1, .on_fire = reaction::stop_other});
    return ops;
}

struct outcome {
    std::size_t programs = 0;
    std::string broken;  ///< what broke and the program that shows it; empty if nothing did
};

/// Runs every program of `length` operations whose first starts timer 0: before that nothing
/// happens but that time moves, and the timers are alike.
outcome run_all(const registration& row, factory make, std::size_t length, bool audit) {
    const std::vector<op> ops = alphabet();
    outcome result;
    std::size_t tails = 1;
    for (std::size_t i = 1; i < length; ++i) tails *= ops.size();
    program operations(length);
    for (const tick origin : k_origins) {
        for (const tick first : k_deltas) {
            operations[0] = {.kind = op_kind::start, .timer = 0, .delta = first};
            for (std::size_t code = 0; code < tails; ++code) {
                std::size_t rest = code;
                for (std::size_t i = 1; i < length; ++i, rest /= ops.size()) {
                    operations[i] = ops[rest % ops.size()];
                }
                ++result.programs;
                const auto broken =
                    run_lockstep(make, operations, {.origin = origin, .timers = 2, .audit = audit})
                        .broken;
                if (!broken) continue;
                result.broken =
                    fmt::format("origin {}: {}", origin, describe(row.name, *broken, operations));
                return result;
            }
        }
    }
    return result;
}

/// Whether a broken row is found out, in a process of its own: it may crash or never end.
bool found_out(const registration& row, const mutant& broken) {
    const pid_t child = fork();
    if (child == 0) {
        const rlimit cpu{8, 8};  // all programs take a fraction of a second
        setrlimit(RLIMIT_CPU, &cpu);
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        if (freopen("/dev/null", "w", stderr) == nullptr) _exit(2);
        _exit(run_all(row, broken.make, 3, true).broken.empty() ? 0 : 1);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return false;
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);  // an assertion, a wild pointer, an endless loop
        return signal == SIGABRT || signal == SIGSEGV || signal == SIGXCPU || signal == SIGKILL;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

}  // namespace

TEST_CASE("every short program across a boundary", "[property]") {
    on_each("across a boundary", [](const registration& row) {
        const std::size_t length = effort(3, 5);
        const outcome result = run_all(row, row.make, length, true);
        if (!result.broken.empty()) FAIL(result.broken);
        count_cases(result.programs);
        WARN(row.name << ": " << result.programs << " programs of " << length << " operations");
    });
}

TEST_CASE("short programs find the seeded bugs of the proven wheels", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        if (row->name != "hierarchical_wheel" && row->name != "noncascading_wheel") continue;
        for (const mutant& m : row->mutants) {
            INFO(row->name << " mutant " << m.number << ": " << m.breaks);
            CHECK(found_out(*row, m));
        }
    }
}

}  // namespace cyclone::timer::test
