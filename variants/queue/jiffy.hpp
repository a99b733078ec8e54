// Jiffy: many producers take positions by a fetch-and-add, and fill cells in a list of buffers; one
// consumer takes the cells in order. A cell whose producer is slow hides nothing: the consumer goes
// on behind it, takes the first cell that is filled, and comes back. Buffers in the middle that
// have nothing left are folded away, so that a producer that stands still does not keep memory.
//
// Source      Adas and Friedman 2020 (arXiv 2010.14189). Two things differ. The paper gives a
// buffer
//             back when the consumer has left it, but a producer that has found it as the last one
//             and was then overtaken comes back to it: here it is kept until all pushes that can
//             have found it have filled their cells (retire). And the next buffer, which the paper
//             has made by the second push into the one before, is made before that push is seen
// Cost        push: one read-modify-write and two stores; an allocation and two or three
//             read-modify-writes each 1024. pop: a load; where a producer is in the middle of a
//             push, a walk over the cells from it to the next that is filled
// Progress    wait-free, both ends, but for the allocator: a push walks over as many buffers as
//             pushes began between, a pop over as many cells as are taken and not popped
// Invariants  I1 positions below position_ are popped; a cell is waiting, then filled by the one
//                producer that has its position, then gone
//             I2 buffers in the list hold positions from `first` on, k_cells each, in rising order;
//                the gaps between them are folded buffers, all of whose cells are gone
//             I3 last_ only moves forward, and to the next of the one where it stands: a buffer
//             that
//                has a next has been passed by last_, or is where it stands
//             I4 a retired buffer is in no path that begins at a push whose position is at or above
//                its mark; it is freed when position_ has reached the mark: all the others are done
// Orders      a cell's state carries the item and, by the acquire, what happened before that push:
//             so an earlier cell that was filled before it is seen when it is looked at again.
//             tail_ is acquired by pushes and released by retire(): a push that comes later sees
//             that last_ has moved on. A read of tail_ would not do, as it orders no one.
// Bound       if memory ends within a push, std::bad_alloc passes, the item is not inside, and its
//             cell stays empty for ever: the queue goes on, with one walk more a pop
#pragma once

