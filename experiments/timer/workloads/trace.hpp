// Replays what a real program did with its timers (src/timer/trace.hpp).
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/timer/workloads/population.hpp"
#include "experiments/timer/workloads/trace_shape.hpp"
#include "timer/trace.hpp"

namespace cyclone::timer {

/// trace: the events of the file that param `file` names, one pass after another; n is how many
/// timers the trace has. An operation is one event. Time is moved to the tick of each event before
/// it is done, so a loop turns when the recorded program's did. A start of a timer that is pending
/// here, because this variant fires it late, is a restart. What is pending when a pass ends is
/// stopped, outside what is measured.
///
/// The digest holds which timer fired in which turn of the first pass, in any order within a turn,
/// and how many stops found their timer: it is the same for all variants that are exact.
template <class V>
class trace_replay final : public lab::batches {
 public:
    trace_replay(const lab::request& what, rng random)
        : trace_(load(what)), all_(size(), {1}, random) {
        if (what.n != size())
            throw lab::usage_error{"this trace has " + std::to_string(size()) + " timers: --n " +
                                   std::to_string(size())};
        tick longest = 0;
        for (const trace_event& event : trace_.events)
            longest = std::max(longest, event.when + event.delta);
        span_ = longest + 1;
        if (span_ > V::k_traits.horizon / 4)
            throw lab::usage_error{"this trace is longer than the variant's horizon"};
        // Ids are given in the order in which timers first appear; memory should not know that.
        for (std::size_t i = 0; i < size(); ++i) {
            ids_.emplace_back(this, i);
            all_.shuffled[i]->bind(&trace_replay::on_fire, &ids_.back());
        }
    }

    void prepare() override {
        if (at_ < trace_.events.size()) return;
        at_ = 0;
        for (auto* timer : all_.shuffled) all_.timers.stop(*timer);
        // Far enough that no scheme is still busy with the pass before, and on a round tick, so
        // that wheels stand as they stood at the beginning of the first pass.
        base_ = (base_ + span_ + k_round) / k_round * k_round;
        if (base_ + 2 * span_ > V::k_traits.horizon)
            throw lab::usage_error{"time ran out: measure for less time"};
        all_.timers.advance(base_);
    }
    std::uint64_t run() override {
        V& timers = all_.timers;
        const work_totals before = timers.work().totals();
        const std::size_t end = std::min(at_ + k_batch, trace_.events.size());
        const std::size_t count = end - at_;
        for (; at_ < end; ++at_) {
            const trace_event& event = trace_.events[at_];
            const tick now = base_ + event.when;
            if (now > timers.now()) timers.advance(now);
            auto& timer = *all_.shuffled[event.timer];
            if (event.op == trace_op::stop && timers.stop(timer) && base_ == 0) ++first_pass_;
            if (event.op == trace_op::start || event.op == trace_op::restart)
                set(timer, now + event.delta);
        }
        done_ += count;
        spent_ = spent_ + (timers.work().totals() - before);
        return count;
    }

    /// One pass: the first batch is warm-up.
    [[nodiscard]] std::uint64_t fixed_batches() const override {
        return (trace_.events.size() + k_batch - 1) / k_batch + 1;
    }
    void forget() override { all_.fired = done_ = 0; }
    [[nodiscard]] std::optional<work_totals> work() const override {
        if constexpr (counts_work<V>) return spent_;
        return std::nullopt;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = all_.values();
        found["events"] = static_cast<double>(done_);
        found.merge(shape_of(trace_));
        return found;
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_pass_; }

 private:
    static constexpr tick k_round = tick{1} << 18;  // 64^3

    [[nodiscard]] static trace load(const lab::request& what) {
        const std::string path = what.param("file", std::string());
        if (path.empty())
            throw lab::usage_error{"workload trace replays a file: --param file=PATH"};
        auto found = read_trace(path);
        if (!found) throw lab::usage_error{found.error().message};
        if (found->events.empty()) throw lab::usage_error{path + ": the trace has no events"};
        return std::move(*found);
    }
    [[nodiscard]] std::size_t size() const noexcept { return trace_.timers; }

    void set(typename V::node& timer, tick deadline) {
        if (timer.pending()) {
            all_.timers.restart(timer, deadline);
        } else {
            all_.timers.start(timer, deadline);
        }
    }

    struct identity {
        identity(trace_replay* owner, std::size_t number) : here(owner), id(number) {}
        trace_replay* here;
        std::uint64_t id;
    };
    static void on_fire(void* context, entry&) {
        const auto& self = *static_cast<const identity*>(context);
        trace_replay& here = *self.here;
        ++here.all_.fired;
        if (here.base_ != 0) return;
        const std::uint64_t what = (here.all_.timers.now() << 22 | self.id) * 0x9e3779b97f4a7c15;
        here.first_pass_ += what ^ what >> 29;
    }

    trace trace_;
    population<V> all_;
    std::deque<identity> ids_;
    tick span_ = 0;
    tick base_ = 0;
    std::size_t at_ = 0;
    std::uint64_t first_pass_ = 0;
    std::uint64_t done_ = 0;
    work_totals spent_;
};

}  // namespace cyclone::timer
