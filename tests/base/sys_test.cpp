// The kernel's errors and counters as values.

#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/clock.hpp"
#include "support/temp_folder.hpp"
#include "sys/errno.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace {

using namespace cyclone;

std::string contents(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("errno has a name, a meaning and a code", "[base][sys]") {
    REQUIRE(sys::errno_name(ENOENT) == "ENOENT");
    REQUIRE(sys::errno_name(EAGAIN) == "EAGAIN");
    REQUIRE(sys::errno_name(99999) == "errno 99999");
    REQUIRE(sys::code_of_errno(ENOENT) == error_code::not_found);
    REQUIRE(sys::code_of_errno(EACCES) == error_code::permission_denied);
    REQUIRE(sys::code_of_errno(ENOSPC) == error_code::resource_exhausted);
    REQUIRE(sys::code_of_errno(ENOSYS) == error_code::unavailable);
    REQUIRE(sys::code_of_errno(EIO) == error_code::io_error);
    REQUIRE(sys::code_of_errno(99999) == error_code::io_error);

    const auto line = std::source_location::current().line() + 1;
    const result<void> r = sys::fail_errno(ENOENT, "cannot open x");
    REQUIRE(r.error().message == "cannot open x: ENOENT (No such file or directory)");
    REQUIRE(r.error().code == error_code::not_found);
    REQUIRE(r.error().place.line() == line);
}

TEST_CASE("append_once creates, then appends", "[base][sys]") {
    const test::temp_folder folder;
    const auto file = folder.path() / "lines";
    REQUIRE(sys::append_once(file, "one\n"));
    REQUIRE(sys::append_once(file, "two\n"));
    REQUIRE(contents(file) == "one\ntwo\n");
}

TEST_CASE("append_once says which file and why not", "[base][sys]") {
    const test::temp_folder folder;
    const auto missing = sys::append_once(folder.path() / "no/such", "x");
    REQUIRE_FALSE(missing);
    REQUIRE(missing.error().code == error_code::not_found);
    REQUIRE(missing.error().message.find("no/such") != std::string::npos);
    const auto full = sys::append_once("/dev/full", "x");
    REQUIRE_FALSE(full);
    REQUIRE(full.error().code == error_code::resource_exhausted);
    REQUIRE(full.error().message.find("ENOSPC") != std::string::npos);
}

TEST_CASE("usage counts what this process does", "[base][sys]") {
    const auto before = sys::process_usage();
    REQUIRE(before);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    constexpr std::size_t k_pages = 100;

    // Fresh memory faults once a page. Small pages, so that the count is ours to know.
    void* const memory =
        ::mmap(nullptr, k_pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    ::madvise(memory, k_pages * page, MADV_NOHUGEPAGE);
    for (std::size_t i = 0; i < k_pages; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
    ::munmap(memory, k_pages * page);
    const auto faulted = sys::process_usage();
    REQUIRE(faulted);

    // A read from an empty pipe gives up the core until the other thread writes.
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ssize_t got = -1;
    std::thread reader([&] {
        char c = 0;
        got = ::read(ends[0], &c, 1);
    });
    const auto waiting = [&] {
        const auto now = sys::process_usage();
        return now && (*now - *faulted).ctx_voluntary > 0;
    };
    while (!waiting()) std::this_thread::yield();
    REQUIRE(::write(ends[1], "x", 1) == 1);
    reader.join();
    ::close(ends[0]);
    ::close(ends[1]);
    REQUIRE(got == 1);

    const sys::usage delta = *sys::process_usage() - *before;
    REQUIRE((*faulted - *before).faults_minor >= static_cast<std::int64_t>(k_pages));
    REQUIRE(delta.ctx_voluntary >= 1);
    REQUIRE(delta.ctx_involuntary >= 0);
    REQUIRE(delta.cpu_ns > 0);
}

TEST_CASE("the difference of two usages is taken field by field", "[base][sys]") {
    const sys::usage d = sys::usage{11, 22, 33, 44, 55} - sys::usage{1, 2, 3, 4, 5};
    REQUIRE(d.ctx_voluntary == 10);
    REQUIRE(d.ctx_involuntary == 20);
    REQUIRE(d.faults_minor == 30);
    REQUIRE(d.cpu_ns == 40);
    REQUIRE(d.faults_major == 50);
}

TEST_CASE("pinning binds the calling thread to that CPU", "[base][sys]") {
    cpu_set_t allowed;
    REQUIRE(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        bool pinned = false;
        int ran_on = -1;
        int count = 0;
        std::thread([&] {
            pinned = sys::pin_to_cpu(cpu).has_value();
            ran_on = ::sched_getcpu();
            cpu_set_t mine;
            ::sched_getaffinity(0, sizeof mine, &mine);
            count = CPU_COUNT(&mine);
        }).join();
        REQUIRE(pinned);
        REQUIRE(ran_on == static_cast<int>(cpu));
        REQUIRE(count == 1);
    }
    for (const unsigned wrong : {CPU_SETSIZE - 1U, CPU_SETSIZE + 0U, ~0U}) {
        const auto r = sys::pin_to_cpu(wrong);
        REQUIRE_FALSE(r);
        REQUIRE(r.error().code == error_code::invalid_argument);
        REQUIRE(r.error().message.find(std::to_string(wrong)) != std::string::npos);
        const bool beyond_any_set = wrong >= CPU_SETSIZE;
        REQUIRE((r.error().message.find("below " + std::to_string(CPU_SETSIZE)) !=
                 std::string::npos) == beyond_any_set);
    }
}

TEST_CASE("a process that is to die with its parent does", "[base][sys]") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t parent = ::fork();
    REQUIRE(parent >= 0);
    if (parent == 0) {
        const int me = ::getpid();
        if (::fork() == 0) {  // the one that is to die; the alarm is for the case that it does not
            ::alarm(20);
            const char answer = sys::die_with_parent(me) ? 'y' : 'n';
            if (::write(ends[1], &answer, 1) != 1) ::_exit(1);
            for (;;) ::pause();
        }
        ::close(ends[1]);
        char ready = 0;
        const ssize_t got = ::read(ends[0], &ready, 1);
        ::_exit(got == 1 && ready == 'y' ? 0 : 1);
    }
    ::close(ends[1]);
    int status = -1;
    REQUIRE(::waitpid(parent, &status, 0) == parent);
    REQUIRE(status == 0);
    const std::int64_t begin = clock::monotonic_ns();
    char nothing = 0;
    REQUIRE(::read(ends[0], &nothing, 1) == 0);  // the last writer has gone
    REQUIRE(clock::monotonic_ns() - begin < 10'000'000'000);
    ::close(ends[0]);
}

TEST_CASE("a parent that is not the one expected has ended", "[base][sys]") {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto wrong = sys::die_with_parent(::getpid());
        ::_exit(!wrong && wrong.error().code == error_code::closed ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
}
