// The workloads of a wake benchmark, templates over the variant.
//
//   idle      n times publish and notify with nobody there: what every producer pays always
//   announce  n times prepare, look and cancel: what a consumer pays that finds something at last
//   pingpong  n round trips of two threads, each asleep while it is the other's turn
#pragma once

#include <array>
#include <fmt/format.h>
#include <memory>

#include "base/cache_line.hpp"
#include "experiments/counter/workloads.hpp"
#include "lab/bench.hpp"
#include "lab/thread_driver.hpp"
#include "wake/wake.hpp"

namespace cyclone::wake {

/// A failure in the middle of a measurement ends the process, which the lab reports.
template <class V>
[[nodiscard]] std::unique_ptr<V> opened() {
    auto one = std::make_unique<V>();
    if (auto done = one->open(); !done) throw lab::usage_error{to_string(done.error())};
    return one;
}

/// idle and announce. A thread that sleeps stands by: a mutex in a process of one thread is cheaper
/// than any that is shared.
template <class V>
class alone final : public lab::batches {
 public:
    explicit alone(const lab::request& what)
        : calls_(what.n), idle_(what.workload == "idle"), waker_(opened<V>()) {}

    void prepare() override { published_->store(0, std::memory_order_relaxed); }
    std::uint64_t run() override {
        for (std::uint64_t i = 1; i <= calls_; ++i) {
            if (idle_) {
                published_->store(i, std::memory_order_relaxed);
                waker_->notify_one();
            } else {
                const key seen = waker_->prepare();
                counter::keep(published_->load(std::memory_order_relaxed));
                waker_->cancel(seen);
            }
        }
        return calls_;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 4; }
    [[nodiscard]] std::uint64_t digest() const override {
        return published_->load(std::memory_order_relaxed);
    }

 private:
    counter::bystander asleep_;
    std::uint64_t calls_;
    bool idle_;
    padded<sync::native::atomic<std::uint64_t>> published_;
    std::unique_ptr<V> waker_;
};

/// n: round trips in a batch. Each thread sleeps on a waker of its own and wakes the other's.
template <class V>
class ping_pong final : public lab::batches {
 public:
    explicit ping_pong(const lab::request& what)
        : trips_(what.n), wakers_{opened<V>(), opened<V>()} {
        if (what.by != lab::meter::time) {
            throw lab::usage_error{
                "only --meter time can measure pingpong: what it does depends on how threads meet"};
        }
        auto team = lab::thread_team::start(2, what.cpus);
        if (!team) throw lab::usage_error{to_string(team.error())};
        team_ = std::move(*team);
    }

    void prepare() override {
        turn_->store(0, std::memory_order_relaxed);
        team_->muster([this](unsigned me, lab::stop_flag&) {
            V& mine = *wakers_[me];
            V& other = *wakers_[1 - me];
            for (std::uint64_t i = me; i < 2 * trips_; i += 2) {
                await(mine, [&] { return turn_->load(std::memory_order_acquire) == i; });
                turn_->store(i + 1, std::memory_order_release);
                other.notify_one();
            }
            return lab::tally{trips_, 0};
        });
    }
    std::uint64_t run() override {
        team_->go();
        return trips_;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 4; }
    [[nodiscard]] std::uint64_t digest() const override {
        return turn_->load(std::memory_order_relaxed);
    }

 private:
    std::uint64_t trips_;
    std::array<std::unique_ptr<V>, 2> wakers_;
    padded<sync::native::atomic<std::uint64_t>> turn_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

}  // namespace cyclone::wake
