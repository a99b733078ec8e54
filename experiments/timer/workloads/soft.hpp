// Timers that are looked at whenever the loop comes by. In virtual time and, for the system calls,
// in real time; counted, not timed.
#pragma once

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <string>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <vector>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "lab/bench.hpp"
#include "sys/syscalls.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

/// One event every `period` ticks, and how late it was. Set again for the next multiple.
template <class V>
class paced_event {
 public:
    paced_event(tick period, std::size_t expected) : period_(period), timers_(0), due_(period) {
        late_.reserve(expected);
        node_.bind(&paced_event::on_fire, this);
        timers_.start(node_, due_);
    }
    paced_event(const paced_event&) = delete;
    paced_event& operator=(const paced_event&) = delete;
    ~paced_event() { timers_.stop(node_); }

    void trigger(tick now) { timers_.advance(now); }
    [[nodiscard]] std::vector<tick>& late() noexcept { return late_; }
    [[nodiscard]] std::uint64_t early() const noexcept { return early_; }

 private:
    static void on_fire(void* context, entry&) {
        auto& here = *static_cast<paced_event*>(context);
        const tick now = here.timers_.now();
        if (now < here.due_) ++here.early_;
        here.late_.push_back(now - std::min(now, here.due_));
        here.due_ += (1 + (now - std::min(now, here.due_)) / here.period_) * here.period_;
        here.timers_.start(here.node_, here.due_);
    }

    tick period_;
    V timers_;
    typename V::node node_;
    tick due_;
    std::vector<tick> late_;
    std::uint64_t early_ = 0;
};

/// triggers: n microseconds from one event to the next, for 20,000 events. The loop's iterations,
/// exponential about `work` us and at most ten times that, end with a trigger state; after one in
/// eight it has nothing to do, and waits for what comes in, exponential about `idle` us, or for the
/// backup tick, every `backup` us. An operation is one trigger state. values: lateness in us; its
/// bound, the longest iteration and the backup tick; violations of that; and the same for a loop
/// without backup tick, the control, which must break it where it idles longer.
/// Params: work (20), idle (3000), backup (1000).
template <class V>
class triggers final : public lab::batches {
    static constexpr tick k_us = 10;  // a tick is 0.1 us
    static constexpr std::uint64_t k_events = 20'000;
    static constexpr std::uint64_t k_idle_one_in = 8;

 public:
    triggers(const lab::request& what, rng random)
        : period_(what.n * k_us), backup_(what.param("backup", 1000) * k_us) {
        const std::uint64_t work = what.param("work", 20) * k_us;
        const std::uint64_t idle = what.param("idle", 3000) * k_us;
        if (work == 0 || idle == 0 || backup_ == 0 || work > k_most || idle > k_most)
            throw lab::usage_error{"--param work, idle, backup: 1 to 1000000 us"};
        phase_ = random.uniform(backup_);
        // Drawn beforehand, so that the draws are no part of a trigger state's cost.
        for (turn& one : turns_) {
            const auto drawn = static_cast<tick>(random.exponential(static_cast<double>(work)));
            one.busy = std::clamp<tick>(drawn, 1, 10 * work);
            if (random.uniform(k_idle_one_in) == 0)
                one.idle = 1 + static_cast<tick>(random.exponential(static_cast<double>(idle)));
            longest_ = std::max(longest_, one.busy);
        }
    }
    std::uint64_t run() override {
        paced_event<V> backed(period_, k_events);
        const std::uint64_t states = drive(backed, backup_);
        paced_event<V> bare(period_, k_events);
        drive(bare, k_tick_max / 2);
        put(backed, "");
        put(bare, "unbacked_");
        found_["triggers_per_event"] =
            static_cast<double>(states) / static_cast<double>(backed.late().size());
        found_["bound_us"] = us(longest_ + backup_);
        found_["late_over_bound"] = found_["late_max_us"] / found_["bound_us"];
        return states;
    }
    [[nodiscard]] std::map<std::string, double> values() const override { return found_; }
    [[nodiscard]] std::uint64_t digest() const override {
        const auto at = found_.find("late_max_us");
        return at == found_.end() ? 0 : static_cast<std::uint64_t>(at->second * 10);
    }

