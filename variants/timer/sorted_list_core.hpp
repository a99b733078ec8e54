// The sorted list that sorted_list and sorted_list_rear share; they differ in where START searches.
//
// Invariants  I1 the list is in order of deadline, equal deadlines in the order of their starts
//             I2 size_ is its length
// Mutant 1: a new timer goes before its equals. Mutant 2: STOP leaves size_ as it was.
#pragma once

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

enum class search_from : std::uint8_t { head, rear };

template <search_from From, class Work, int Mutant>
class sorted_list_core {
 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    static constexpr traits k_traits{
        .fire_order = order::fifo,
        .start = growth::n,
        .load = From == search_from::head ? load_order::descending : load_order::ascending};

    explicit sorted_list_core(tick now) : now_(now) {}
    ~sorted_list_core() {
        while (!pending_.empty()) stop(static_cast<node&>(*pending_.next));
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        list_insert_before(place_for(timer.deadline()), timer);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        list_unlink(timer);
        timer.set_idle();
        if constexpr (Mutant != 2) --size_;
        return true;
    }

    void restart(node& timer, tick deadline) {
        stop(timer);
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (!pending_.empty()) {
            work_.node();
            node& first = at(pending_.next);
            if (first.deadline() > to) break;
            list_unlink(first);
            --size_;
            ++fired;
            first.fire();
        }
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        return pending_.empty() ? k_never : at(pending_.next).deadline();
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    [[nodiscard]] std::string check() const {
        if (pending_.audit() != static_cast<std::ptrdiff_t>(size_))
            return "I2: length is not size()";
        for (list_link* l = pending_.next; l != &pending_; l = l->next) {
            const bool last = l->next == &pending_;
            if (!last && at(l).deadline() > at(l->next).deadline()) return "I1: out of order";
        }
        return {};
    }

 private:
    [[nodiscard]] static node& at(list_link* l) noexcept { return static_cast<node&>(*l); }

    /// The element before which a timer due at `deadline` belongs. Passes O(n) nodes.
    [[nodiscard]] list_link& place_for(tick deadline) noexcept {
        if constexpr (From == search_from::head) {
            list_link* l = pending_.next;
            while (l != &pending_ && passes(at(l).deadline(), deadline)) l = l->next;
            return *l;
        } else {
            list_link* l = pending_.prev;
            while (l != &pending_ && !passes(at(l).deadline(), deadline)) l = l->prev;
            return *l->next;
        }
    }

    /// Whether a timer already in the list stays ahead of the new one. Counts the node only if the
    /// search goes on beyond it, so that the count is the number of timers passed.
    [[nodiscard]] bool passes(tick present, tick added) noexcept {
        work_.comparison();
        const bool ahead = Mutant == 1 ? present < added : present <= added;
        if (ahead == (From == search_from::head)) work_.node();
        return ahead;
    }

    [[no_unique_address]] Work work_;
    intrusive_list pending_;
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
