// What a consumer sleeps on that finds its queue empty: one of the wakers of variants/wake, chosen
// when the workload is made. All three are compiled in, and a switch that is always taken the same
// way stands before each call: the calls themselves are inlined as they are.
//
// How often a waker went to the kernel is counted beside it, which is an addition to a system call.
#pragma once

#include <string>

#include "base/cache_line.hpp"
#include "base/work.hpp"
#include "lab/bench.hpp"
#include "variants/wake/event_fd.hpp"
#include "variants/wake/eventcount.hpp"
#include "variants/wake/futex_word.hpp"

namespace cyclone::queue {

class bell {
 public:
    enum class on : std::uint8_t { futex, eventfd, eventcount };

    [[nodiscard]] static on named(const std::string& name) {
        if (name == "futex") return on::futex;
        if (name == "eventfd") return on::eventfd;
        if (name == "eventcount") return on::eventcount;
        throw lab::usage_error{"--param wake: futex, eventfd or eventcount, not " + name};
    }

    explicit bell(on which) : which_(which) {
        const result<void> done = which == on::futex     ? futex_.open()
                                  : which == on::eventfd ? event_.open()
                                                         : count_.open();
        if (!done) throw lab::usage_error{to_string(done.error())};
    }

    [[nodiscard]] wake::key prepare() noexcept {
        switch (which_) {
            case on::futex: return futex_.prepare();
            case on::eventfd: return event_.prepare();
            case on::eventcount: break;
        }
        return count_.prepare();
    }
    void cancel(wake::key seen) noexcept {
        switch (which_) {
            case on::futex: return futex_.cancel(seen);
            case on::eventfd: return event_.cancel(seen);
            case on::eventcount: break;
        }
        count_.cancel(seen);
    }
    void sleep(wake::key seen) noexcept {
        switch (which_) {
            case on::futex: return futex_.sleep(seen);
            case on::eventfd: return event_.sleep(seen);
            case on::eventcount: break;
        }
        count_.sleep(seen);
    }
    /// What was published before this is found by who sleeps, or it does not sleep.
    void ring() noexcept {
        switch (which_) {
            case on::futex: return futex_.notify_one();
            case on::eventfd: return event_.notify_one();
            case on::eventcount: break;
        }
        count_.notify_one();
    }

    /// How often the kernel was asked to sleep or to wake.
    [[nodiscard]] std::uint64_t asks() const noexcept {
        return futex_.asks() + event_.asks() + count_.asks();
    }

 private:
    const on which_;
    alignas(k_no_false_sharing) wake::futex_word<counted_work> futex_;
    alignas(k_no_false_sharing) wake::event_fd<counted_work> event_;
    alignas(k_no_false_sharing) wake::eventcount<counted_work> count_;
};

/// Pops, and sleeps while there is nothing; every sleep is counted, and every pop that found
/// nothing. `idle()` is called before each sleep.
template <class T, class Access, class Counts, class Idle>
[[nodiscard]] T pop_asleep(Access& end, bell& wakes, Counts& seen, Idle idle) {
    for (;;) {
        auto first = end.try_pop();
        if (first) return std::move(*first);
        seen.found_nothing(first.said());
        idle();
        const wake::key now = wakes.prepare();
        if (auto one = end.try_pop()) {
            wakes.cancel(now);
            return std::move(*one);
        }
        ++seen.sleeps;
        wakes.sleep(now);
    }
}

}  // namespace cyclone::queue
