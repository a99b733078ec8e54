// A 4-ary heap with lazy deletion: STOP marks and leaves, RESTART to a later tick only notes the
// later tick; the heap finds out when the entry surfaces. Entries carry no pointer but a ticket; a
// bit says whether it is still good, and only then is its owner looked at: a node that was stopped
// may be gone. Sifting writes to no node, since no node knows where its entry is.
//
// Source      the timers of Go 1.14 and of Python's asyncio; 4-ary as in Johnson 1975
// Cost        START O(log n), STOP O(1) amortised (it marks; now and then it compacts), RESTART
//             O(1) unless earlier than the entry, then START; next O(1) apart from the stale
//             entries it drops, each dropped once in O(log n)
// Accuracy    exact; equal deadlines fire in any order
// Invariants  I1 every entry's key >= its parent's
//             I2 the tickets in slots_ are a permutation; those of entries 0 .. held_ - 1 are in
//                use, the others free
//             I3 the owner of a good ticket has that ticket and its entry's key, which is <= its
//                deadline; a free ticket is not good
//             I4 the good tickets are size_ in number
//             I5 held_ <= 2 size_, whatever was done: garbage is compacted away
// Limits      allocates on START unless reserve() was called; at most 2^32 - 1 entries
// Not equivalent to Go's, which compacts at a quarter and whose nodes live on while they are in the
// heap, nor to asyncio's, which moves no deadline and compacts at a half, above a hundred entries.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class lazy_heap {
    using ticket_number = std::uint32_t;

 public:
    struct node : entry {
        using entry::entry;
        tick key = 0;              ///< where the entry is in the heap: no later than the deadline
        ticket_number ticket = 0;  ///< which entry it is
    };

    static constexpr traits k_traits{.fire_order = order::by_deadline, .start = growth::log_n};

    explicit lazy_heap(tick now) : now_(now) {}
    lazy_heap(const lazy_heap&) = delete;
    lazy_heap& operator=(const lazy_heap&) = delete;
    ~lazy_heap() {
        for (std::size_t ticket = 0; ticket < slots_.size(); ++ticket) {
            if (good(ticket)) owners_[ticket]->set_idle();
        }
    }

    /// Makes room so that nothing allocates while at most `pending` timers are. Throws bad_alloc.
    void reserve(std::size_t pending) {
        slots_.reserve(2 * pending);
        owners_.reserve(2 * pending);
        good_.reserve(2 * pending / k_word + 1);
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        const tick at = effective_deadline(deadline, now_);
        if (held_ == slots_.size()) add_ticket();  // may throw: the node must still be idle then
        const ticket_number ticket = slots_[held_].ticket;
        owners_[ticket] = &timer;
        flip(ticket);
        timer.set_deadline(at);
        timer.key = at;
        timer.ticket = ticket;
        ++size_;
        ++held_;
        sift_up(held_ - 1, {at, ticket});
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        CYCLONE_ASSERT(good(timer.ticket) && owners_[timer.ticket] == &timer);
        if constexpr (Mutant != 4) flip(timer.ticket);
        timer.set_idle();
        --size_;
        compact_if_due();
        return true;
    }

    void restart(node& timer, tick deadline) {
        const tick at = effective_deadline(deadline, now_);
        if (timer.pending() && (Mutant == 1 || at >= timer.key)) return timer.set_deadline(at);
        stop(timer);
        start(timer, at);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (held_ > 0 && slots_.front().key <= to) {
            if (settle_first()) continue;
            node& timer = *owners_[slots_.front().ticket];
            flip(timer.ticket);
            drop_first();
            --size_;
            compact_if_due();
            ++fired;
            timer.fire();
        }
        return fired;
    }

    /// Exact: drops what is stale in front of it, which is no change that anyone could see.
    [[nodiscard]] tick next_deadline() const {
        while (held_ > 0 && settle_first()) {
        }
        return held_ == 0 ? k_never : slots_.front().key;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Entries in the heap, those of stopped timers among them; at most 2 size().
    [[nodiscard]] std::size_t held() const noexcept { return held_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return sizeof(*this) + slots_.capacity() * sizeof(slot) +
               owners_.capacity() * sizeof(node*) + good_.capacity() * sizeof(std::uint64_t);
    }

    [[nodiscard]] std::string check() const {
        if (held_ > 2 * size_) return "I5: too much garbage";
        if (held_ > slots_.size() || owners_.size() < slots_.size()) return "I2: table too small";
        std::vector<bool> seen(slots_.size());
        std::size_t owned = 0;
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            const slot& s = slots_[i];
            if (s.ticket >= seen.size() || seen[s.ticket]) return "I2: a ticket twice";
            seen[s.ticket] = true;
            if (i >= held_) {
                if (good(s.ticket)) return "I3: a free ticket that is good";
                continue;
            }
            if (i > 0 && s.key < slots_[parent(i)].key) return "I1: heap order";
            if (!good(s.ticket)) continue;
            ++owned;
            const node* owner = owners_[s.ticket];
            if (owner->ticket != s.ticket) return "I3: an owner with another ticket";
            if (owner->key != s.key) return "I3: key of an owner";
            if (!owner->pending() || owner->deadline() < s.key) return "I3: deadline before key";
        }
        return owned == size_ ? std::string{} : "I4: good tickets differ from size()";
    }

 private:
    static constexpr std::size_t k_fan = 4;
    static constexpr std::size_t k_word = 64;

    struct slot {
        tick key;
        ticket_number ticket;
    };

    [[nodiscard]] static constexpr std::size_t parent(std::size_t i) noexcept {
        return (i - 1) / k_fan;
    }

    [[nodiscard]] bool good(std::size_t ticket) const noexcept {
        return (good_[ticket / k_word] >> (ticket % k_word) & 1) != 0;
    }
    void flip(std::size_t ticket) noexcept {
        good_[ticket / k_word] ^= std::uint64_t{1} << (ticket % k_word);
    }

    void add_ticket() {
        CYCLONE_ASSERT(slots_.size() < std::numeric_limits<ticket_number>::max());
        const auto ticket = static_cast<ticket_number>(slots_.size());
        // Either may be left from a failure below it.
        if (good_.size() * k_word == ticket) good_.push_back(0);
        if (owners_.size() == ticket) owners_.push_back(nullptr);
        slots_.push_back({0, ticket});
    }

    [[nodiscard]] bool before(const slot& a, const slot& b) const noexcept {
        work_.comparison();
        return a.key < b.key;
    }

    void put(std::size_t i, slot s) const noexcept {
        slots_[i] = s;
        work_.relink();
    }

    void sift_up(std::size_t i, slot s) noexcept {
        while (i > 0 && before(s, slots_[parent(i)])) {
            put(i, slots_[parent(i)]);
            i = parent(i);
        }
        put(i, s);
    }

    /// Of four children, by arithmetic: which of them is the earliest, no branch could predict.
    [[nodiscard]] std::size_t earliest_child(std::size_t first) const noexcept {
        if (first + k_fan <= held_) {
            const std::size_t a = first + (before(slots_[first + 1], slots_[first]) ? 1 : 0);
            const std::size_t b = first + (before(slots_[first + 3], slots_[first + 2]) ? 3 : 2);
            return before(slots_[b], slots_[a]) ? b : a;
        }
        std::size_t best = first;
        for (std::size_t c = first + 1; c < held_; ++c) {
            if (before(slots_[c], slots_[best])) best = c;
        }
        return best;
    }

    void sift_down(std::size_t i, slot s) const noexcept {
        for (std::size_t first = k_fan * i + 1; first < held_; first = k_fan * i + 1) {
            const std::size_t best = earliest_child(first);
            if (!before(slots_[best], s)) break;
            put(i, slots_[best]);
            i = best;
        }
        put(i, s);
    }

    /// Takes the first entry out of the heap. Its ticket is free from now on, and waits behind the
    /// entries for the next START.
    void drop_first() const noexcept {
        const slot gone = slots_.front();
        const slot last = slots_[--held_];
        slots_[held_] = gone;
        if (held_ > 0) sift_down(0, last);
    }

    /// Brings the heap up to date about its first entry: drops it if its timer was stopped, places
    /// it anew if its timer was restarted for later. False if there was nothing to do.
    bool settle_first() const noexcept {
        work_.node();
        if (!good(slots_.front().ticket)) {
            drop_first();
            return true;
        }
        node* const owner = owners_[slots_.front().ticket];
        if (Mutant == 2 || owner->deadline() == slots_.front().key) return false;
        owner->key = owner->deadline();
        sift_down(0, {owner->key, owner->ticket});
        return true;
    }

    /// I5. More than size_ entries were abandoned since the last time, so each of them pays for at
    /// most two that are looked at here: O(1) amortised. No node is: later deadlines wait.
    void compact_if_due() noexcept {
        if (Mutant == 5 || held_ <= 2 * size_) return;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < held_; ++i) {
            work_.slot();
            if (!good(slots_[i].ticket)) continue;
            std::swap(slots_[kept++], slots_[i]);
        }
        held_ = kept;
        if (Mutant == 3 || held_ < 2) return;
        for (std::size_t i = parent(held_ - 1) + 1; i-- > 0;) sift_down(i, slots_[i]);
    }

    // Mutable, since next_deadline() tidies up.
    [[no_unique_address]] mutable Work work_;
    mutable std::vector<slot> slots_;  ///< the entries, and behind them the free tickets
    mutable std::size_t held_ = 0;
    std::vector<node*> owners_;        ///< by ticket; dangling unless it is good
    std::vector<std::uint64_t> good_;  ///< a bit a ticket: small, as STOP and compaction need
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
