// Mutants: every seeded bug of the registry must be found, and the evidence says by whom. Each
// checker is tried on each bug in a process of its own, this program again with CYCLONE_MUTANT set,
// since what is broken may crash or never return; that too is being found. Every checker passes on
// what ships: otherwise its finds would mean nothing.
//
// Bugs that timers are known for, and the seeded ones that stand for them (variant and number):
//   a round too late at multiples of the period   hashed_wheel 5, 2
//   the missing tick more: a lap late             noncascading_wheel 6
//   limit compared with the deadline, not delta   cascading_wheel 8, noncascading_wheel 2
//   no wrap at the top level                      cascading_wheel 7, 2
//   placed by the time now at a cascade           hierarchical_wheel 6, cascading_wheel 5
//   no cascade at slot 0 of a coarser wheel       cascading_wheel 6
//   bitmap left after the last cancel             hierarchical_wheel 5 and its like, 4 variants
//   cached next deadline not lowered, not raised  soft_timers 1, 2, 3; line_wheel 3, lazy_heap 2
//   stop of a batch-mate ignored                  unsorted_list 2, tickless_wheel 7, stabbing 5
//   removal without sifting up                    binary_heap 1, quad_heap 1
//   level from the distance instead of the xor    hierarchical_wheel 1
//   < for <= where a level ends                   hierarchical_wheel 2, noncascading_wheel 5
//   cascade after firing                          cascading_wheel 1, line_wheel 4
//   removed at the tick it is due                 tickless_wheel 5, unsorted_list 3, stabbing 4
//   beyond the range fires early                  cascading_wheel 3, hashed_wheel 1
//   next deadline hides one of another level      hierarchical_wheel 7, noncascading_wheel 3
//   rounding down is early                        noncascading_wheel 1, coalescing 1
//   cancelled or moved in its own callback        hashed_wheel 7
//   started anew into the slot being drained      hashed_wheel 6
//   a leap skips a lap                            hierarchical_wheel 8, cascading_wheel 4
//   unlinked while being moved                    hashed_wheel 3, hierarchical_wheel 3
#include "support/mutants.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.hpp"

