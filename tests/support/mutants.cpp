#include "support/mutants.hpp"

#include <array>
#include <cstring>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cyclone::test {
namespace {

constexpr int k_exit_no_answer = 3;  // not one of a sanitizer's

void limit_this_process(child_limits limits) {
    const rlimit cpu{limits.cpu_seconds, limits.cpu_seconds};
    setrlimit(RLIMIT_CPU, &cpu);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(limits.wall_seconds);
}

std::string how_it_ended(int status) {
    if (!WIFSIGNALED(status)) return {};
    const int signal = WTERMSIG(status);
    if (signal == SIGXCPU || signal == SIGKILL || signal == SIGALRM) return "endless loop";
    return strsignal(signal);
}

/// What the child says. Nothing may leave it: it would go on with the tests as a second process.
bool answer_into(int fd, const judgement& judge) noexcept {
    try {
        const std::string found = judge();
        const std::string line = found.empty() ? "survived\n" : "found:" + found + "\n";
        return write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    } catch (...) {
        return false;
    }
}

}  // namespace

std::string fate(const judgement& judge, child_limits limits) {
    std::array<int, 2> channel{};
    REQUIRE(pipe(channel.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        limit_this_process(limits);
        _exit(answer_into(channel[1], judge) ? 0 : k_exit_no_answer);
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
    REQUIRE_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == k_exit_no_answer));
    if (WIFEXITED(status) && said != "survived\n") return "sanitizer";  // ends what it finds broken
    return how_it_ended(status);
}

}  // namespace cyclone::test
