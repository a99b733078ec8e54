// Mutants: every seeded bug of the registry must be found, and the evidence says by whom. Each
// checker is tried on each bug in a process of its own, with CYCLONE_MUTANT set, since what is
// broken may crash or never return; that too is being found. Every checker passes on what ships:
// otherwise its finds would mean nothing.
//
// Bugs that queues are known for, and the seeded ones that stand for them (variant and number):
//   relaxed publish, read, release, check      lamport_spsc 1 2 3 4, cached_spsc 1 2 3 4
//   cached index never refreshed               cached_spsc 5 6
//   full at capacity less one, or one more     lamport_spsc 5 8, cached_spsc 8, mutex_ring 2
//   capacity not a power of two at 2^32        lamport_spsc 6, cached_spsc 9
//   index stored before the data               lamport_spsc 7, vyukov_mpmc 1
//   a stale cache trusted by the pop           cached_spsc 7
//   link before exchange; link, next, exchange relaxed    vyukov_mpsc 1 2 3 4
//   empty while a push is half done            vyukov_mpsc 5, vyukov_mpmc 8
//   stub forgotten; node left too early        vyukov_mpsc 6 7
//   turn by one and not by the capacity        vyukov_mpmc 2
//   turns relaxed, in reading and writing      vyukov_mpmc 3 4 5
//   32-bit turns                               vyukov_mpmc 6
//   a weak failure taken for full              vyukov_mpmc 7
//   no tag, a tag too narrow                   treiber_stack 1 2
//   the node given back, and then read         treiber_stack 3
//   pop relaxed, push relaxed                  treiber_stack 4 5
//   the result of the swap ignored             treiber_stack 6
#include "support/mutants.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <signal.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.hpp"
#include "support/seed.hpp"

namespace cyclone::queue::test {
namespace {

/// What one checker may use on a seeded bug. On the hunt (support.hpp) what ships takes well below
/// that on an idle machine; on a busy one its threads spin for each other's turns, so it may take
/// ten times as much.
struct limits {
    unsigned cpu_seconds = 6;
    unsigned wall_seconds = 30;
};
constexpr limits k_of_bugs{};
constexpr limits k_of_what_ships{60, 300};

struct checker {
    const char* name;
    const char* program;  ///< beside this one
    const char* tests;    ///< which test cases it is, as the command line says it
};

/// In the order of the report's columns. The first that finds a bug is named in the summary.
constexpr std::array<checker, 5> k_checkers{{
    {"conformance", "queue_tests", "[conformance]"},
    {"lock step", "queue_tests", "[property]"},
    {"crowd", "queue_tests", "crowd:*"},
    {"stalled", "queue_tests", "stalled:*"},
    {"explored", "queue_explored", "every execution*"},
}};

std::string program_of(const checker& with) {
    const auto program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / with.program;
    if (!std::filesystem::exists(program)) {
        throw std::runtime_error(
            fmt::format("{}: not there; build the target {}", program.string(), with.program));
    }
    return program.string();
}

/// What a child that could not even be tried means: neither found nor survived.
[[noreturn]] void broken_off(const char* what) {
    throw std::runtime_error(fmt::format("{}: {}", what, strerror(errno)));
}

/// Becomes a checker on one seeded bug. Only what may be called between fork and exec.
[[noreturn]] void become(const char* program, const char* const* arguments,
                         char* const* environment, int output, const limits& most) {
    const rlimit cpu{most.cpu_seconds, most.cpu_seconds + 1};
    const rlimit no_core{0, 0};
    alarm(most.wall_seconds);  // outlives the exec: threads asleep use no processor time
    if (setrlimit(RLIMIT_CPU, &cpu) == 0 && setrlimit(RLIMIT_CORE, &no_core) == 0 &&
        dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0) {
        execve(program, const_cast<char* const*>(arguments), environment);
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
        constexpr std::array<std::string_view, 7> k_ours{
            "CYCLONE_EVIDENCE", "CYCLONE_VARIANT", "CYCLONE_MUTANT", "CYCLONE_SEED",
            "CYCLONE_FULL",     "CYCLONE_HUNT",    "RC_PARAMS"};
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
         fmt::format("CYCLONE_SEED={}", k_mutant_seed), std::string("CYCLONE_HUNT=1")});
    const std::string program = program_of(with);
    std::vector<std::string> words{program, with.tests, "--abort"};
    const auto environment = pointers_to(lines);
    const auto arguments = pointers_to(words);
    std::array<int, 2> channel{};
    if (pipe2(channel.data(), O_CLOEXEC) != 0) broken_off("pipe");
    const pid_t child = fork();
    if (child == 0) {
        become(program.c_str(), arguments.data(), environment.data(), channel[1],
               number == 0 ? k_of_what_ships : k_of_bugs);
    }
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
    if (WIFSIGNALED(last.status)) {
        const int signal = WTERMSIG(last.status);
        if (signal == SIGXCPU || signal == SIGKILL || signal == SIGALRM) return "endless loop";
        return last.said.find("assertion failed") != std::string::npos ? "assertion"
                                                                       : strsignal(signal);
    }
    if (WIFEXITED(last.status) && WEXITSTATUS(last.status) == 0) return {};
    // The property that a checker names, or the fault that the explorer names.
    constexpr std::array k_signs{"S1 once",          "S2 order",    "S3 empty",   "S4 full",
                                 "S8 stuck",         "S12 batch",   "race",       "uninitialised",
                                 "use_after_free",   "double_free", "leak",       "deadlock",
                                 "not_linearizable", "too_long",    "requirement"};
    const auto at = std::find_if(k_signs.begin(), k_signs.end(), [&](const char* sign) {
        return last.said.find(fmt::format("found:{}", sign)) != std::string::npos ||
               last.said.find(fmt::format("{}: ", sign)) != std::string::npos;
    });
    return at == k_signs.end() ? "outcome" : *at;
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

TEST_CASE("the checkers find nothing in what ships, and every variant has a bug", "[mutants]") {
    for (const registration* row : chosen_rows()) {
        if (row->part == role::peer) continue;  // the suites themselves are all there is to say
        CHECK_FALSE(row->mutants.empty());
        for (const checker& with : k_checkers) {
            const last_words last = try_checker(*row, 0, with);
            INFO(row->name << ", " << with.name << ":\n" << last.said);
            CHECK(sign_of(last) == "");
        }
    }
}

}  // namespace cyclone::queue::test
