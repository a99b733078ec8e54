// The implicit d-ary min-heap that binary_heap and quad_heap share. Each node knows its index, so
// STOP needs no search; each array slot carries the deadline, so a comparison touches no node.
//
// Invariants  I1 every slot's deadline >= its parent's
//             I2 slot.timer->index is the slot's index, and slot.deadline its deadline
// Mutant 1: STOP only sifts down, never up. Mutant 2: a slot moved up keeps its old index.
// Mutant 3: the last child is never considered.
#pragma once

#include <vector>

#include "timer/timer.hpp"

namespace cyclone::timer {

template <std::size_t D, class Work, int Mutant>
class dary_heap {
 public:
    struct node : entry {
        using entry::entry;
        std::size_t index = 0;
    };

    static constexpr traits k_traits{
        .fire_order = order::by_deadline, .start = growth::log_n, .stop = growth::log_n};

    explicit dary_heap(tick now) : now_(now) {}
    dary_heap(const dary_heap&) = delete;
    dary_heap& operator=(const dary_heap&) = delete;
    ~dary_heap() {
        for (slot& s : slots_) s.timer->set_idle();
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        const tick at = effective_deadline(deadline, now_);
        slots_.push_back({at, &timer});  // may throw: the node must still be idle then
        timer.set_deadline(at);
        sift_up(slots_.size() - 1, slots_.back());
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        remove(timer.index);
        timer.set_idle();
        return true;
    }

    void restart(node& timer, tick deadline) {
        if (!timer.pending()) return start(timer, deadline);
        timer.set_deadline(effective_deadline(deadline, now_));
        replace(timer.index, {timer.deadline(), &timer});
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (!slots_.empty() && slots_.front().deadline <= to) {
            work_.node();
            node& timer = *slots_.front().timer;
            remove(0);
            ++fired;
            timer.fire();
        }
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        return slots_.empty() ? k_never : slots_.front().deadline;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return sizeof(*this) + slots_.capacity() * sizeof(slot);
    }

    [[nodiscard]] std::string check() const {
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (i > 0 && slots_[i].deadline < slots_[parent(i)].deadline) return "I1: heap order";
            if (slots_[i].timer->index != i) return "I2: index of a node";
            if (slots_[i].timer->deadline() != slots_[i].deadline) return "I2: cached deadline";
        }
        return {};
    }

 private:
    struct slot {
        tick deadline;
        node* timer;
    };

    [[nodiscard]] static constexpr std::size_t parent(std::size_t i) noexcept {
        return (i - 1) / D;
    }

    void put(std::size_t i, slot s) noexcept {
        slots_[i] = s;
        s.timer->index = i;
        work_.relink();
    }

    /// Whether a's deadline is before b's: the only comparison of keys.
    [[nodiscard]] bool before(const slot& a, const slot& b) noexcept {
        work_.comparison();
        return a.deadline < b.deadline;
    }

    void sift_up(std::size_t i, slot s) noexcept {
        while (i > 0 && before(s, slots_[parent(i)])) {
            put(i, slots_[parent(i)]);
            i = parent(i);
        }
        put(i, s);
    }

    void sift_down(std::size_t i, slot s) noexcept {
        for (std::size_t first = D * i + 1; first < slots_.size(); first = D * i + 1) {
            const std::size_t child = earliest_child(first);
            if (!before(slots_[child], s)) break;
            if constexpr (Mutant == 2) {
                slots_[i] = slots_[child];
            } else {
                put(i, slots_[child]);
            }
            i = child;
        }
        put(i, s);
    }

    [[nodiscard]] std::size_t earliest_child(std::size_t first) noexcept {
        const std::size_t children = Mutant == 3 ? D - 1 : D;
        const std::size_t end = first + children < slots_.size() ? first + children : slots_.size();
        std::size_t best = first;
        for (std::size_t c = first + 1; c < end; ++c) {
            if (before(slots_[c], slots_[best])) best = c;
        }
        return best;
    }

    /// Puts `s` at `i`, whose content may be discarded, and restores I1 in either direction.
    void replace(std::size_t i, slot s) noexcept {
        if (Mutant != 1 && i > 0 && before(s, slots_[parent(i)])) {
            sift_up(i, s);
        } else {
            sift_down(i, s);
        }
    }

    void remove(std::size_t i) noexcept {
        CYCLONE_ASSERT(i < slots_.size());
        const slot last = slots_.back();
        slots_.pop_back();
        if (i < slots_.size()) replace(i, last);
    }

    [[no_unique_address]] Work work_;
    std::vector<slot> slots_;
    tick now_;
};

}  // namespace cyclone::timer