 private:
    static constexpr std::uint64_t k_most = 1'000'000 * k_us;

    struct turn {
        tick busy = 1;
        tick idle = 0;  ///< until something comes in; 0: there is more to do
    };

    [[nodiscard]] static double us(tick t) { return static_cast<double>(t) / k_us; }

    std::uint64_t drive(paced_event<V>& event, tick backup) const {
        tick now = 0;
        std::uint64_t states = 0;
        for (std::size_t i = 0; event.late().size() < k_events; i = (i + 1) % turns_.size()) {
            now += turns_[i].busy;
            event.trigger(now);
            ++states;
            // Idle: each backup tick is a trigger state, until something comes in.
            const tick until = turns_[i].idle == 0 ? now : now + turns_[i].idle;
            while (now < until) {
                const tick since = now + backup - phase_;
                now = std::min(until, (since / backup + 1) * backup - backup + phase_);
                event.trigger(now);
                ++states;
            }
        }
        return states;
    }
    void put(paced_event<V>& event, const std::string& prefix) {
        std::vector<tick>& late = event.late();
        if (late.empty()) return;
        std::ranges::sort(late);
        const auto over = std::ranges::upper_bound(late, longest_ + backup_);
        found_[prefix + "cases"] = static_cast<double>(late.size());
        found_[prefix + "early"] = static_cast<double>(event.early());
        found_[prefix + "violations"] = static_cast<double>(late.end() - over);
        found_[prefix + "late_p50_us"] = us(late[late.size() / 2]);
        found_[prefix + "late_p99_us"] = us(late[late.size() * 99 / 100]);
        found_[prefix + "late_max_us"] = us(late.back());
    }

    tick period_;
    tick backup_;
    tick phase_ = 0;  // of the backup tick, or it would keep step with the events
    tick longest_ = 0;
    std::array<turn, 4096> turns_;
    std::map<std::string, double> found_;
};

/// A descriptor that is closed again, or a usage error.
class kernel_timer {
 public:
    explicit kernel_timer(int fd) : fd_(fd) {
        if (fd < 0) throw lab::usage_error{"the kernel gave no descriptor"};
    }
    kernel_timer(const kernel_timer&) = delete;
    kernel_timer& operator=(const kernel_timer&) = delete;
    ~kernel_timer() { ::close(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
    int fd_;
};

/// trigger_calls: n microseconds from one event to the next, in real time, until 1,000 were served
/// (several that came due in one iteration are served at once, and are several all the same);
/// iterations of `work` us that end with the loop's own epoll_wait, which does not block. Once with
/// the variant as soft timers, asked after each iteration, beside a backup timerfd every `backup`
/// us; once with a timerfd set for each event. values: system calls an event beyond the loop's own,
/// of both, and their ratio; kernel_off: how many more the kernel counted in all (its tracepoint;
/// left out where it cannot be had). Params: work (20), backup (1000).
template <class V>
class trigger_calls final : public lab::batches {
    static constexpr std::int64_t k_us = 1000;
    static constexpr std::uint64_t k_events = 1000;

 public:
    trigger_calls(const lab::request& what, rng)
        : period_(static_cast<std::int64_t>(what.n) * k_us),
          work_(static_cast<std::int64_t>(what.param("work", 20)) * k_us),
          backup_(static_cast<std::int64_t>(what.param("backup", 1000)) * k_us) {
        if (what.by != lab::meter::work)
            throw lab::usage_error{"trigger_calls counts: --meter work"};
        if (what.n > 10'000 || backup_ == 0)
            throw lab::usage_error{"--n at most 10000 us, and a backup tick"};
    }
    std::uint64_t run() override {
        const double soft = counted("soft", [this] { return soft_loop(); });
        const double hard = counted("timerfd", [this] { return timerfd_loop(); });
        found_["calls_ratio"] = soft / hard;
        return 2 * k_events;
    }
    [[nodiscard]] std::map<std::string, double> values() const override { return found_; }
    [[nodiscard]] std::uint64_t digest() const override { return k_events; }

 private:
    struct made {
        std::uint64_t own = 0;    ///< by the loop, timers or not
        std::uint64_t added = 0;  ///< for the timers' sake
        std::int64_t due = 0;     ///< events, in the time that it took
    };

    /// One iteration: the work, then the loop's look for events. What was ready, or -1.
    [[nodiscard]] int iterate(int epoll, made& so_far) const {
        const std::int64_t until = clock::monotonic_ns() + work_;
        while (clock::monotonic_ns() < until) {
        }
        epoll_event ready{};
        ++so_far.own;
        return ::epoll_wait(epoll, &ready, 1, 0) > 0 ? ready.data.fd : -1;
    }
    static void watch(int epoll, int fd) {
        epoll_event what{};
        what.events = EPOLLIN;
        what.data.fd = fd;
        if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &what) != 0)
            throw lab::usage_error{"epoll_ctl failed"};
    }
    static void set(int fd, std::int64_t at, std::int64_t interval) {
        constexpr std::int64_t k_s = 1'000'000'000;
        const itimerspec when{{interval / k_s, interval % k_s}, {at / k_s, at % k_s}};
        if (::timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, nullptr) != 0)
            throw lab::usage_error{"timerfd_settime failed"};
    }
    static void drain(int fd) {
        std::uint64_t expirations = 0;
        if (::read(fd, &expirations, sizeof expirations) < 0)
            throw lab::usage_error{"a timer that was ready could not be read"};
    }

