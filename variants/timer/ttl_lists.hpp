// One list for each distinct time to live: timers that are started with the same distance to their
// deadline fall due in the order of their starts, so each list is in order without any sorting. A
// heap of the lists that are not empty, keyed by their first deadlines, says which comes next.
//
// Source      Lev-Libfeld 2019 (Lawn); the common timeouts of libevent are the same by hand
// Cost        k distinct times to live among the pending: START O(1) expected, O(log k) more where
//             the list was empty; STOP O(1), O(log k) more for the first of its list; next O(1);
//             expiry O(log k). Loads in which hardly two timers are alike have k = n, so that what
//             is declared is O(log n)
// Accuracy    exact; equal deadlines of different lists fire in any order
// Invariants  I1 every list is in order of deadline, and its timers know it
//             I2 the heap holds the lists that are not empty, each with its first deadline, none
//                before its parent, and each list knows its place
//             I3 the table finds every list by its time to live, and holds no other
//             I4 the lengths add up to size_, and lists_ <= 2 (not empty) + 8: lists that stay
//                empty are given back
// Limits      allocates on START unless reserve() was called; at most 2^32 - 2 lists; whoever
//             chooses the times to live can make the table probe long
// Not equivalent to Lawn, which looks at the first timer of every list on a tick; nor to libevent,
// whose users declare each common timeout, and which falls back on its heap for all others.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class ttl_lists {
    using index = std::uint32_t;

 public:
    struct node : entry {
        using entry::entry;
        node* next = nullptr;
        node* prev = nullptr;
        index list = 0;
    };

    static constexpr traits k_traits{
        .fire_order = order::by_deadline, .start = growth::log_n, .stop = growth::log_n};

    /// Lists that may be kept beyond twice those that hold timers.
    static constexpr std::size_t k_slack = 8;

    explicit ttl_lists(tick now) : now_(now) { make_cells(k_cells_min); }
    ttl_lists(const ttl_lists&) = delete;
    ttl_lists& operator=(const ttl_lists&) = delete;
    ~ttl_lists() {
        for (list& l : all_) {
            for (node* timer = l.first; timer != nullptr; timer = timer->next) timer->set_idle();
        }
    }

    /// Makes room so that nothing allocates while at most `pending` timers are, however many times
    /// to live they have. Throws bad_alloc.
    void reserve(std::size_t pending) {
        const std::size_t lists = 2 * pending + k_slack;
        all_.reserve(lists);
        heap_.reserve(lists);
        cells_.reserve(cells_anew(pending));
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        const tick at = effective_deadline(deadline, now_);
        const index l = list_for(at - now_);  // may throw: the node must still be idle then
        timer.set_deadline(at);
        append(l, timer);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        remove(timer);
        timer.set_idle();
        return true;
    }

    void restart(node& timer, tick deadline) {
        const tick at = effective_deadline(deadline, now_);
        if (!timer.pending() || all_[timer.list].ttl != at - now_) {
            stop(timer);
            return start(timer, at);
        }
        // From its place to the end of the same list, which is never empty in between: what a
        // connection does with its idle timer on every packet.
        list& l = all_[timer.list];
        const bool was_first = l.first == &timer;
        timer.set_deadline(at);
        if (Mutant != 4 && l.last != &timer) {
            unlink(l, timer);
            link_last(l, timer);
        }
        if (was_first) replace(l.place, {l.first->deadline(), timer.list});
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (!heap_.empty() && heap_.front().first <= to) {
            work_.node();
            node& timer = *all_[heap_.front().list].first;
            remove(timer);
            ++fired;
            timer.fire();
        }
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        return heap_.empty() ? k_never : heap_.front().first;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Lists that are kept, empty ones among them.
    [[nodiscard]] std::size_t lists() const noexcept { return lists_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return sizeof(*this) + all_.capacity() * sizeof(list) + heap_.capacity() * sizeof(slot) +
               cells_.capacity() * sizeof(cell);
    }

    [[nodiscard]] std::string check() const {
        if (lists_ > 2 * heap_.size() + k_slack) return "I4: too many empty lists";
        std::size_t total = 0;
        std::size_t occupied = 0;
        for (const cell& c : cells_) {
            if (c.list == k_none) continue;
            ++occupied;
            const list& l = all_[c.list];
            if (l.ttl != c.ttl || find(c.ttl) != c.list) return "I3: a list not found";
            if (std::string wrong = check_list(l, c.list, total); !wrong.empty()) return wrong;
        }
        if (occupied != lists_) return "I3: table differs from the lists";
        std::size_t spare = 0;
        for (index f = spare_; f != k_none && spare <= all_.size(); f = all_[f].place) ++spare;
        if (lists_ + spare != all_.size()) return "I3: lists lost";
        for (std::size_t i = 0; i < heap_.size(); ++i) {
            const list& l = all_[heap_[i].list];
            if (i > 0 && heap_[i].first < heap_[parent(i)].first) return "I2: heap order";
            if (l.place != i || l.first == nullptr) return "I2: place of a list";
            if (l.first->deadline() != heap_[i].first) return "I2: first deadline of a list";
        }
        return total == size_ ? std::string{} : "I4: lengths do not add up to size()";
    }

 private:
    static constexpr index k_none = ~index{0};
    static constexpr std::size_t k_cells_min = 16;
    static constexpr std::size_t k_fan = 4;

    struct list {
        tick ttl = 0;
        node* first = nullptr;
        node* last = nullptr;
        index place = 0;  ///< in the heap; of a list given back: the next such
    };
    struct slot {
        tick first;
        index list;
    };
    struct cell {
        tick ttl = 0;
        index list = k_none;
    };

    // ---- lists ----

    void link_last(list& l, node& timer) noexcept {
        timer.next = nullptr;
        timer.prev = l.last;
        (l.last == nullptr ? l.first : l.last->next) = &timer;
        l.last = &timer;
    }

    void unlink(list& l, node& timer) noexcept {
        (timer.prev == nullptr ? l.first : timer.prev->next) = timer.next;
        (timer.next == nullptr ? l.last : timer.next->prev) = timer.prev;
    }

    void append(index number, node& timer) noexcept {
        list& l = all_[number];
        timer.list = number;
        link_last(l, timer);
        if (l.first != &timer) return;
        heap_.push_back({timer.deadline(), number});  // list_for() made room
        sift_up(heap_.size() - 1, heap_.back());
    }

    void remove(node& timer) noexcept {
        list& l = all_[timer.list];
        const bool was_first = l.first == &timer;
        unlink(l, timer);
        --size_;
        if (!was_first) return;
        if (l.first != nullptr) {
            if constexpr (Mutant != 1) replace(l.place, {l.first->deadline(), timer.list});
            return;
        }
        const slot last = heap_.back();
        heap_.pop_back();
        if (l.place < heap_.size()) replace(l.place, last);
        give_back_if_due();
    }

    [[nodiscard]] std::string check_list(const list& l, index number, std::size_t& total) const {
        if (l.first == nullptr) return l.last == nullptr ? std::string{} : "I1: an end, no start";
        if (l.place >= heap_.size() || heap_[l.place].list != number) return "I2: not in the heap";
        const node* before = nullptr;
        for (const node* timer = l.first; timer != nullptr; timer = timer->next) {
            if (timer->prev != before || timer->list != number) return "I1: broken link";
            if (before != nullptr && timer->deadline() < before->deadline()) return "I1: order";
            if (++total > size_) return "I4: more timers than size()";
            before = timer;
        }
        return l.last == before ? std::string{} : "I1: the end is elsewhere";
    }

    // ---- the table: open addressing, linear probing, at most five eighths full ----

    [[nodiscard]] static constexpr std::size_t cells_for(std::size_t lists) noexcept {
        return std::max(k_cells_min, std::bit_ceil(lists * 8 / 5 + 1));
    }
    /// Cells for a table made anew while `occupied` lists hold timers: enough that half as many
    /// again can be made before the next time, which pays for it.
    [[nodiscard]] static constexpr std::size_t cells_anew(std::size_t occupied) noexcept {
        return cells_for(occupied + occupied / 2 + k_slack);
    }

    /// The cell of `ttl`, or the empty one where it belongs.
    [[nodiscard]] std::size_t probe(tick ttl) const noexcept {
        std::size_t c = (ttl * 0x9E37'79B9'7F4A'7C15) >> shift_;
        for (;; c = (c + 1) & (cells_.size() - 1)) {
            work_.slot();
            if (cells_[c].list == k_none || cells_[c].ttl == ttl) return c;
            if constexpr (Mutant == 3) return c;  // takes whoever is there for the one it wants
        }
    }

    [[nodiscard]] index find(tick ttl) const noexcept { return cells_[probe(ttl)].list; }

    /// An empty table of `count` cells. Throws bad_alloc only if it has never been as large.
    void make_cells(std::size_t count) {
        CYCLONE_ASSERT(std::has_single_bit(count));
        cells_.assign(count, cell{});
        shift_ = 64U - static_cast<unsigned>(std::countr_zero(count));
    }

    /// The list of `ttl`, made if there is none. O(1) amortised. Throws bad_alloc, and then nothing
    /// has happened to any timer.
    [[nodiscard]] index list_for(tick ttl) {
        if (const index found = find(ttl); found != k_none) return found;
        if ((lists_ + 1) * 8 > cells_.size() * 5) {
            const std::size_t count = cells_anew(heap_.size() + 1);
            cells_.reserve(count);
            make_anew(count);
        }
        if (spare_ == k_none) add_list();
        const index number = spare_;
        spare_ = all_[number].place;
        all_[number].ttl = ttl;
        cells_[probe(ttl)] = {ttl, number};
        ++lists_;
        return number;
    }

    /// One spare list more, and room for it in the heap.
    void add_list() {
        CYCLONE_ASSERT(all_.size() < k_none - 1);
        if (heap_.capacity() <= all_.size()) heap_.reserve(2 * all_.size() + k_slack);
        all_.push_back({.place = spare_});
        spare_ = static_cast<index>(all_.size() - 1);
    }

    /// I4: at least as many lists as hold timers have become empty since the last time, and eight.
    void give_back_if_due() noexcept {
        if (lists_ > 2 * heap_.size() + k_slack) make_anew(cells_anew(heap_.size()));
    }

    /// Gives back the empty lists and makes the table anew, of `count` cells, from those that are
    /// in the heap. Allocates nothing if cells_ has the capacity.
    void make_anew(std::size_t count) {
        CYCLONE_ASSERT(count <= cells_.capacity());
        for (const cell& c : cells_) {
            work_.slot();
            if (c.list == k_none || all_[c.list].first != nullptr) continue;
            all_[c.list].place = spare_;
            spare_ = c.list;
        }
        lists_ = heap_.size();
        if constexpr (Mutant == 2) return;
        make_cells(count);
        for (const slot& s : heap_) {
            work_.relink();
            cells_[probe(all_[s.list].ttl)] = {all_[s.list].ttl, s.list};
        }
    }

    // ---- the heap of the lists that hold timers ----

    [[nodiscard]] static constexpr std::size_t parent(std::size_t i) noexcept {
        return (i - 1) / k_fan;
    }

    [[nodiscard]] bool before(const slot& a, const slot& b) noexcept {
        work_.comparison();
        return a.first < b.first;
    }

    void put(std::size_t i, slot s) noexcept {
        heap_[i] = s;
        all_[s.list].place = static_cast<index>(i);
        work_.relink();
    }

    void sift_up(std::size_t i, slot s) noexcept {
        while (i > 0 && before(s, heap_[parent(i)])) {
            put(i, heap_[parent(i)]);
            i = parent(i);
        }
        put(i, s);
    }

    /// Puts `s` at `i`, whose content may be discarded, and restores I2 in either direction.
    void replace(std::size_t i, slot s) noexcept {
        if (i > 0 && before(s, heap_[parent(i)])) return sift_up(i, s);
        for (std::size_t first = k_fan * i + 1; first < heap_.size(); first = k_fan * i + 1) {
            std::size_t best = first;
            for (std::size_t c = first + 1; c < std::min(first + k_fan, heap_.size()); ++c) {
                if (before(heap_[c], heap_[best])) best = c;
            }
            if (!before(heap_[best], s)) break;
            if constexpr (Mutant == 5) {
                heap_[i] = heap_[best];
            } else {
                put(i, heap_[best]);
            }
            i = best;
        }
        put(i, s);
    }

    [[no_unique_address]] mutable Work work_;
    std::vector<list> all_;
    std::vector<slot> heap_;
    std::vector<cell> cells_;
    unsigned shift_ = 0;     ///< takes a hash to a cell
    index spare_ = k_none;   ///< lists given back, chained by their places
    std::size_t lists_ = 0;  ///< in the table
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
