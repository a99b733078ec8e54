// Judging a sleeper in real time.

#include "sleep/check.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <functional>
#include <pthread.h>
#include <thread>
#include <vector>

#include "base/rng.hpp"
#include "base/spin.hpp"

namespace cyclone::sleep {

namespace {

constexpr ns k_far = 2 * k_second;  // longer than any of these takes to wake
constexpr ns k_punctual = 10 * k_ms;
constexpr unsigned k_attempts = 30;

violation broken(const char* property, std::string detail) { return {property, std::move(detail)}; }

const char* text(woke why) { return why == woke::wake ? "a wake" : "the deadline"; }

/// Opens a sleeper and hands it to the check; an error, wherever it comes from, is P9.
template <class Check>
std::optional<violation> with(maker make, Check check) {
    auto made = make();
    if (!made) return broken("P9 open", to_string(made.error()));
    return check(**made);
}

/// A sleep with an outcome that is known beforehand, never early.
std::optional<violation> expect(any& one, ns deadline, woke wanted, const char* property) {
    const auto got = one.sleep_until(deadline);
    const ns now = clock::monotonic_ns();
    if (!got) return broken("P9 error", to_string(got.error()));
    if (*got == woke::deadline && now < deadline)
        return broken("P2 early", fmt::format("by {} ns", deadline - now));
    if (*got == wanted) return std::nullopt;
    return broken(property, fmt::format("ended by {}, not by {}", text(*got), text(wanted)));
}

void pause(ns duration) { std::this_thread::sleep_for(std::chrono::nanoseconds(duration)); }

void on_signal(int) {}

/// SIGUSR2 is handled, by nothing, and interrupts system calls, for as long as this lives.
class handled_signal {
 public:
    handled_signal() {
        struct sigaction mine {};
        mine.sa_handler = &on_signal;
        sigemptyset(&mine.sa_mask);
        sigaction(SIGUSR2, &mine, &before_);
    }
    ~handled_signal() { sigaction(SIGUSR2, &before_, nullptr); }
    handled_signal(const handled_signal&) = delete;
    handled_signal& operator=(const handled_signal&) = delete;

