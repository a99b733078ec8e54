// Mutants: every seeded bug of the registry must be found. Each runs in a process of its own, since
// a broken sleeper may sleep for ever; that too is being found. Seeds are fixed: whether a bug is
// found must not be luck.
#include <array>
#include <cstring>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.hpp"

namespace cyclone::sleep::test {
namespace {

constexpr unsigned k_cpu_seconds_max = 20;
constexpr unsigned k_wall_seconds_max = 30;

void limit_this_process() {
    const rlimit cpu{k_cpu_seconds_max, k_cpu_seconds_max};
    setrlimit(RLIMIT_CPU, &cpu);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(k_wall_seconds_max);
}

constexpr int k_exit_no_answer = 3;  // not one of a sanitizer's

std::string how_it_ended(int status) {
    if (!WIFSIGNALED(status)) return {};
    const int signal = WTERMSIG(status);
    if (signal == SIGXCPU || signal == SIGKILL || signal == SIGALRM) return "endless loop";
    return strsignal(signal);
}

/// What the child says. Nothing may leave it: it would go on with the tests as a second process.
bool answer_into(int fd, factory make) noexcept {
    try {
        const auto found = find_violation(make, {});
        const std::string line = found ? "found:" + found->property + "\n" : "survived\n";
        return write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    } catch (...) {
        return false;
    }
}

/// Runs the checks in a child and returns what found the mutant, or nothing if it survived.
std::string fate(factory make) {
    std::array<int, 2> channel{};
    REQUIRE(pipe(channel.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        limit_this_process();
        _exit(answer_into(channel[1], make) ? 0 : k_exit_no_answer);
    }
    close(channel[1]);
    std::string said;
    std::array<char, 256> buffer{};
    for (ssize_t got = 0; (got = read(channel[0], buffer.data(), buffer.size())) > 0;) {
        said.append(buffer.data(), static_cast<std::size_t>(got));
    }
    close(channel[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    if (said.starts_with("found:")) return said.substr(6, said.find('\n') - 6);
    // A child that could not judge, for want of threads say, has shown nothing about anything.
    REQUIRE_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == k_exit_no_answer));
    if (WIFEXITED(status) && said != "survived\n") return "sanitizer";  // ends what it finds broken
    return how_it_ended(status);
}

}  // namespace

TEST_CASE("every seeded bug is found", "[mutants]") {
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
}

TEST_CASE("every variant has a seeded bug", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        INFO(row->name);
        CHECK((row->part == role::peer || !row->mutants.empty()));
    }
}

TEST_CASE("the checks find nothing in what ships", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        INFO(row->name);
        CHECK(fate(row->make) == "");
    }
}

}  // namespace cyclone::sleep::test
