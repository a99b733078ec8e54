// The workloads of a sleep benchmark, templates over the variant.
//
//   ask       what asking costs: n sleeps whose deadline has passed, with nothing to wake for
//   nudge     what a wake costs, whoever sends it: n times wake(), then the sleep that returns it
//   lateness  n: a timeout in microseconds; how late sleeps of that length end. Counted, not timed
//   slack     n: the thread's timer slack in microseconds, 0 for a nanosecond; how late sleeps of
//             one length end. Counted, not timed
//   calls     n sleeps of each kind, and the system calls they made, by the variant's own count and
//             by the kernel's. Counted, not timed
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <sys/prctl.h>
#include <vector>

#include "lab/bench.hpp"
#include "sleep/sleep.hpp"
#include "sys/syscalls.hpp"

namespace cyclone::sleep {

/// A failure in the middle of a measurement ends the process, which the lab reports.
template <class T>
T must(result<T>&& got) {
    if (!got) throw lab::usage_error{to_string(got.error())};
    if constexpr (!std::is_void_v<T>) return *std::move(got);
}

template <class V>
[[nodiscard]] std::unique_ptr<V> opened() {
    auto one = std::make_unique<V>();
    must(one->open());
    return one;
}

inline void require_counted(const lab::request& what) {
    if (what.by == lab::meter::work) return;
    throw lab::usage_error{
        fmt::format("workload {} waits for the kernel: --meter work", what.workload)};
}

/// ask and nudge: n operations in a batch. A server asks once a turn of its loop.
template <class V>
class asking final : public lab::batches {
 public:
    explicit asking(const lab::request& what)
        : calls_(what.n), nudged_(what.workload == "nudge"), sleeper_(opened<V>()) {}

    std::uint64_t run() override {
        for (std::uint64_t i = 0; i < calls_; ++i) {
            if (nudged_) sleeper_->wake();
            woken_ += must(sleeper_->sleep_until(0)) == woke::wake ? 1 : 0;
        }
        return calls_;
    }
    void prepare() override { woken_ = 0; }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 4; }
    [[nodiscard]] std::uint64_t digest() const override { return woken_; }

 private:
    std::uint64_t calls_;
    bool nudged_;
    std::unique_ptr<V> sleeper_;
    std::uint64_t woken_ = 0;
};

/// What sleeps of one length came to. Early is a count; the rest in ns after the deadline.
struct lateness {
    std::vector<ns> late;
    std::uint64_t early = 0;

    /// The median, its 95 % interval by order statistics, and the ends. At least six sleeps.
    void put(std::map<std::string, double>& out) {
        std::ranges::sort(late);
        const auto at = [&](std::size_t i) { return static_cast<double>(late[i]); };
        const std::size_t n = late.size();
        const std::size_t below = rank_below(n);
        out["median_lateness_ns"] = at(n / 2);
        out["lateness_low_ns"] = at(below);
        out["lateness_high_ns"] = at(n - 1 - below);
        out["lateness_min_ns"] = at(0);
        out["lateness_max_ns"] = at(n - 1);
        out["early"] = static_cast<double>(early);
        out["cases"] = static_cast<double>(n);
    }

 private:
    /// The largest k, counted from 0, such that the k-th and the k-th from above hold the median
    /// between them in 95 of 100 cases: P(Binomial(n, 1/2) <= k) <= 0.025.
    [[nodiscard]] static std::size_t rank_below(std::size_t n) {
        double mass = 1;
        for (std::size_t i = 0; i < n; ++i) mass /= 2;
        double sum = 0;
        std::size_t k = 0;
        for (; k < n / 2; ++k) {
            sum += mass;
            if (sum > 0.025) break;
            mass = mass * static_cast<double>(n - k) / static_cast<double>(k + 1);
        }
        return k == 0 ? 0 : k - 1;
    }
};

/// Sleeps of `timeout` ns, one after another; the deadline of each is computed from the time now.
template <class V>
[[nodiscard]] lateness sleeps_of(V& sleeper, ns timeout, std::uint64_t repeats) {
    lateness seen;
    for (std::uint64_t i = 0; i < repeats; ++i) {
        const ns deadline = clock::monotonic_ns() + timeout;
        must(sleeper.sleep_until(deadline));
        const ns late = clock::monotonic_ns() - deadline;
        seen.early += late < 0 ? 1 : 0;
        seen.late.push_back(late);
    }
    return seen;
}