 private:
    struct sigaction before_ {};
};

/// One number under way from a thread to the sleeper; only the wake orders the accesses to it.
struct handover {
    std::uint64_t number = 0;
    sync::native::atomic<std::uint64_t> taken{0};
    sync::native::atomic<bool> stop{false};
};

void hand_over(any& one, handover& way, unsigned rounds, std::uint64_t seed) {
    rng random(seed);
    for (std::uint64_t i = 1; i <= rounds; ++i) {
        way.number = i;
        for (auto n = random.uniform(1ULL << random.uniform(12)); n > 0; --n) sync::native::pause();
        one.wake();
        spin_wait<> patience;
        while (way.taken.load(std::memory_order_acquire) != i) {
            if (way.stop.load(std::memory_order_relaxed)) return;
            patience.once();
        }
    }
}

std::optional<violation> receive(any& one, handover& way, unsigned rounds) {
    for (std::uint64_t i = 1; i <= rounds; ++i) {
        const auto found = expect(one, clock::monotonic_ns() + k_far, woke::wake, "P4 lost");
        if (found) return found;
        if (way.number != i)
            return broken("P4 made up", fmt::format("woken for {} before it was sent", i));
        way.taken.store(i, std::memory_order_release);
    }
    return std::nullopt;
}

/// k wakes as fast as they go; between 1 and k sleeps must return one, and then no more.
std::optional<violation> flood(any& one, unsigned wakes) {
    std::jthread waker([&] {
        for (unsigned i = 0; i < wakes; ++i) one.wake();
    });
    std::uint64_t woken = 0;
    for (unsigned i = 0; i < 2 * wakes; ++i) {
        const auto got = one.sleep_until(clock::monotonic_ns() + 20 * k_us);
        if (!got) return broken("P9 error", to_string(got.error()));
        woken += *got == woke::wake ? 1 : 0;
    }
    waker.join();
    const auto last = one.sleep_until(0);
    if (!last) return broken("P9 error", to_string(last.error()));
    woken += *last == woke::wake ? 1 : 0;
    if (woken < 1 || woken > wakes)
        return broken("P4 count", fmt::format("{} wakes, {} came out", wakes, woken));
    return expect(one, 0, woke::deadline, "P4 made up");
}

}  // namespace

std::optional<violation> check_past(maker make) {
    return with(make, [](any& one) -> std::optional<violation> {
        for (const ns ago : {ns{1}, k_us, k_ms, k_second}) {
            const ns deadline = clock::monotonic_ns() - ago;
            if (auto found = expect(one, deadline, woke::deadline, "P6 past")) return found;
        }
        for (const ns deadline : {ns{0}, ns{1}, k_second}) {
            if (auto found = expect(one, deadline, woke::deadline, "P6 past")) return found;
        }
        one.wake();
        if (auto found = expect(one, 0, woke::wake, "P6 past, with a wake")) return found;
        return expect(one, 0, woke::deadline, "P4 made up");
    });
}

std::optional<violation> check_pending(maker make) {
    return with(make, [](any& one) -> std::optional<violation> {
        for (const unsigned wakes : {1U, 2U, 50U}) {
            for (unsigned i = 0; i < wakes; ++i) one.wake();
            const ns now = clock::monotonic_ns();
            if (auto found = expect(one, now + k_far, woke::wake, "P3 lost")) return found;
            if (clock::monotonic_ns() - now >= k_far) return broken("P3 late", "at the deadline");
            const ns soon = clock::monotonic_ns() + 200 * k_us;
            if (auto found = expect(one, soon, woke::deadline, "P4 made up")) return found;
        }
        one.wake();
        return expect(one, k_never, woke::wake, "P3 lost");
    });
}

std::optional<violation> check_calls(maker make) {
    return with(make, [](any& one) -> std::optional<violation> {
        if (!one.counts()) return std::nullopt;
        const traits& says = one.declared();
        for (const ns timeout : {ns{0}, 30 * k_us, 300 * k_us, k_ms}) {
            const std::uint64_t before = one.calls();
            const ns deadline = clock::monotonic_ns() + timeout;
            if (auto found = expect(one, deadline, woke::deadline, "P4 made up")) return found;
            const std::uint64_t made = one.calls() - before;
            if (says.exact_calls ? made != says.at_deadline : made > says.at_deadline)
                return broken("P7 calls", fmt::format("{} to the deadline", made));
        }
        one.wake();
        const std::uint64_t before = one.calls();
        if (auto found = expect(one, k_never, woke::wake, "P3 lost")) return found;
        if (one.calls() - before > says.at_wake)
            return broken("P7 calls", fmt::format("{} for a wake", one.calls() - before));
        return std::nullopt;
    });
}

std::optional<violation> check_early(maker make, unsigned sleeps, std::uint64_t seed) {
    return with(make, [=](any& one) -> std::optional<violation> {
        rng random(seed);
        for (unsigned i = 0; i < sleeps; ++i) {
            const ns ms = i % 4 == 3 ? static_cast<ns>(random.uniform(4)) : 0;
            const ns timeout = ms * k_ms + 100 * k_us + static_cast<ns>(random.uniform(899'999));
            const ns deadline = clock::monotonic_ns() + timeout;
            if (auto found = expect(one, deadline, woke::deadline, "P4 made up")) return found;
        }
        return std::nullopt;
    });
}

std::optional<violation> check_signals(maker make) {
    return with(make, [](any& one) -> std::optional<violation> {
        const handled_signal handled;
        sync::native::atomic<bool> over{false};
        std::jthread sender([&over, target = pthread_self()] {
            while (!over.load(std::memory_order_acquire)) {
                pthread_kill(target, SIGUSR2);
                pause(k_ms);
            }
        });
        std::optional<violation> found;
        for (unsigned i = 0; i < 3 && !found; ++i)
            found = expect(one, clock::monotonic_ns() + 4 * k_ms, woke::deadline, "P4 made up");
        over.store(true, std::memory_order_release);
        sender.join();  // before the signal is no longer handled
        return found;
    });
}

std::optional<violation> check_interrupted(maker make) {
    return with(make, [](any& one) -> std::optional<violation> {
        for (const bool endless : {false, true}) {
            std::jthread waker([&one] {
                pause(2 * k_ms);
                one.wake();
            });
            const ns deadline = endless ? k_never : clock::monotonic_ns() + k_far;
            auto found = expect(one, deadline, woke::wake, "P3 not interrupted");
            waker.join();
            if (found) return found;
            if (clock::monotonic_ns() >= deadline)
                return broken("P3 not interrupted", "slept on until the deadline");
        }
        return std::nullopt;
    });
}

std::optional<violation> check_punctual(maker make) {
    return with(make, [](any& one) -> std::optional<violation> {
        if (auto found = expect(one, 0, woke::deadline, "P4 made up")) return found;
        ns best = k_never;
        for (unsigned i = 0; i < k_attempts; ++i) {
            pause(2 * k_punctual);
            const ns deadline = clock::monotonic_ns() + k_ms;
            if (auto found = expect(one, deadline, woke::deadline, "P4 made up")) return found;
            best = std::min(best, clock::monotonic_ns() - deadline);
            if (best < one.declared().granularity + k_punctual) return std::nullopt;
        }
        return broken("P8 late", fmt::format("by {} ns at best", best));
    });
}

std::optional<violation> check_handovers(maker make, unsigned rounds, std::uint64_t seed) {
    return with(make, [=](any& one) -> std::optional<violation> {
        handover way;
        std::jthread sender([&] { hand_over(one, way, rounds, seed); });
        auto found = receive(one, way, rounds);
        way.stop.store(true, std::memory_order_relaxed);
        sender.join();
        return found ? found : flood(one, rounds);
    });
}

std::optional<violation> check_program(maker make, std::span<const std::uint8_t> program) {
    return with(make, [=](any& one) -> std::optional<violation> {
        bool remembered = false;
        for (const std::uint8_t byte : program) {
            if (byte % 3 == 0) {
                one.wake();
                remembered = true;
                continue;
            }
            const bool past = byte % 3 == 1;
            const ns deadline = past ? byte : clock::monotonic_ns() + byte * 2 * k_us;
            const woke wanted = remembered ? woke::wake : woke::deadline;
            if (auto found = expect(one, deadline, wanted, "P3 P4 P6 program")) return found;
            remembered = false;
        }
        return std::nullopt;
    });
}

std::optional<violation> find_violation(maker make, const effort& how) {
    std::vector<std::uint8_t> program(how.sleeps);
    rng random(how.seed);
    for (std::uint8_t& byte : program) byte = static_cast<std::uint8_t>(random());
    const std::function<std::optional<violation>()> checks[]{
        [&] { return check_past(make); },
        [&] { return check_pending(make); },
        [&] { return check_calls(make); },
        [&] { return check_early(make, how.sleeps, how.seed); },
        [&] { return check_program(make, program); },
        [&] { return check_signals(make); },
        [&] { return check_interrupted(make); },
        [&] { return check_handovers(make, how.handovers, how.seed); },
        [&] { return check_punctual(make); },
    };
    for (const auto& check : checks) {
        if (auto found = check()) return found;
    }
    return std::nullopt;
}

}  // namespace cyclone::sleep
