// Event counters against a kernel made here, which has what a case needs; and against the real one.

#include "sys/counters.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <linux/perf_event.h>
#include <map>
#include <string>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include "base/clock.hpp"
#include "support/temp_folder.hpp"
#include "sys/syscalls.hpp"

namespace {

using namespace cyclone;
using sys::event;

// A kernel whose events advance by `step` for every call made to it while they are enabled.
struct fake_kernel {
    int hardware_errno = 0;  // what opening such an event fails with
    int software_errno = 0;
    int read_errno = 0;
    std::uint64_t step = 10;
    std::uint64_t enabled_per_step = 100;
    std::uint64_t running_per_step = 100;
    struct one {
        sys::event_spec what;
        sys::event_reading now;
        bool on = false;
    };
    std::map<int, one> open_events;
    int next_fd = 100;
    std::vector<sys::event_spec> asked;
};
fake_kernel* fake = nullptr;

void pass() {
    for (auto& [fd, e] : fake->open_events) {
        if (!e.on) continue;
        e.now.value += fake->step;
        e.now.enabled_ns += fake->enabled_per_step;
        e.now.running_ns += fake->running_per_step;
    }
}
int fake_open(const sys::event_spec& what) {
    fake->asked.push_back(what);
    const int wrong = what.type == PERF_TYPE_HARDWARE ? fake->hardware_errno : fake->software_errno;
    if (wrong != 0) return -wrong;
    fake->open_events[++fake->next_fd].what = what;
    return fake->next_fd;
}
int fake_enable(int fd, bool on) {
    pass();  // a call that switches off is still seen, one that switches on is not
    fake->open_events.at(fd).on = on;
    return 0;
}
int fake_read(int fd, sys::event_reading& out) {
    if (fake->read_errno != 0) return -fake->read_errno;
    out = fake->open_events.at(fd).now;
    return 0;
}
void fake_close(int fd) { fake->open_events.erase(fd); }
const sys::event_kernel k_fake{fake_open, fake_enable, fake_read, fake_close};

struct scene {
    fake_kernel kernel;
    scene() { fake = &kernel; }
    ~scene() { fake = nullptr; }
    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;
};

constexpr std::array k_all{event::instructions, event::cycles,        event::branch_misses,
                           event::cache_misses, event::task_clock_ns, event::context_switches,
                           event::migrations,   event::page_faults};
const std::vector<event> k_every(k_all.begin(), k_all.end());

sys::ladder_reading one_region(sys::event_ladder& ladder) {
    ladder.start();
    ladder.stop();
    return ladder.read();
}

}  // namespace

TEST_CASE("a machine with a PMU gives every figure", "[base][counters]") {
    const scene here;
    sys::event_ladder ladder(k_every, k_fake);
    const auto got = one_region(ladder);
    REQUIRE(got.rung == "pmu");
    REQUIRE(got.why.empty());
    REQUIRE(got.figures.size() == k_every.size());
    for (std::size_t i = 0; i < k_every.size(); ++i) {
        REQUIRE(got.figures[i].first == k_every[i]);
        REQUIRE(got.figures[i].second.value() > 0);
    }
}

TEST_CASE("without a PMU the rest still counts, and the reason is given", "[base][counters]") {
    scene here;
    here.kernel.hardware_errno = ENOENT;
    sys::event_ladder ladder(k_every, k_fake);
    const auto got = one_region(ladder);
    REQUIRE(got.rung == "software");
    REQUIRE(got.why ==
            "instructions, cycles, branch_misses, cache_misses: ENOENT (No such file or "
            "directory); this processor or kernel does not offer it");
    for (const auto& [what, figure] : got.figures) {
        REQUIRE(figure.has_value() == !sys::needs_pmu(what));
    }
}

TEST_CASE("a kernel that allows nothing leaves no figure at 0", "[base][counters]") {
    scene here;
    here.kernel.hardware_errno = here.kernel.software_errno = EPERM;
    sys::event_ladder ladder(k_every, k_fake);
    const auto got = one_region(ladder);
    REQUIRE(got.rung == "none");
    REQUIRE(got.why.find("EPERM") != std::string::npos);
    REQUIRE(got.why.find("perf_event_paranoid") != std::string::npos);
    for (const auto& [what, figure] : got.figures) REQUIRE_FALSE(figure.has_value());
}

TEST_CASE("a shared counter is scaled and says so; one never scheduled is no figure",
          "[base][counters]") {
    scene here;
    here.kernel.running_per_step = 25;
    sys::event_ladder ladder({event::cycles}, k_fake);
    auto got = one_region(ladder);
    REQUIRE(got.figures[0].second.value() == 40);  // 10 seen in a quarter of the time
    REQUIRE(got.why == "cycles: scaled up, counted 25 % of the time");
    here.kernel.running_per_step = 0;
    sys::event_ladder starved({event::cycles}, k_fake);
    got = one_region(starved);
    REQUIRE(got.rung == "none");
    REQUIRE_FALSE(got.figures[0].second);
    REQUIRE(got.why.find("never got onto the hardware") != std::string::npos);
}