/// lateness and slack. Params of lateness: repeats, by default as many as fill a second, 7 to 51.
/// Params of slack: timeout, in microseconds (3000), and repeats (51).
template <class V>
class waiting final : public lab::batches {
    static constexpr ns k_filled = k_second;

 public:
    explicit waiting(const lab::request& what) : sleeper_(opened<V>()) {
        require_counted(what);
        const auto n = static_cast<ns>(what.n);
        by_slack_ = what.workload == "slack";
        timeout_ = by_slack_ ? static_cast<ns>(what.param("timeout", 3000)) * k_us : n * k_us;
        slack_ = by_slack_ ? std::max<ns>(n * k_us, 1) : 0;
        const auto fill =
            static_cast<std::uint64_t>(std::clamp<ns>(k_filled / std::max<ns>(timeout_, 1), 7, 51));
        repeats_ = what.param("repeats", by_slack_ ? 51 : fill);
        if (repeats_ < 6) throw lab::usage_error{"--param repeats: 6 or more"};
    }
    std::uint64_t run() override {
        found_["default_slack_off_ns"] = std::abs(static_cast<double>(::prctl(PR_GET_TIMERSLACK)) -
                                                  static_cast<double>(50 * k_us));
        if (by_slack_ && ::prctl(PR_SET_TIMERSLACK, slack_) != 0)
            throw lab::usage_error{"prctl(PR_SET_TIMERSLACK) failed"};
        const std::uint64_t before = sleeper_->calls();
        sleeps_of(*sleeper_, timeout_, repeats_).put(found_);
        found_["calls_per_sleep"] =
            static_cast<double>(sleeper_->calls() - before) / static_cast<double>(repeats_);
        if (by_slack_) ::prctl(PR_SET_TIMERSLACK, 0);  // back to the default
        return repeats_;
    }
    [[nodiscard]] std::map<std::string, double> values() const override { return found_; }
    [[nodiscard]] std::uint64_t digest() const override { return repeats_; }

 private:
    std::unique_ptr<V> sleeper_;
    ns timeout_ = 0;
    ns slack_ = 0;
    bool by_slack_ = false;
    std::uint64_t repeats_ = 0;
    std::map<std::string, double> found_;
};

/// calls: what the kernel counts includes whatever the runtime does beside the sleep, so the least
/// of three rounds stands. Without its tracepoint there is no kernel_ value.
template <class V>
class calling final : public lab::batches {
    static constexpr ns k_timeout = 200 * k_us;

 public:
    explicit calling(const lab::request& what) : n_(what.n), sleeper_(opened<V>()) {
        require_counted(what);
    }
    std::uint64_t run() override {
        count("deadline",
              [this] { must(sleeper_->sleep_until(clock::monotonic_ns() + k_timeout)); });
        count("past", [this] { must(sleeper_->sleep_until(0)); });
        count("woken", [this] {
            sleeper_->wake();
            must(sleeper_->sleep_until(k_never));
        });
        return 3 * n_;
    }
    [[nodiscard]] std::map<std::string, double> values() const override { return found_; }
    [[nodiscard]] std::uint64_t digest() const override { return n_; }

 private:
    template <class Sleep>
    void count(const std::string& kind, Sleep sleep) {
        const std::uint64_t before = sleeper_->calls();
        for (std::uint64_t i = 0; i < n_; ++i) sleep();
        const auto n = static_cast<double>(n_);
        found_["calls_" + kind] = static_cast<double>(sleeper_->calls() - before) / n;
        for (int round = 0; round < 3; ++round) {
            auto kernel = sys::syscall_counter::open();
            if (!kernel) return;
            kernel->start();
            for (std::uint64_t i = 0; i < n_; ++i) sleep();
            kernel->stop();
            const auto total = kernel->total();
            if (!total) return;
            double& least = found_.try_emplace("kernel_calls_" + kind, 1e18).first->second;
            least = std::min(least, static_cast<double>(*total) / n);
        }
    }

    std::uint64_t n_;
    std::unique_ptr<V> sleeper_;
    std::map<std::string, double> found_;
};

}  // namespace cyclone::sleep