#include <memory>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class jiffy {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");

    // Small under other policies, so that buffers are left and folded in small tests too.
    static constexpr std::size_t k_cells = std::derived_from<Sync, sync::native> ? 1024 : 2;

    enum class state : std::uint8_t { waiting, filled, gone };
    struct cell {
        typename Sync::template atomic<state> is;
        slot<T, Sync> item;
    };
    struct buffer {
        buffer(std::uint64_t position, buffer* before)
            : first(position), previous(before), cells(std::make_unique<cell[]>(k_cells)) {}

        const std::uint64_t first;
        typename Sync::template atomic<buffer*> next;
        typename Sync::template atomic<buffer*> previous;
        std::unique_ptr<cell[]> cells;  // none in a folded buffer
        // The consumer's alone, of a retired buffer.
        std::uint64_t mark = 0;
        buffer* after = nullptr;
    };
    /// A cell of a buffer; in none where a search has found nothing.
    struct place {
        buffer* in;
        std::uint64_t position;
    };

 public:
    using value_type = T;
    static constexpr traits k_traits{.serves = kind::mpsc,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free,
                                     .frees = reclamation::consumer};
    static constexpr std::size_t k_bytes_per_item = sizeof(cell);

    /// There is no capacity to keep to.
    explicit jiffy(std::size_t /*capacity*/, std::uint64_t origin = 0)
        : tail_(origin), last_(Sync::template make<buffer>(origin, nullptr)), position_(origin) {
        head_.set(last_.load(std::memory_order_relaxed));
    }
    ~jiffy() noexcept(Sync::k_nothrow) {
        take_all(*this);
        for (buffer* one = head_.get(); one != nullptr;) {
            buffer* const next = one->next.load(std::memory_order_relaxed);
            Sync::dispose(one);
            one = next;
        }
        for (buffer* one = retired_.get(); one != nullptr;) {
            buffer* const after = one->after;
            Sync::dispose(one);
            one = after;
        }
    }
    jiffy(const jiffy&) = delete;
    jiffy& operator=(const jiffy&) = delete;

    /// Any thread's. Always true; std::bad_alloc passes (see Bound).
    bool try_push(T&& item) {
        // Acquire: that last_ has left the buffers which were retired before.
        const std::uint64_t mine =
            tail_.fetch_add(1, Mutant == 7 ? std::memory_order_relaxed : std::memory_order_acquire);
        buffer* in = last_.load(std::memory_order_acquire);
        while (distance(mine, in->first) >= std::int64_t{k_cells}) in = passed(*in);
        // Relaxed: a buffer is known to whoever knows a later one.
        while (distance(mine, in->first) < 0) in = in->previous.load(std::memory_order_relaxed);
        const std::uint64_t index = mine - in->first;
        // Early, and by one producer alone: who needs the next buffer will find it.
        if (index == 1 && in->next.load(std::memory_order_relaxed) == nullptr) made_behind(*in);
        cell& here = in->cells[index];
        here.item.put(std::move(item));
        // Release: the item; and that this push has no more to do with any buffer.
        here.is.store(state::filled,
                      Mutant == 1 ? std::memory_order_relaxed : std::memory_order_release);
        return true;
    }

    /// The consumer's.
    popped<T> try_pop() noexcept(Sync::k_nothrow) {
        place at{head_.get(), position_.get()};
        for (;;) {
            if (at.position - at.in->first == k_cells) {
                buffer* const next = at.in->next.load(std::memory_order_acquire);
                if (next == nullptr) return answer::empty;  // nobody has filled a cell there
                head_.set(next);
                position_.set(next->first);
                retire(*at.in, *next);
                at = {next, next->first};
            }
            const state seen = state_at(at);
            if (seen == state::filled) {
                position_.set(at.position + 1);
                return popped<T>(at.in->cells[at.position - at.in->first].item.take());
            }
            if (seen == state::waiting) return out_of_turn(at);
            position_.set(++at.position);
        }
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    /// Positions go round at 2^64: only their difference tells which is ahead.
    [[nodiscard]] static constexpr std::int64_t distance(std::uint64_t of,
                                                         std::uint64_t from) noexcept {
        return static_cast<std::int64_t>(of - from);
    }
    [[nodiscard]] static state state_at(place at) noexcept(Sync::k_nothrow) {
        return at.in->cells[at.position - at.in->first].is.load(
            Mutant == 2 ? std::memory_order_relaxed : std::memory_order_acquire);
    }

    /// The buffer behind `of`, which is made if there is none.
    buffer* made_behind(buffer& of) {
        buffer* next = of.next.load(std::memory_order_acquire);
        if (next != nullptr) return next;
        buffer* const mine = Sync::template make<buffer>(of.first + k_cells, &of);
        if constexpr (Mutant == 8) {
            of.next.store(mine, std::memory_order_release);
            return mine;
        }
        // Release: what is in the buffer. Acquire: what is in another's.
        if (of.next.compare_exchange_strong(next, mine, std::memory_order_release,
                                            std::memory_order_acquire)) {
            return mine;
        }
        Sync::dispose(mine);
        return next;
    }

    /// The same, with last_ moved on to it: also for another who has made it and not come so far.
    buffer* passed(buffer& of) {
        buffer* const next = made_behind(of);
        move_last(of, *next);
        return next;
    }
    void move_last(buffer& from, buffer& to) noexcept(Sync::k_nothrow) {
        buffer* seen = &from;
        last_.compare_exchange_strong(seen, &to, std::memory_order_release,
                                      std::memory_order_relaxed);
    }

    /// The first cell at or behind `from` and before `end` that is filled. Buffers on the way,
    /// other than the first, in which nothing is left are folded.
    [[nodiscard]] place found(place from, std::uint64_t end) noexcept(Sync::k_nothrow) {
        for (place at = from;;) {
            bool is_empty = at.position == at.in->first && at.in != head_.get();
            for (; at.position - at.in->first < k_cells; ++at.position) {
                if (distance(end, at.position) <= 0) return {nullptr, end};
                const state seen = state_at(at);
                if (seen == state::filled) return at;
                is_empty = is_empty && seen == state::gone;
            }
            buffer* const next = at.in->next.load(std::memory_order_acquire);
            if (next == nullptr) return {nullptr, end};
            if (is_empty) fold(*at.in, *next);
            at = {next, next->first};
        }
    }

    /// The cell at `head` waits for its producer, or nobody has come so far.
    popped<T> out_of_turn(place head) noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 4) return answer::empty;
        // Relaxed: who pushed earlier is seen by coherence.
        const std::uint64_t end = tail_.load(std::memory_order_relaxed);
        place at = found(head, end);
        if (at.in == nullptr) return answer::empty;
        // While it was looked for, one before it may have been filled, and before it even.
        if constexpr (Mutant != 3) {
            for (place earlier = found(head, at.position); earlier.in != nullptr;
                 earlier = found(head, at.position)) {
                at = earlier;
            }
        }
        cell& here = at.in->cells[at.position - at.in->first];
        here.is.store(state::gone, std::memory_order_relaxed);  // read by the consumer only
        return popped<T>(here.item.take());
    }

    /// Takes a buffer out of the middle. Its cells go at once, as their producers are done; what
    /// others walk over stays for a while.
    void fold(buffer& empty, buffer& next) noexcept(Sync::k_nothrow) {
        buffer* const before = empty.previous.load(std::memory_order_relaxed);
        before->next.store(&next, std::memory_order_release);
        if constexpr (Mutant != 6) next.previous.store(before, std::memory_order_relaxed);
        empty.cells.reset();
        retire(empty, next);
    }

    /// `done` is out of the list, and `next` was behind it.
    void retire(buffer& done, buffer& next) noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 5) {
            Sync::dispose(&done);
            return;
        }
        move_last(done, next);
        // A read-modify-write that changes nothing. Release: pushes that come after it see last_
        // and `previous` as they are now, and do not find the buffer.
        done.mark =
            tail_.fetch_add(0, Mutant == 9 ? std::memory_order_relaxed : std::memory_order_release);
        if (retired_.get() == nullptr) {
            retired_.set(&done);
        } else {
            retired_last_.get()->after = &done;
        }
        retired_last_.set(&done);
        buffer* oldest = retired_.get();
        while (oldest != nullptr && distance(position_.get(), oldest->mark) >= 0) {
            buffer* const after = oldest->after;
            Sync::dispose(oldest);
            oldest = after;
        }
        retired_.set(oldest);
    }

    // The producers' lines: one that each push changes, one that is read. Then the consumer's.
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    alignas(k_no_false_sharing) typename Sync::template atomic<buffer*> last_;
    alignas(k_no_false_sharing) typename Sync::template var<buffer*> head_;
    typename Sync::template var<std::uint64_t> position_;
    typename Sync::template var<buffer*> retired_;
    typename Sync::template var<buffer*> retired_last_;
};

}  // namespace cyclone::queue