namespace cyclone::timer::test {
namespace {

constexpr unsigned k_cpu_seconds_max = 2;  ///< of one checker: what ships takes well below one

struct checker {
    const char* name;
    const char* tests;  ///< which test cases it is, as the command line says it
};

/// In the order of the report's columns. The first that finds a bug is named in the summary.
constexpr std::array<checker, 10> k_checkers{{
    {"lock step", "checker: lock step with the model"},
    {"audit", "checker: the structure's own audit"},
    {"split and shift", "checker: splitting and shifting time"},
    {"conformance", "[conformance]"},
    {"regressions", "[regressions]"},
    {"short programs", "every short program*"},
    {"crowds", "crowds*"},
    {"corpus", "checker: the fuzzer's corpus"},
    {"counted work", "[counted_work]"},
    {"resources", "[resources]"},
}};

/// What a child that could not even be tried means: neither found nor survived.
[[noreturn]] void broken_off(const char* what) {
    throw std::runtime_error(fmt::format("{}: {}", what, strerror(errno)));
}

/// Becomes this program again, on one seeded bug and one checker. Only what may be called between
/// fork and exec.
[[noreturn]] void become(const char* const* arguments, char* const* environment, int output) {
    const rlimit cpu{k_cpu_seconds_max, k_cpu_seconds_max + 1};
    const rlimit no_core{0, 0};
    if (setrlimit(RLIMIT_CPU, &cpu) == 0 && setrlimit(RLIMIT_CORE, &no_core) == 0 &&
        dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0) {
        execve("/proc/self/exe", const_cast<char* const*>(arguments), environment);
    }
    constexpr std::string_view k_words = "not tried\n";
    static_cast<void>(write(output, k_words.data(), k_words.size()));
    _exit(127);
}

/// The environment of a child: this one's, without a place for evidence, and with these.
std::vector<std::string> environment_with(const std::vector<std::string>& more) {
    std::vector<std::string> all;
    for (char** line = environ; *line != nullptr; ++line) {
        const std::string_view name(*line, std::strcspn(*line, "="));
        // Long runs are not for seeded bugs either: they would not end within k_cpu_seconds_max.
        constexpr std::array<std::string_view, 6> k_ours{"CYCLONE_EVIDENCE", "CYCLONE_VARIANT",
                                                         "CYCLONE_MUTANT",   "CYCLONE_SEED",
                                                         "CYCLONE_FULL",     "RC_PARAMS"};
        if (std::find(k_ours.begin(), k_ours.end(), name) == k_ours.end()) all.emplace_back(*line);
    }
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

struct last_words {
    std::string said;
    int status = 0;
};

/// Tries one checker on seeded bug `number` of a row; 0 is what ships. Throws if that is not to be
/// had: a checker that was never tried has not been survived.
last_words try_checker(const registration& row, int number, const checker& with) {
    std::vector<std::string> lines = environment_with(
        {fmt::format("CYCLONE_VARIANT={}", row.name), fmt::format("CYCLONE_MUTANT={}", number),
         fmt::format("CYCLONE_SEED={}", k_mutant_seed)});
    std::vector<std::string> words{"timer_tests", with.tests, "--abort"};
    const auto environment = pointers_to(lines);
    const auto arguments = pointers_to(words);
    std::array<int, 2> channel{};
    if (pipe2(channel.data(), O_CLOEXEC) != 0) broken_off("pipe");
    const pid_t child = fork();
    if (child == 0) become(arguments.data(), environment.data(), channel[1]);
    close(channel[1]);
    last_words last;
    std::array<char, 4096> buffer{};
    ssize_t got = 0;
    while (child > 0 && ((got = read(channel[0], buffer.data(), buffer.size())) > 0 ||
                         (got < 0 && errno == EINTR))) {
        if (got > 0 && last.said.size() < 65536)
            last.said.append(buffer.data(), static_cast<std::size_t>(got));
    }
    close(channel[0]);
    if (child < 0) broken_off("fork");
    if (waitpid(child, &last.status, 0) != child) broken_off("waitpid");
    if (WIFEXITED(last.status) && WEXITSTATUS(last.status) == 127) broken_off("exec");
    return last;
}

/// The sign by which a checker found a bug; empty if it passed.
std::string sign_of(const last_words& last) {
    if (const std::size_t at = last.said.rfind("found:"); at != std::string::npos)
        return last.said.substr(at + 6, last.said.find('\n', at) - at - 6);
    if (WIFSIGNALED(last.status)) {
        const int signal = WTERMSIG(last.status);
        if (signal == SIGXCPU || signal == SIGKILL) return "endless loop";
        return last.said.find("assertion failed") != std::string::npos ? "assertion"
                                                                       : strsignal(signal);
    }
    if (WIFEXITED(last.status) && WEXITSTATUS(last.status) == 0) return {};
    if (last.said.find("Sanitizer") != std::string::npos) return "sanitizer";
    return "outcome";
}

}  // namespace

TEST_CASE("every seeded bug is found", "[mutants]") {
    std::uint64_t tried = 0;
    for (const registration* row : chosen_rows()) {
        if (row->mutants.empty()) continue;
        const auto score = cyclone::test::try_every_checker(
            *row, k_checkers, [&](const checker& with, const mutant& m) {
                return sign_of(try_checker(*row, m.number, with));
            });
        tried += score.total;
    }
    WARN(tried << " mutants tried by " << k_checkers.size() << " checkers");
}

TEST_CASE("the checkers find nothing in what ships", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        for (const checker& with : k_checkers) {
            const last_words last = try_checker(*row, 0, with);
            INFO(row->name << ", " << with.name << ":\n" << last.said);
            CHECK(sign_of(last) == "");
        }
    }
}

}  // namespace cyclone::timer::test