    made soft_loop() {
        made so_far;
        const kernel_timer epoll(::epoll_create1(EPOLL_CLOEXEC));
        const kernel_timer backup(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
        const std::int64_t begin = clock::monotonic_ns();
        watch(epoll.fd(), backup.fd());
        set(backup.fd(), begin + backup_, backup_);
        so_far.own += 4;  // and the closing of both
        paced_event<V> event(static_cast<tick>(period_), k_events);
        while (event.late().size() < k_events) {
            if (iterate(epoll.fd(), so_far) >= 0) {
                drain(backup.fd());
                ++so_far.added;
            }
            event.trigger(static_cast<tick>(clock::monotonic_ns() - begin));
        }
        so_far.own += 2;
        so_far.due = (clock::monotonic_ns() - begin) / period_;
        return so_far;
    }
    made timerfd_loop() {
        made so_far;
        const kernel_timer epoll(::epoll_create1(EPOLL_CLOEXEC));
        const kernel_timer timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
        const std::int64_t begin = clock::monotonic_ns();
        std::int64_t due = begin + period_;
        watch(epoll.fd(), timer.fd());
        set(timer.fd(), due, 0);
        so_far.own += 4;
        while (so_far.added < k_events) {
            if (iterate(epoll.fd(), so_far) < 0) continue;
            // What is set again need not be read: it is no longer ready.
            due += (1 + (clock::monotonic_ns() - due) / period_) * period_;
            set(timer.fd(), due, 0);
            ++so_far.added;
        }
        so_far.own += 2;
        so_far.due = (clock::monotonic_ns() - begin) / period_;
        return so_far;
    }
    template <class Loop>
    double counted(const std::string& name, Loop loop) {
        auto kernel = sys::syscall_counter::open();
        if (kernel) kernel->start();
        const made so_far = loop();
        if (kernel) kernel->stop();
        const double per_event =
            static_cast<double>(so_far.added) / static_cast<double>(so_far.due);
        found_[name + "_calls_per_event"] = per_event;
        if (!kernel) return per_event;
        if (const auto total = kernel->total()) {
            const auto mine = static_cast<double>(so_far.own + so_far.added);
            found_[name + "_kernel_off"] = static_cast<double>(*total) - mine;
        }
        return per_event;
    }

    std::int64_t period_;
    std::int64_t work_;
    std::int64_t backup_;
    std::map<std::string, double> found_;
};

}  // namespace cyclone::timer
