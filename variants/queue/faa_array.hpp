// A list of arrays: pushes and pops draw their cells in an array by fetch-and-add, so that nobody
// loses a race for a place, and a new array is linked when one is used up. A pop that draws a cell
// before its push has filled it marks it as taken, and that push draws another one.
//
// Source      Ramalhete and Correia 2016 (FAAArrayQueue), over Michael's hazard pointers. Ours: the
//             items lie in the cells, beside a mark of three values; a pop that finds its cell full
//             need not swap the mark, since nobody else comes there; head_ takes the end along, so
//             that no end leads to an array that is given back; and an access keeps its hazard
//             pointers from call to call
// Cost        push: two read-modify-writes, pop: one, and no fence while head_ and tail_ stay at
//             the arrays where the access was last; one swap or two an array more, and a look
//             through all hazard pointers, so that the array is in use again while it is warm
// Progress    lock-free, both ends, but for the allocator: a push whose cells are taken one after
//             the other ends at the latest with an array of its own, its item inside
// Invariants  I1 cell i of an array belongs to the push and the pop that have drawn i; both indices
//                only grow, beyond the end too
//             I2 a mark goes from empty to full (the push) or to taken (the pop), and the item is
//                the pop's in the first case and stays the push's in the second
//             I3 an array has a next one only when all its cells are drawn by pushes
//             I4 tail_ is not behind head_: who moves head_ has seen tail_ beyond it
//             I5 what an access holds from an earlier call cannot have been given back, so to find
//                it at head_ or tail_ again is to hold it still
// Orders      a mark carries the item. head_, tail_ and next carry the array.
//             pushes_ carries nothing. pops_ does: who finds the array empty has read pops_ first;
//             by the acquire he sees the pushes that the pops before him had behind them. A pop of
//             two must not find the queue empty whose first was overtaken by a push and a pop
// Bound       arrays that wait: the domain's backlog_max, and one a hazard pointer that rests
#pragma once

