// Mutants: every seeded bug of the registry must be found. Each runs in a process of its own, since
// a broken variant may crash or never return; that too is being found.
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.hpp"

namespace cyclone::timer::test {
namespace {

constexpr unsigned k_cpu_seconds_max = 8;
constexpr std::uint64_t k_seed =
    0x5eed'0000'0000'0001;  // fixed: whether a bug is found must not be luck

/// The property that a battery of random programs finds broken, if any. Behaviour first; only what
/// behaves well is looked at from inside.
std::string battery(factory make, std::size_t programs) {
    for (const bool audit : {false, true}) {
        rng random(k_seed);
        for (std::size_t i = 0; i < programs; ++i) {
            const program operations = decode_program(random_bytes(random, 120));
            const auto result = run_lockstep(make, operations, {.audit = audit});
            if (result.broken) return result.broken->property;
            if (i % 8 != 0) continue;
            if (const auto broken = check_invariances(make, operations, k_seed + i))
                return broken->property;
        }
    }
    return {};
}

/// Runs the battery in a child and returns what found the mutant, or nothing if it survived.
std::string fate(factory make) {
    std::array<int, 2> channel{};
    if (pipe(channel.data()) != 0) return {};
    const pid_t child = fork();
    if (child == 0) {
        const rlimit cpu{k_cpu_seconds_max, k_cpu_seconds_max};
        setrlimit(RLIMIT_CPU, &cpu);
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        const int quiet =
            dup2(channel[1], STDERR_FILENO);  // an assertion's words are not a failure here
        const std::string property = battery(make, effort(1000, 20000));
        const std::string line = property.empty() ? "survived\n" : "found:" + property + "\n";
        const bool written = quiet >= 0 && write(channel[1], line.data(), line.size()) > 0;
        _exit(written ? 0 : 1);
    }
    close(channel[1]);
    std::string said;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = read(channel[0], buffer.data(), buffer.size())) > 0;) {
        if (said.size() < 65536) said.append(buffer.data(), static_cast<std::size_t>(got));
    }
    close(channel[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return {};
    if (const std::size_t at = said.rfind("found:"); at != std::string::npos) {
        return said.substr(at + 6, said.find('\n', at) - at - 6);
    }
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        if (signal == SIGXCPU || signal == SIGKILL) return "endless loop";
        return said.find("assertion failed") != std::string::npos ? "assertion" : strsignal(signal);
    }
    if (said.find("Sanitizer") != std::string::npos) return "sanitizer";
    return {};
}

}  // namespace

TEST_CASE("every seeded bug is found", "[mutants]") {
    std::size_t tried = 0;
    for (const registration* row : chosen_rows()) {
        lab::evidence line;
        line.variant = std::string(row->name);
        line.suite = "mutants";
        line.tool = "fork";
        line.mutants.emplace();
        for (const mutant& m : row->mutants) {
            const std::string found = fate(m.make);
            INFO(row->name << " mutant " << m.number << ": " << m.breaks);
            CHECK(found != "");
            ++tried;
            ++line.mutants->total;
            if (found.empty()) continue;
            ++line.mutants->killed;
            line.mutants->by[std::to_string(m.number)] = found;
        }
        if (row->mutants.empty()) continue;
        line.cases = line.mutants->total;
        line.passed = line.mutants->killed == line.mutants->total;
        record(std::move(line));
    }
    WARN(tried << " mutants tried");
}

TEST_CASE("the battery finds nothing in what ships", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        INFO(row->name);
        CHECK(fate(row->make) == "");
    }
}

}  // namespace cyclone::timer::test
