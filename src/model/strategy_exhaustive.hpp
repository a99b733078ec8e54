#pragma once
// Every interleaving, depth first; an inner piece of strategy.cpp.
//
// With a bound on preemptions all schedules that leave a thread which could go on at most that
// often are run, each once. Without a bound sleep sets are used instead: after a subtree has been
// searched its first step sleeps in those of its siblings until a step that conflicts with it is
// taken, so that two runs never differ in the order of independent steps only. The two do not go
// together: the run that stands for the others may be the one with more preemptions.
//
// Source      Godefroid, LNCS 1032, 1996 (sleep sets); Musuvathi, Qadeer, PLDI 2007 (the bound)
// Cost        one frame for each step with a choice; O(threads) a step, O(threads^2) with sleep
// sets Invariants  frames_ is the path of the current run as far as it is settled; of each frame,
//             order[0 .. at) has been searched wholly
// Thread-safety: none.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "model/strategy.hpp"

namespace cyclone::model::steps {

class exhaustive_strategy final : public strategy {
 public:
    explicit exhaustive_strategy(std::uint32_t preemptions)
        : bound_(preemptions), reduce_(preemptions == k_unbounded) {}

    void begin(std::uint64_t) override {
        depth_ = 0;
        preempted_ = 0;
        sleep_.clear();
    }

    std::size_t choose(const choice& c) override {
        if (c.able.size() == 1) {
            if (asleep(c.able[0].task)) return k_abandon;
            wake(*c.able[0].next);
            return 0;
        }
        const bool fresh = depth_ == frames_.size();
        if (fresh && !extend(c)) return k_abandon;
        const frame& f = frames_[depth_++];
        if (!fresh && !same(f, c)) {
            astray_ = true;
            return k_abandon;
        }
        return follow(f, c);
    }

    bool more() override {
        while (!frames_.empty()) {
            frame& f = frames_.back();
            if (++f.at < f.order.size()) return true;
            frames_.pop_back();
        }
        finished_ = true;
        return false;
    }

    [[nodiscard]] bool complete() const override { return finished_ && !bounded_ && !astray_; }
    [[nodiscard]] bool went_astray() const override { return astray_; }

 private:
    struct sleeper {
        std::uint32_t task;
        point next;
    };
    struct frame {
        std::vector<std::uint32_t> able;
        std::vector<std::uint32_t> order;  ///< what is tried, in this order
        std::size_t at = 0;
        std::uint32_t preempted = 0;  ///< before this step
        std::vector<sleeper> sleep;   ///< on arrival
    };

    /// Settles a new frame; false if all that could be done here is known already.
    bool extend(const choice& c) {
        frame f;
        f.preempted = preempted_;
        f.sleep = sleep_;
        for (const candidate& a : c.able) f.able.push_back(a.task);
        const std::size_t first = natural(c);
        const bool stay = preemptive(c) && preempted_ >= bound_;
        bounded_ = bounded_ || stay;
        if (!asleep(c.able[first].task)) f.order.push_back(c.able[first].task);
        for (std::size_t i = 0; i < c.able.size() && !stay; ++i)
            if (i != first && !asleep(c.able[i].task)) f.order.push_back(c.able[i].task);
        if (f.order.empty()) return false;
        frames_.push_back(std::move(f));
        return true;
    }

    std::size_t follow(const frame& f, const choice& c) {
        const std::uint32_t task = f.order[f.at];
        sleep_ = f.sleep;
        for (std::size_t i = 0; i < f.at && reduce_; ++i)
            sleep_.push_back({f.order[i], *c.able[place(c, f.order[i])].next});
        const std::size_t chosen = place(c, task);
        wake(*c.able[chosen].next);
        preempted_ = f.preempted + (preemptive(c) && task != c.last ? 1U : 0U);
        return chosen;
    }

    [[nodiscard]] static std::size_t place(const choice& c, std::uint32_t task) {
        std::size_t i = 0;
        while (i + 1 < c.able.size() && c.able[i].task != task) ++i;
        return i;
    }

    /// Whether leaving the last thread here takes something away from it.
    [[nodiscard]] static bool preemptive(const choice& c) {
        if (c.last == k_no_task || c.yielded) return false;
        return c.able[place(c, c.last)].task == c.last;
    }

    [[nodiscard]] static bool same(const frame& f, const choice& c) {
        if (f.able.size() != c.able.size()) return false;
        for (std::size_t i = 0; i < f.able.size(); ++i)
            if (f.able[i] != c.able[i].task) return false;
        return true;
    }

    [[nodiscard]] bool asleep(std::uint32_t task) const {
        for (const sleeper& s : sleep_)
            if (s.task == task) return true;
        return false;
    }

    void wake(const point& taken) {
        std::erase_if(sleep_, [&](const sleeper& s) { return conflict(s.next, taken); });
    }

    std::uint32_t bound_;
    bool reduce_;
    bool bounded_ = false;
    bool finished_ = false;
    bool astray_ = false;
    std::size_t depth_ = 0;
    std::uint32_t preempted_ = 0;
    std::vector<sleeper> sleep_;
    std::vector<frame> frames_;
};

}  // namespace cyclone::model::steps
