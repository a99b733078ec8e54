// A cascading wheel whose slots are arrays of pointers, not lists of nodes. A slot is four cache
// lines: 29 cells for pointers to timers, and a chain of blocks (line_pool.hpp) for what is beyond.
// START writes the pointer into a free cell of its slot, and the cell's address into the node.
// STOP overwrites the cell with null: one store, no neighbour, no branch on what is not cached.
// RESTART only stores the deadline if the slot comes up by then; the visit places the timer anew.
// A slot that comes up is read as an array: all its nodes are prefetched, then placed or fired.
// Struck cells are garbage. Where all cells of a range are taken and most are struck, by a sample
// of three, they are filled again; else the slot gets a block more. While fewer than four timers a
// block are pending, each new block pays for two steps of a hand that goes round the chains, frees
// empty blocks and merges those that fit into one.
//
// Source      Varghese and Lauck 1987 (scheme 7) for the wheels; cells, striking, filling again and
//             the lazy restart are this project's own
// Cost        START, STOP, RESTART O(1), START amortised over the new blocks; a move every factor
//             of 256 in distance; one tick O(1) and what it fires or hands down; next O(levels)
// Worth       measured as ns an operation without each, at a thousand and at a million pending:
//             lazy restart: W2 5.6 for 2.4, 54 for 41; prefetch: W3 the same, 35 for 32.5; filling
//             again: W1 7.2 for 6.8, no difference at a million; START inline, crowded slots apart:
//             81 to 41 instructions. Levels that overlap 16-fold, so as to hand down earlier, cost
//             15 % of W3 and went. Where it loses: at a thousand a hashed wheel starts, stops and
//             expires faster, since nothing is far from the caches and it never moves a timer
// Accuracy    exact; next_deadline() is a lower bound: a struck or lazily restarted timer costs a
//             wake at which nothing fires, once
// Invariants  I1 a pending node's place is a cell that points at it, and that cell's slot
//             I2 a slot comes up after cursor_, and not after the deadline of any timer in it
//             I3 a slot that holds a cell is marked full
//             I4 the cells that are not null add up to size_
//             I5 the blocks in the chains add up to those the pool has handed out
// Limits      START may allocate and throw std::bad_alloc, and then has changed nothing; a level
//             costs 64 KiB from its first timer on; addresses have 48 bits (x86-64)
// Not equivalent to the paper's: cells, not lists.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>

