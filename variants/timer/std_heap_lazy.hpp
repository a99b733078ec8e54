// std::priority_queue with lazy deletion, as servers write it when the library's heap cannot remove
// from its middle: STOP only forgets, and what was forgotten is dropped when it comes to the top.
//
// Source      C++ [priority.queue]; deferred deletion as in the queue that Kafka's purgatory left
// Cost        START O(log held); STOP O(1) amortised, the drops it causes were paid for at START;
//             RESTART is both; next O(1); grows its arrays at times unless reserve() was called
// Accuracy    exact; equal deadlines fire in the order of their starts, by a sequence number
// Invariants  I1 each pending node has a ticket of its own, and one entry with its deadline
//             I2 an entry is live exactly if its ticket still has its sequence number
//             I3 the entry at the top is live, so next_deadline() is exact
//             I4 tickets in use + tickets free == tickets
// Limits      what is held is not bounded by what is pending: a far timer that is stopped stays
//             until its entry surfaces, which is what the claims about lazy heaps are about. An
//             entry names a ticket and never a node, so a stopped node may be destroyed at once.
// Not equivalent to a heap that compacts itself, as asyncio's does: here garbage has no bound.
// Mutant 1: RESTART leaves the old entry live. Mutant 2: an entry is live if its ticket is in use,
// whoever has it. Mutant 3: STOP drops nothing, so a stale entry stands at the top. Mutant 4: equal
// deadlines fire in any order.
#pragma once

#include <limits>
#include <queue>
#include <vector>

#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class std_heap_lazy {
    using ticket_index = std::uint32_t;

 public:
    struct node : entry {
        using entry::entry;
        ticket_index ticket = 0;
    };

    static constexpr traits k_traits{.fire_order = order::fifo, .start = growth::log_n};

    explicit std_heap_lazy(tick now) : held_(later{&work_}), now_(now) {}
    std_heap_lazy(const std_heap_lazy&) = delete;
    std_heap_lazy& operator=(const std_heap_lazy&) = delete;
    ~std_heap_lazy() {
        for (ticket& t : tickets_) {
            if (t.sequence != k_free) t.timer->set_idle();
        }
    }

    /// Room for `count` entries, garbage included, and as many pending timers. O(count); may throw.
    void reserve(std::size_t count) {
        held_.container().reserve(count);
        tickets_.reserve(count);
        free_.reserve(count);
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        const tick at = effective_deadline(deadline, now_);
        if (free_.empty()) add_ticket();  // may throw, as may push(): the node is still idle then
        const ticket_index mine = free_.back();
        held_.push({at, sequence_, mine});
        free_.pop_back();
        tickets_[mine] = {sequence_++, &timer};
        timer.ticket = mine;
        timer.set_deadline(at);
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        forget(timer);
        if constexpr (Mutant != 3) drop_stale();
        return true;
    }

    void restart(node& timer, tick deadline) {
        if constexpr (Mutant == 1) {
            timer.set_idle();
        } else {
            if (timer.pending()) forget(timer);
        }
        start(timer, deadline);
        drop_stale();
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (!held_.empty() && held_.top().deadline <= to) {
            node& timer = *tickets_[held_.top().ticket].timer;
            work_.node();
            forget(timer);
            drop_stale();
            ++fired;
            timer.fire();
        }
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        return held_.empty() ? k_never : held_.top().deadline;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return tickets_.size() - free_.size(); }
    /// Entries held, those of stopped timers included. O(1).
    [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return sizeof(*this) + held_.container().capacity() * sizeof(slot) +
               tickets_.capacity() * sizeof(ticket) + free_.capacity() * sizeof(ticket_index);
    }

    [[nodiscard]] std::string check() const {
        std::size_t live = 0;
        for (const slot& s : held_.container()) {
            if (!is_live(s)) continue;
            ++live;
            const ticket& mine = tickets_[s.ticket];
            if (mine.timer->ticket != s.ticket) return "I1: two timers share a ticket";
            if (mine.timer->deadline() != s.deadline) return "I1: deadline of an entry";
        }
        if (live != size()) return "I2: live entries differ from pending timers";
        if (!held_.empty() && !is_live(held_.top())) return "I3: a stale entry at the top";
        std::size_t in_use = 0;
        for (const ticket& t : tickets_) in_use += t.sequence != k_free ? 1 : 0;
        if (in_use + free_.size() != tickets_.size()) return "I4: tickets";
        return {};
    }

 private:
    static constexpr std::uint64_t k_free = ~std::uint64_t{0};

    struct slot {
        tick deadline;
        std::uint64_t sequence;  ///< never used twice, so no ticket can be mistaken for an older
        ticket_index ticket;
    };
    struct ticket {
        std::uint64_t sequence = k_free;
        node* timer = nullptr;
    };
    struct later {
        Work* work;
        bool operator()(const slot& a, const slot& b) const noexcept {
            work->comparison();
            if constexpr (Mutant == 4) return a.deadline > b.deadline;
            return a.deadline != b.deadline ? a.deadline > b.deadline : a.sequence > b.sequence;
        }
    };
    /// The library's queue with its array in reach: reserve() and check() need it.
    struct queue : std::priority_queue<slot, std::vector<slot>, later> {
        using std::priority_queue<slot, std::vector<slot>, later>::priority_queue;
        [[nodiscard]] auto& container() noexcept { return this->c; }
        [[nodiscard]] const auto& container() const noexcept { return this->c; }
    };

    [[nodiscard]] bool is_live(const slot& s) const noexcept {
        if constexpr (Mutant == 2) return tickets_[s.ticket].sequence != k_free;
        return tickets_[s.ticket].sequence == s.sequence;
    }

    void add_ticket() {
        CYCLONE_ASSERT(tickets_.size() < std::numeric_limits<ticket_index>::max());
        free_.reserve(tickets_.size() + 1 > free_.capacity() ? 2 * tickets_.size() + 1 : 0);
        tickets_.emplace_back();
        free_.push_back(static_cast<ticket_index>(tickets_.size() - 1));
    }

    /// Makes the node idle and its entry stale, in O(1). free_ has room for every ticket.
    void forget(node& timer) noexcept {
        tickets_[timer.ticket] = {};
        free_.push_back(timer.ticket);
        timer.set_idle();
    }

    /// Restores I3.
    void drop_stale() {
        while (!held_.empty()) {
            work_.slot();
            if (is_live(held_.top())) return;
            held_.pop();
        }
    }

    [[no_unique_address]] Work work_;
    queue held_;
    std::vector<ticket> tickets_;
    std::vector<ticket_index> free_;
    std::uint64_t sequence_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