#include <algorithm>
#include <bit>
#include <memory>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "reclamation/reclamation.hpp"
#include "variants/queue/participants.hpp"
#include "variants/reclamation/hazard_pointers.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class faa_array {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    static constexpr bool k_nothrow = Sync::k_nothrow;
    using domain = cyclone::reclamation::hazard_pointers<no_work, 0, Sync>;

    enum class mark : std::uint32_t { empty, full, taken };
    struct cell {
        typename Sync::template atomic<mark> is{mark::empty};
        slot<T, Sync> item;
    };
    struct array : cyclone::reclamation::retirable<Sync> {
        explicit array(std::size_t count) : cells(std::make_unique<cell[]>(count)) {}
        /// With the first item inside.
        array(std::size_t count, T&& first) : pushes(1), cells(std::make_unique<cell[]>(count)) {
            cells[0].item.put(std::move(first));
            // Relaxed: the link releases it.
            cells[0].is.store(mark::full, std::memory_order_relaxed);
        }

        alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> pushes{0};
        alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> pops{0};
        // Read in every call, and nearly never written.
        alignas(k_no_false_sharing) typename Sync::template atomic<array*> next{nullptr};
        const std::unique_ptr<cell[]> cells;
    };
    using source = typename Sync::template atomic<array*>;

    /// What one end of an access stands on, between its calls too (I5).
    class hold {
     public:
        explicit hold(typename domain::handle& me) noexcept : guard_(me) {}
        [[nodiscard]] array& at(const source& from) noexcept(k_nothrow) {
            // Relaxed: what is held was acquired when it was taken hold of, else the guard
            // acquires.
            array* const seen = from.load(std::memory_order_relaxed);
            if (seen != held_)
                held_ = Mutant == 7 ? from.load(std::memory_order_acquire) : guard_.protect(from);
            return *held_;
        }
        void give_up() noexcept(k_nothrow) {
            held_ = nullptr;
            guard_.release();
        }

     private:
        typename domain::guard guard_;
        array* held_ = nullptr;
    };

 public:
    using value_type = T;
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::hazard_pointers};
    static constexpr std::size_t k_bytes_per_item = sizeof(cell);

    /// An array has as many cells as the capacity says, but 2 at least and 1024 at most. At most
    /// `places` accesses.
    explicit faa_array(std::size_t capacity, std::uint64_t /*origin*/ = 0,
                       unsigned places = k_places<Sync>)
        : cells_(std::bit_ceil(std::clamp(capacity, k_cells_min, k_cells_max))),
          domain_({.participants = places, .guards = 2}),
          head_(Sync::template make<array>(cells_)),
          tail_(head_.load(std::memory_order_relaxed)) {
        CYCLONE_ASSERT(capacity >= 1);
    }
    ~faa_array() noexcept(k_nothrow) {
        array* at = head_.load(std::memory_order_relaxed);
        while (at != nullptr) {
            array* const next = at->next.load(std::memory_order_relaxed);
            take_rest(*at);
            Sync::dispose(at);
            at = next;
        }
    }
    faa_array(const faa_array&) = delete;
    faa_array& operator=(const faa_array&) = delete;

    /// One a thread (S11).
    class access {
     public:
        using value_type = T;

        explicit access(faa_array& queue)
            : queue_(&queue), me_(queue.domain_), at_tail_(me_), at_head_(me_) {}
        access(const access&) = delete;
        access& operator=(const access&) = delete;

        /// Always true; std::bad_alloc passes, and then the item is as it was.
        bool try_push(T&& item) {
            for (;;) {
                array& last = at_tail_.at(queue_->tail_);
                const std::uint64_t mine = last.pushes.fetch_add(1, std::memory_order_relaxed);
                if (mine < queue_->cells_ ? fill(last.cells[mine], item)
                                          : queue_->append(last, item)) {
                    return true;
                }
            }
        }

        popped<T> try_pop() noexcept(k_nothrow) {
            for (;;) {
                array& first = at_head_.at(queue_->head_);
                if (looks_empty(first)) return answer::empty;
                // Released, as all pops before; acquired: see the head of this file, and below.
                const std::uint64_t mine = first.pops.fetch_add(
                    1, Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acq_rel);
                if (mine < queue_->cells_) {
                    cell& here = first.cells[mine];
                    if (is_ours(here)) return popped<T>(here.item.take());
                    continue;
                }
                // All cells are drawn. Is there no array behind, then nothing was pushed there
                // that the pops before this one have seen: the fetch-and-add acquires it.
                array* const next = first.next.load(std::memory_order_acquire);
                if (next == nullptr || Mutant == 8) return answer::empty;
                if (queue_->pass(first, *next)) retire(first);
            }
        }

        /// Gives back what waits, as far as nobody stands on it. Never needed: memory alone is the
        /// difference.
        void flush_pops() noexcept(k_nothrow) {
            at_tail_.give_up();
            at_head_.give_up();
            me_.flush();
        }

     private:
        /// False: the pop of the cell was here first, and the item is the caller's again.
        [[nodiscard]] static bool fill(cell& here, T& item) noexcept(k_nothrow) {
            constexpr auto k_in = Mutant == 3 ? std::memory_order_relaxed  //
                                              : std::memory_order_release;
            here.item.put(std::move(item));
            mark seen = mark::empty;
            if (here.is.compare_exchange_strong(seen, mark::full, k_in,
                                                std::memory_order_relaxed)) {
                return true;
            }
            hand_back(item, here.item);
            return false;
        }

        /// The order of the first two counts: pops has not been less since it was read, so that at
        /// the reading of pushes every cell drawn by a push was drawn by a pop.
        [[nodiscard]] static bool looks_empty(array& first) noexcept(k_nothrow) {
            if constexpr (Mutant == 6) {
                const std::uint64_t in = first.pushes.load(std::memory_order_acquire);
                widen_window();
                return first.pops.load(std::memory_order_acquire) >= in &&
                       first.next.load(std::memory_order_relaxed) == nullptr;
            }
            const std::uint64_t out = first.pops.load(std::memory_order_acquire);
            return out >= first.pushes.load(std::memory_order_relaxed) &&
                   first.next.load(std::memory_order_relaxed) == nullptr;
        }

        /// Whether the item of a cell that this pop has drawn is there; else its push is told.
        [[nodiscard]] static bool is_ours(cell& here) noexcept(k_nothrow) {
            constexpr auto k_look = Mutant == 4 ? std::memory_order_relaxed  //
                                                : std::memory_order_acquire;
            // A push that has drawn the cell is about to fill it: a moment's patience saves both
            // sides another cell.
            for (unsigned turn = 0; turn < k_patience; ++turn) {
                if (here.is.load(std::memory_order_relaxed) != mark::empty) break;
                Sync::pause();
            }
            if (here.is.load(k_look) == mark::full) return true;
            if constexpr (Mutant == 1) return false;
            return here.is.exchange(mark::taken, std::memory_order_acquire) == mark::full;
        }

        /// No end leads to `old` any more. It goes at once if nobody stands on it.
        void retire(array& old) noexcept(k_nothrow) {
            at_head_.give_up();
            cyclone::reclamation::retire(me_, &old);
            me_.flush();
        }

        faa_array* queue_;
        typename domain::handle me_;
        hold at_tail_;
        hold at_head_;
    };

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    static constexpr std::size_t k_cells_min = 2;
    static constexpr std::size_t k_cells_max = 1024;
    static constexpr unsigned k_patience = std::derived_from<Sync, sync::native> ? 64 : 0;

    static void hand_back(T& to, slot<T, Sync>& from) noexcept(k_nothrow) {
        T back = from.take();
        std::destroy_at(&to);
        std::construct_at(&to, std::move(back));
    }

    /// Links a new array with the item, or finds that another push has linked one.
    [[nodiscard]] bool append(array& last, T& item) {
        // Acquired here and below: what tail_ is moved to must be made for who finds it there.
        array* next = last.next.load(std::memory_order_acquire);
        if (next == nullptr) {
            array* const mine = Sync::template make<array>(cells_, std::move(item));
            constexpr auto k_in = Mutant == 9 ? std::memory_order_relaxed  //
                                              : std::memory_order_release;
            if (last.next.compare_exchange_strong(next, mine, k_in, std::memory_order_acquire)) {
                swing(&last, mine);
                return true;
            }
            hand_back(item, mine->cells[0].item);
            Sync::dispose(mine);
        }
        swing(&last, next);
        return false;
    }

    /// Moves tail_ on by one array, if nobody else has.
    void swing(array* last, array* next) noexcept(k_nothrow) {
        tail_.compare_exchange_strong(last, next, std::memory_order_release,
                                      std::memory_order_relaxed);
    }

    /// Moves head_ on by one array, with tail_ before it (I4). True: it was this call.
    [[nodiscard]] bool pass(array& first, array& next) noexcept(k_nothrow) {
        // Relaxed: head_ has brought what makes it no older than `first`.
        if (tail_.load(std::memory_order_relaxed) == &first) swing(&first, &next);
        array* seen = &first;
        return head_.compare_exchange_strong(seen, &next, std::memory_order_release,
                                             std::memory_order_relaxed);
    }

    /// For the destructor: the items that no pop has drawn.
    void take_rest(array& of) noexcept(k_nothrow) {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (std::uint64_t i = of.pops.load(std::memory_order_relaxed); i < cells_; ++i) {
                cell& here = of.cells[i];
                if (here.is.load(std::memory_order_relaxed) != mark::full) continue;
                static_cast<void>(here.item.take());
            }
        }
    }

    const std::size_t cells_;
    domain domain_;
    alignas(k_no_false_sharing) source head_;
    alignas(k_no_false_sharing) source tail_;
};

}  // namespace cyclone::queue
