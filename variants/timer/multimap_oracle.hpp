// A balanced search tree keyed by deadline: obviously correct, so everything else is held to it.
//
// Source      Varghese and Lauck 1987, section 4 (scheme 3, trees)
// Cost        START O(log n) comparisons and one allocation; STOP O(1) amortised; next O(1)
// Accuracy    exact; equal deadlines fire in the order of their starts (a multimap inserts last)
// Invariants  I1 map key == entry deadline of the node it maps to
//             I2 node.place points at the node's own element while pending
// Limits      allocates on START: a server that must not allocate wants another variant
#pragma once

#include <map>

#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class multimap_oracle {
    struct counting_less {
        Work* work;
        bool operator()(tick a, tick b) const noexcept {
            work->comparison();
            return a < b;
        }
    };

 public:
    struct node;

 private:
    using tree = std::multimap<tick, node*, counting_less>;

 public:
    struct node : entry {
        using entry::entry;
        typename tree::iterator place{};
    };

    static constexpr traits k_traits{.fire_order = order::fifo, .start = growth::log_n};

    explicit multimap_oracle(tick now) : pending_(counting_less{&work_}), now_(now) {}
    multimap_oracle(const multimap_oracle&) = delete;
    multimap_oracle& operator=(const multimap_oracle&) = delete;
    ~multimap_oracle() {
        for (auto& [deadline, timer] : pending_) timer->set_idle();
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        const tick at = effective_deadline(deadline, now_);
        timer.place = pending_.emplace(at, &timer);  // may throw: the node must still be idle then
        timer.set_deadline(at);
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        pending_.erase(timer.place);
        timer.set_idle();
        return true;
    }

    void restart(node& timer, tick deadline) {
        if constexpr (Mutant == 1) {
            timer.set_idle();  // forgets the first firing instead of cancelling it
        } else {
            stop(timer);
        }
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (!pending_.empty() && due(pending_.begin()->first)) {
            node& timer = *pending_.begin()->second;
            work_.node();
            pending_.erase(pending_.begin());
            ++fired;
            timer.fire();
        }
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        return pending_.empty() ? k_never : pending_.begin()->first;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return pending_.size(); }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }

    /// An estimate: the usual red-black node has three links, a colour and the element.
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return sizeof(*this) +
               pending_.size() * (4 * sizeof(void*) + sizeof(typename tree::value_type));
    }

    [[nodiscard]] std::string check() const {
        for (auto it = pending_.begin(); it != pending_.end(); ++it) {
            if (it->first != it->second->deadline()) return "I1: key differs from the deadline";
            if (it->second->place != it) return "I2: node points at another element";
        }
        return {};
    }

 private:
    [[nodiscard]] bool due(tick deadline) const noexcept {
        if constexpr (Mutant == 2) return deadline < now_;  // fires one tick late
        return deadline <= now_;
    }

    [[no_unique_address]] Work work_;
    tree pending_;
    tick now_;
};

}  // namespace cyclone::timer