TEST_CASE("a counter that stands still is not believed", "[base][counters]") {
    scene here;
    here.kernel.step = 0;
    sys::event_ladder ladder({event::instructions, event::branch_misses, event::page_faults},
                             k_fake);
    const auto got = one_region(ladder);
    REQUIRE_FALSE(got.figures[0].second);         // no code runs in 0 instructions
    REQUIRE_FALSE(got.figures[1].second);         // nor is a 0 of the same hardware a count
    REQUIRE(got.figures[2].second.value() == 0);  // the kernel's own is
    REQUIRE(got.rung == "software");
    REQUIRE(got.why == "instructions, branch_misses: stands still on this machine");
    sys::event_ladder alone({event::branch_misses}, k_fake);  // may miss no branch
    REQUIRE(one_region(alone).figures[0].second.value() == 0);
}

TEST_CASE("forget is a new zero, and a failing read is an error", "[base][counters]") {
    scene here;
    auto counter = sys::event_counter::open(sys::spec_of(event::page_faults), k_fake);
    REQUIRE(counter);
    counter->start();
    counter->stop();
    REQUIRE(counter->total().value() == 10);
    counter->forget();
    REQUIRE(counter->total().value() == 0);
    counter->start();
    counter->stop();
    REQUIRE(counter->total().value() == 10);
    here.kernel.read_errno = EIO;
    REQUIRE(counter->total().error().find("EIO") != std::string::npos);
}

TEST_CASE("every descriptor is closed", "[base][counters]") {
    scene here;
    {
        sys::event_ladder ladder(k_every, k_fake);
        sys::event_ladder moved(std::move(ladder));
        REQUIRE(here.kernel.open_events.size() == k_every.size());
    }
    REQUIRE(here.kernel.open_events.empty());
}

TEST_CASE("what happens inside the kernel is asked for with the kernel", "[base][counters]") {
    for (const event what : k_every) {
        const bool scheduler = what == event::context_switches || what == event::migrations;
        REQUIRE(sys::spec_of(what).user_only == !scheduler);
    }
}

TEST_CASE("on this machine a figure is a figure or has a reason", "[base][counters]") {
    sys::event_ladder ladder(k_every);
    ladder.start();
    const std::int64_t until = clock::thread_cpu_ns() + 5'000'000;
    while (clock::thread_cpu_ns() < until) {
    }
    std::thread([] {
        const std::int64_t end = clock::thread_cpu_ns() + 5'000'000;
        while (clock::thread_cpu_ns() < end) {
        }
    }).join();
    ladder.stop();
    for (const auto& [what, figure] : ladder.read().figures) {
        if (!figure) REQUIRE_FALSE(figure.error().empty());
        if (figure && what == event::task_clock_ns) {  // of this thread and of the one it started
            REQUIRE(*figure >= 10'000'000);
            REQUIRE(*figure < 10'000'000'000);
        }
    }
}

TEST_CASE("system calls: without a tracepoint there is a reason, never 0", "[base][counters]") {
    const scene here;
    const test::temp_folder folder;
    const auto counter = sys::syscall_counter::open(k_fake, {folder.path()});
    REQUIRE_FALSE(counter);
    REQUIRE(counter.error().find("mount -t tracefs") != std::string::npos);
}

TEST_CASE("system calls: those of the counting are taken off", "[base][counters]") {
    scene here;
    here.kernel.step = 1;
    const test::temp_folder folder;
    const auto event_folder = folder.path() / "events/raw_syscalls/sys_enter";
    std::filesystem::create_directories(event_folder);
    std::ofstream(event_folder / "id") << "443\n";
    auto counter = sys::syscall_counter::open(k_fake, {"/nonexistent", folder.path()});
    REQUIRE(counter);
    REQUIRE(here.kernel.asked.back().type == PERF_TYPE_TRACEPOINT);
    REQUIRE(here.kernel.asked.back().config == 443);
    REQUIRE_FALSE(here.kernel.asked.back().user_only);
    REQUIRE(counter->total().value() == 0);
    for (int region = 0; region < 5; ++region) {
        counter->start();
        for (int call = 0; call < 10; ++call) pass();
        counter->stop();
    }
    REQUIRE(counter->total().value() == 50);
    here.kernel.software_errno = EACCES;
    const auto refused = sys::syscall_counter::open(k_fake, {folder.path()});
    REQUIRE(refused.error().find("EACCES") != std::string::npos);
}

TEST_CASE("system calls: ten calls count ten, or the reason is known", "[base][counters]") {
    auto counter = sys::syscall_counter::open();
    if (!counter) {
        REQUIRE_FALSE(counter.error().empty());
        return;
    }
    for (int region = 0; region < 3; ++region) {
        counter->start();
        for (int call = 0; call < 10; ++call) ::syscall(SYS_getppid);
        counter->stop();
    }
    REQUIRE(counter->total().value() == 30);
}