#include "timer/timer.hpp"
#include "variants/timer/line_pool.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class line_wheel {
    static constexpr unsigned k_slot_bits = 8;
    static constexpr unsigned k_slots = 1U << k_slot_bits;
    static constexpr unsigned k_levels = 64 / k_slot_bits;
    static constexpr unsigned k_slot_lines = 4;
    static constexpr unsigned k_address_bits = 48;
    static_assert(k_levels * k_slots <= 1U << (64 - k_address_bits));

 public:
    struct alignas(32) node : entry {
        using entry::entry;

     private:
        friend class line_wheel;
        std::uintptr_t place_ = 0;  ///< its cell's address; the slot's number in the upper 16 bits
    };
    static_assert(sizeof(node) == 32);

    static constexpr traits k_traits{.next = next_kind::lower_bound};

    explicit line_wheel(tick now) : now_(now), cursor_(now) {
        for (unsigned log = 0; log < 64; ++log)
            by_log_[log] = {&closed_, 0, 0, log / k_slot_bits * k_slot_bits};
    }
    line_wheel(const line_wheel&) = delete;
    line_wheel& operator=(const line_wheel&) = delete;
    ~line_wheel() {
        for (unsigned id = 0; id < k_levels * k_slots; ++id) {
            if (full_[id] == 0) continue;
            each_cell(id, [](node** cell) {
                if (*cell != nullptr) (*cell)->set_idle();
            });
        }
    }

    [[gnu::always_inline]] void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        const tick effective = effective_deadline(deadline, now_);
        append(timer, effective, effective - cursor_);
        timer.set_deadline(effective);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        strike(timer);
        timer.set_idle();
        --size_;
        return true;
    }

    void restart(node& timer, tick deadline) {
        const tick effective = effective_deadline(deadline, now_);
        if (timer.pending()) {
            if (comes_up_by(timer, effective)) {
                timer.set_deadline(effective);
                return;
            }
            stop(timer);
        }
        start(timer, effective);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (cursor_ < to) {
            if (to - cursor_ < k_walk) {
                ++cursor_;
            } else {
                const tick next = next_turn();
                if (next > to) break;
                cursor_ = next;
            }
            const bool boundary = (cursor_ & (k_slots - 1)) == 0;
            if (Mutant != 4 && boundary) hand_down();
            work_.slot();
            const auto index = static_cast<unsigned>(cursor_ & (k_slots - 1));
            if (full_[index] != 0) fired += fire(index);
            if (Mutant == 4 && boundary) hand_down();  // after the finest slot instead of before
        }
        cursor_ = to;
        return fired;
    }

    [[nodiscard]] tick next_deadline() const { return size_ == 0 ? k_never : next_turn(); }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return sizeof(*this) + pool_.bytes() +
               static_cast<std::size_t>(std::popcount(open_)) * k_slots * sizeof(slot);
    }

    /// Makes room for `timers` that fill the blocks they are in; O(timers), may throw bad_alloc.
    void reserve(std::size_t timers) { pool_.reserve(timers / block::k_cells + 1); }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        std::size_t blocks = 0;
        bool placed = true;
        bool ahead = true;
        bool marked = true;
        for (unsigned id = 0; id < k_levels * k_slots; ++id) {
            if (slots_[id >> k_slot_bits] == nullptr) continue;
            const slot& s = slot_at(id);
            marked &= full_[id] != 0 || (s.free == slot::all(slot::k_cells) && s.head == nullptr);
            for (block* b = s.head; b != nullptr; b = b == s.tail() ? nullptr : b->next) ++blocks;
            each_cell(id, [&](node** cell) {
                if (*cell == nullptr) return;
                ++total;
                placed &= (*cell)->pending() && cell_of(**cell) == cell &&
                          (*cell)->place_ >> k_address_bits == id;
                ahead &= comes_up_by(**cell, (*cell)->deadline());
            });
        }
        if (!placed) return "I1: a cell and its node differ";
        if (!ahead) return "I2: a slot comes up after a deadline";
        if (!marked) return "I3: a slot that is not marked full";
        if (total != size_) return "I4: the cells do not add up to size()";
        return blocks == pool_.used() && pool_.audit() ? std::string{} : "I5: a block is lost";
    }

 private:
    using block = cell_block<node>;

    using slot = cell_slot<node, k_slot_lines>;

    /// By the logarithm of a distance: the level that takes it.
    struct level_of {
        slot* slots;
        tick mask;       ///< k_slots - 1; 0 while the level is closed
        tick first;      ///< number of its first slot
        unsigned shift;  ///< the slots are 2^shift ticks wide
    };

    /// A slot of `level` is 2^shift ticks wide.
    [[nodiscard]] static constexpr unsigned shift_of(unsigned level) noexcept {
        return level * k_slot_bits;
    }
    [[nodiscard]] slot& slot_at(unsigned id) const noexcept {
        return slots_[id >> k_slot_bits][id & (k_slots - 1)];
    }
    [[nodiscard]] static node** cell_of(const node& timer) noexcept {
        constexpr std::uintptr_t k_address = (std::uintptr_t{1} << k_address_bits) - 1;
        return reinterpret_cast<node**>(timer.place_ & k_address);
    }
    static void put(node& timer, node** cell, std::uintptr_t id) noexcept {
        *cell = &timer;
        timer.place_ = reinterpret_cast<std::uintptr_t>(cell) | id << k_address_bits;
    }
    static void strike(node& timer) noexcept {
        if constexpr (Mutant == 2) return;  // leaves the cell
        *cell_of(timer) = nullptr;
    }

    /// True if the slot of a pending timer comes up at `deadline` or before.
    [[nodiscard]] bool comes_up_by(const node& timer, tick deadline) const noexcept {
        const auto id = static_cast<unsigned>(timer.place_ >> k_address_bits);
        const unsigned shift = shift_of(id >> k_slot_bits);
        const tick turn = cursor_ >> shift;
        const tick turns_before = (id - turn - 1) & (k_slots - 1);
        if constexpr (Mutant == 3) return (deadline >> shift) - turn >= turns_before;
        return (deadline >> shift) - turn > turns_before;
    }

    struct spot {
        slot& at;
        tick id;  ///< number of the slot
    };
    [[nodiscard]] const level_of& level_for(tick distance) const noexcept {
        return by_log_[63U ^ static_cast<unsigned>(__builtin_clzll(distance))];
    }
    /// Where a deadline, `distance` > 0 after cursor_, belongs. A timer that is due at cursor_
    /// itself goes to the slot about to be fired; its distance counts as 1.
    [[nodiscard, gnu::always_inline]] spot spot_of(tick deadline, tick distance) const noexcept {
        const level_of& level = level_for(distance);
        const tick index = deadline >> level.shift & level.mask;
        return {level.slots[index], level.first + index};
    }
    /// Puts a timer into a slot that has room.
    [[gnu::always_inline]] void settle(node& timer, const spot& where) noexcept {
        const std::uint32_t free = where.at.free;
        work_.node();
        where.at.free = free & (free - 1);
        full_[where.id] = 1;
        put(timer, where.at.cells + static_cast<std::uint32_t>(__builtin_ctz(free)), where.id);
    }
    [[gnu::always_inline]] void append(node& timer, tick deadline, tick distance) {
        const spot where = spot_of(deadline, distance);
        if (where.at.free == 0) [[unlikely]]
            return append_crowded(timer, deadline, distance);
        settle(timer, where);
    }
    /// Where there is no room: opens the level or makes some. Apart, so that where there is room no
    /// register is saved.
    [[gnu::noinline]] void append_crowded(node& timer, tick deadline, tick distance) {
        if (const level_of& level = level_for(distance); level.mask == 0) open(level);
        const spot where = spot_of(deadline, distance);
        if (where.at.free == 0) make_room(where.at);
        settle(timer, where);
    }

    [[gnu::always_inline]] void make_room(slot& s) {
        if (s.mostly_struck()) {
            s.free = s.struck();
            if constexpr (Mutant == 6) s.free |= 1;  // takes the oldest for struck
            return;
        }
        if (pool_.used() * 4 > size_) {
            sweep();
            sweep();
        }
        block* const more = pool_.take();
        if (s.head == nullptr || Mutant == 7) {  // forgets the blocks before
            s.head = more;
        } else {
            s.tail()->next = more;
        }
        s.fill(more);
    }

    [[gnu::cold, gnu::noinline]] void open(const level_of& closed) {
        const unsigned level = closed.shift / k_slot_bits;
        slots_[level].reset(new slot[k_slots]);
        for (unsigned i = 0; i < k_slots; ++i) slots_[level][i].clear();
        open_ |= 1U << level;
        for (unsigned log = closed.shift; log < closed.shift + k_slot_bits; ++log) {
            by_log_[log].slots = slots_[level].get();
            by_log_[log].mask = k_slots - 1;
            by_log_[log].first = tick{level} << k_slot_bits;
        }
    }

    /// One step of the hand: looks at one block, which the step before has prefetched. A chain's
    /// last block, which is still being filled, is left alone.
    void sweep() noexcept {
        if (hand_slot_ == k_no_slot && !next_hand()) return;
        slot& s = slot_at(hand_slot_);
        block*& link = hand_ == nullptr ? s.head : hand_->next;
        block* const here = link;
        if (here == s.tail()) {
            hand_slot_ = k_no_slot;
            return;
        }
        here->next->prefetch();
        const std::size_t count = here->live();
        if (count != 0) {
            if (hand_ == nullptr || hand_->live() + count > block::k_cells) {
                hand_ = here;
                return;
            }
            node** out = hand_->cells;
            for (node* timer : here->cells) {
                if (timer == nullptr) continue;
                while (*out != nullptr) ++out;
                if constexpr (Mutant == 8) continue;  // merging loses what it should move
                put(*timer, out, hand_slot_);
            }
        }
        link = here->next;
        pool_.give(here);
    }

    /// Takes the hand to another slot that has a block before its last; may need several calls.
    bool next_hand() noexcept {
        for (unsigned tries = 0; tries < 8; ++tries) {
            hand_next_ = (hand_next_ + 1) % (k_levels * k_slots);
            if (full_[hand_next_] == 0) continue;
            const slot& s = slot_at(hand_next_);
            if (s.head == nullptr || s.head == s.tail()) continue;
            hand_slot_ = hand_next_;
            hand_ = nullptr;
            return true;
        }
        return false;
    }

    /// The first tick after cursor_ at which a full slot comes up; k_never if there is none.
    [[nodiscard]] tick next_turn() const noexcept {
        tick earliest = k_never;
        for (unsigned rest = open_; rest != 0; rest &= rest - 1) {
            const auto level = static_cast<unsigned>(std::countr_zero(rest));
            const unsigned shift = shift_of(level);
            const tick first = (cursor_ >> shift) + 1;
            const unsigned ahead = next_full(level, static_cast<unsigned>(first & (k_slots - 1)));
            if (ahead < k_slots) earliest = std::min(earliest, (first + ahead) << shift);
            if (Mutant == 5 && earliest != k_never)
                break;  // takes the finest level for the nearest
        }
        return earliest;
    }

    /// Slots from `start` of a level to the first full one, going round; k_slots if there is none.
    [[nodiscard]] unsigned next_full(unsigned level, unsigned start) const noexcept {
        work_.slot();
        const std::uint8_t* const flags = full_.data() + (level << k_slot_bits);
        unsigned at = start & ~7U;
        std::uint64_t word = 0;
        std::memcpy(&word, flags + at, 8);
        word = word >> (start % 8 * 8) << (start % 8 * 8);
        for (unsigned i = 0; i <= k_slots / 8; ++i) {
            if (word != 0) {
                const unsigned found = at + static_cast<unsigned>(std::countr_zero(word)) / 8;
                return (found - start) & (k_slots - 1);
            }
            at = (at + 8) & (k_slots - 1);
            std::memcpy(&word, flags + at, 8);
        }
        return k_slots;
    }

    /// Empties the coarser slots that begin at cursor_, the coarsest first.
    [[gnu::noinline]] void hand_down() {
        for (unsigned level = k_levels - 1; level > 0; --level) {
            const unsigned shift = shift_of(level);
            if ((open_ >> level & 1) == 0 || (cursor_ & ((tick{1} << shift) - 1)) != 0) continue;
            const unsigned id =
                level << k_slot_bits | static_cast<unsigned>(cursor_ >> shift & (k_slots - 1));
            work_.slot();
            if (full_[id] != 0) scatter(id);
        }
    }

    /// Places every timer of a slot anew. The nodes are gathered and prefetched first: their misses
    /// overlap, where a list would take one after the other.
    void scatter(unsigned id) {
        slot& s = slot_at(id);
        std::array<node*, 64 + block::k_cells> batch;
        std::size_t count = 0;
        const auto gather = [&](node* const* cells, std::uint32_t set) {
            for (; set != 0; set &= set - 1) {
                batch[count] = cells[__builtin_ctz(set)];
                count += batch[count] != nullptr ? 1 : 0;
            }
        };
        const auto place = [&] {
            for (std::size_t i = 0; i < count; ++i) __builtin_prefetch(batch[i], 1);
            for (std::size_t i = 0; i < count; ++i) {
                work_.relink();
                const tick late = Mutant == 1 ? now_ - cursor_ : 0;  // by the time now
                const tick deadline = batch[i]->deadline() + late;
                append(*batch[i], deadline, (deadline - cursor_) | 1);
            }
            count = 0;
        };
        const std::uint32_t free = s.free;
        block* b = s.head;
        block* const tail = b != nullptr ? s.tail() : nullptr;
        gather(s.inside, slot::all(slot::k_cells) ^ (b != nullptr ? 0 : free));
        drop(s, id);
        while (b != nullptr) {
            block* const next = b == tail ? nullptr : b->next;
            if (next != nullptr) next->prefetch();
            gather(b->cells, slot::all(block::k_cells) ^ (b == tail ? free : 0));
            pool_.give(b);
            b = next;
            if (count >= 64) place();
        }
        place();
    }

    void drop(slot& s, unsigned id) noexcept {
        full_[id] = 0;
        if (hand_slot_ == id) hand_slot_ = k_no_slot;
        s.clear();
    }

    /// Fires one slot of the finest level. Its cells stay in place meanwhile, so that a callback
    /// can strike them; nothing can be started into them, since a distance is below 256 there.
    [[gnu::noinline]] std::size_t fire(unsigned index) {
        slot& s = slots_[0][index];
        const std::uint32_t free = s.free;
        block* b = s.head;
        if (b == nullptr) {
            drop(s, index);
            return fire(s.inside, slot::all(slot::k_cells) ^ free);
        }
        block* const tail = s.tail();
        drop(s, index);
        std::size_t fired = fire(s.inside, slot::all(slot::k_cells));
        for (;;) {
            std::uint32_t set = slot::all(block::k_cells) ^ (b == tail ? free : 0);
            for (std::uint32_t rest = set; rest != 0; rest &= rest - 1)
                __builtin_prefetch(b->cells[__builtin_ctz(rest)], 1);
            fired += fire(b->cells, set);
            block* const next = b->next;
            pool_.give(b);
            if (b == tail) return fired;
            b = next;
        }
    }
    std::size_t fire(node** cells, std::uint32_t set) {
        std::size_t fired = 0;
        for (; set != 0; set &= set - 1) {
            node* const due = cells[__builtin_ctz(set)];
            if (due == nullptr) continue;
            node& timer = *due;
            const tick deadline = timer.deadline();
            if (deadline != cursor_) {
                append(timer, deadline, deadline - cursor_);
                continue;
            }
            --size_;
            ++fired;
            static_cast<entry&>(timer).fire();
        }
        return fired;
    }

    template <class Visit>
    void each_cell(unsigned id, Visit visit) const {
        slot& s = slot_at(id);
        const auto range = [&](node** cells, unsigned width) {
            const std::uint32_t free = cells == s.cells ? s.free : 0;
            for (unsigned i = 0; i < width; ++i)
                if ((free >> i & 1) == 0) visit(cells + i);
        };
        range(s.inside, slot::k_cells);
        for (block* b = s.head; b != nullptr; b = b == s.tail() ? nullptr : b->next)
            range(b->cells, block::k_cells);
    }

    static constexpr unsigned k_no_slot = ~0U;
    static constexpr tick k_walk = 64;  ///< steps from this on are made from slot to slot

    [[no_unique_address]] mutable Work work_;
    tick now_;
    tick cursor_;  ///< the last tick that was looked at; == now_ outside advance()
    std::size_t size_ = 0;
    unsigned open_ = 0;               ///< levels that have slots, a bit each
    unsigned hand_slot_ = k_no_slot;  ///< the chain that the hand is in
    unsigned hand_next_ = 0;
    block* hand_ = nullptr;  ///< the block before the one it looks at; null: that is the first
    line_pool<node> pool_;
    slot closed_;  ///< stands for all slots of a level without any: it has no room
    std::array<level_of, 64> by_log_;
    std::array<std::unique_ptr<slot[]>, k_levels> slots_;
    std::array<std::uint8_t, std::size_t{k_levels} * k_slots> full_{};  ///< a flag a slot
};

}  // namespace cyclone::timer
