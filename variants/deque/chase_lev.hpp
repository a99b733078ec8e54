// A work-stealing deque: its owner pushes and takes at the bottom, thieves steal from the top. It
// grows, and never shrinks.
//
// Source      Chase and Lev 2005 (the growing circular array); Lê, Pop, Cohen and Zappa Nardelli
//             2013, figure 1 (its memory orders in C11). Two slips of that figure are mended: the
//             array is read again after growth, and indices are compared by their difference, so
//             that an empty deque at index 0 does not look full
// Cost        push: a release fence, amortised O(1) for growth; take: a full fence, and a
//             compare-and-swap for the last item; steal: a full fence and a compare-and-swap
// Progress    wait-free for the owner but for the allocation in growth; a steal loses only to a
//             steal or take that won
// Orders      Of the owner's lowered bottom_ and look at top_, and a thief's look at top_ and then
//             at bottom_, one must see the other: hence the two seq_cst fences. push's fence
//             releases for every later store to bottom_ by the owner, also take's own; a release
//             store in its place would not, since C++20 a relaxed store ends a release sequence
// Invariants  I1 items are the cells [top_, bottom_) of the newest array; only the owner writes
//                cells
//             I2 the cell of an index is written for another index only after top_ has passed it,
//                in every array: what was read before a compare-and-swap that won was the item
//             I3 top_ rises only, each time by a compare-and-swap, but for the seeded bugs
//             I4 arrays grown out of are freed by the destructor, so that a slow thief may read
//                them
// Memory      at most twice what the largest array takes
// Limits      T is trivially copyable and fits an atomic. 2^63 items are never inside
//
// Thread-safety: push, take and capacity by the owner; steal by any thread; made and destroyed
// while nobody else is there.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"

namespace cyclone::deque {

enum class got : std::uint8_t {
    item,
    empty,  ///< at some instant of the call nothing was inside
    lost,   ///< another thread took the item that this steal was after: try again, or elsewhere
};

template <class T>
struct taken {
    got what = got::empty;
    T value{};  ///< of an item
};

// Seeded bugs: 1 no fence in take; 2 none in steal; 3 none in push; 4 the last item is taken
// without a compare-and-swap; 5 steal reads the cell after it has won; 6 steal looks at the array
// before it looks at bottom_; 7 the old array is freed at growth; 8 indices are compared as
// unsigned numbers; 9 who loses the last item leaves bottom_ lowered; 10 push writes the array from
// before growth; 11 push publishes by a release store and no fence (a bug since C++20 only); 12
// steal does not acquire the array; 13 growth leaves the oldest item behind; 14 steal takes the
// item although its compare-and-swap failed.
template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class chase_lev {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t),
                  "a deque holds what fits an atomic word: put larger things behind a pointer");

 public:
    /// `capacity` is a power of two; indices begin at `origin`, any number.
    explicit chase_lev(std::size_t capacity = 64, std::uint64_t origin = 0)
        : top_(origin),
          bottom_(origin),
          array_(Sync::template make<array>(capacity, static_cast<array*>(nullptr))) {
        CYCLONE_ASSERT(std::has_single_bit(capacity));
    }
    ~chase_lev() noexcept(Sync::k_nothrow) {
        array* last = array_.load(std::memory_order_relaxed);
        while (last != nullptr) {
            array* const older = last->older();
            Sync::dispose(last);
            last = older;
        }
    }
    chase_lev(const chase_lev&) = delete;
    chase_lev& operator=(const chase_lev&) = delete;

    void push(T item) {
        const std::uint64_t bottom = bottom_.load(std::memory_order_relaxed);
        const std::uint64_t top = top_.load(std::memory_order_acquire);
        array* cells = array_.load(std::memory_order_relaxed);
        if (bottom - top == cells->capacity()) {
            array* const grown = grow(cells, top, bottom);
            if constexpr (Mutant != 10) cells = grown;
        }
        cells->at(bottom).store(item, std::memory_order_relaxed);
        if constexpr (Mutant != 3 && Mutant != 11) Sync::fence(std::memory_order_release);
        bottom_.store(bottom + 1,
                      Mutant == 11 ? std::memory_order_release : std::memory_order_relaxed);
    }

    /// The item pushed last. Never `lost`: losing the last item leaves an empty deque.
    [[nodiscard]] taken<T> take() noexcept(Sync::k_nothrow) {
        const std::uint64_t bottom = bottom_.load(std::memory_order_relaxed) - 1;
        array* const cells = array_.load(std::memory_order_relaxed);
        bottom_.store(bottom, std::memory_order_relaxed);
        if constexpr (Mutant != 1) Sync::fence(std::memory_order_seq_cst);
        std::uint64_t top = top_.load(std::memory_order_relaxed);
        if (none(top, bottom + 1)) {
            bottom_.store(bottom + 1, std::memory_order_relaxed);
            return {};
        }
        const taken<T> last{got::item, cells->at(bottom).load(std::memory_order_relaxed)};
        if (top != bottom) return last;  // thieves stop below it
        const bool mine = win(top);
        if (mine || Mutant != 9) bottom_.store(bottom + 1, std::memory_order_relaxed);
        return mine ? last : taken<T>{};
    }

    /// The item pushed first.
    [[nodiscard]] taken<T> steal() noexcept(Sync::k_nothrow) {
        // Relaxed: the fence behind it acquires. The figure has both.
        std::uint64_t top = top_.load(std::memory_order_relaxed);
        array* cells = nullptr;
        if constexpr (Mutant == 6) cells = array_.load(std::memory_order_acquire);
        if constexpr (Mutant != 2) Sync::fence(std::memory_order_seq_cst);
        const std::uint64_t bottom = bottom_.load(std::memory_order_acquire);
        if (none(top, bottom)) return {};
        if constexpr (Mutant != 6) {
            cells =
                array_.load(Mutant == 12 ? std::memory_order_relaxed : std::memory_order_acquire);
        }
        const std::uint64_t place = top;
        T item{};
        if constexpr (Mutant != 5) item = cells->at(place).load(std::memory_order_relaxed);
        const bool mine = top_.compare_exchange_strong(top, place + 1, std::memory_order_seq_cst,
                                                       std::memory_order_relaxed);
        if constexpr (Mutant == 5) item = cells->at(place).load(std::memory_order_relaxed);
        if (!mine && Mutant != 14) return {got::lost, {}};
        return {got::item, item};
    }

    [[nodiscard]] std::size_t capacity() const noexcept(Sync::k_nothrow) {
        return array_.load(std::memory_order_relaxed)->capacity();
    }

 private:
    using cell = typename Sync::template atomic<T>;

    class array {
     public:
        array(std::size_t capacity, array* older)
            : cells_(std::make_unique<cell[]>(capacity)), mask_(capacity - 1), older_(older) {}
        cell& at(std::uint64_t index) noexcept { return cells_[index & mask_]; }
        [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }
        [[nodiscard]] array* older() const noexcept { return older_; }
        void forget_older() noexcept { older_ = nullptr; }

     private:
        std::unique_ptr<cell[]> cells_;
        std::size_t mask_;
        array* older_;  // the owner's
    };

    /// Whether [top, bottom) is empty, or bottom was lowered below top by a take.
    static constexpr bool none(std::uint64_t top, std::uint64_t bottom) noexcept {
        if constexpr (Mutant == 8) return top > bottom - 1;
        return static_cast<std::int64_t>(bottom - top) <= 0;
    }

    /// The owner's claim to the last item.
    bool win(std::uint64_t top) noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 4) {
            top_.store(top + 1, std::memory_order_relaxed);
            return true;
        }
        return top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                            std::memory_order_relaxed);
    }

    array* grow(array* old, std::uint64_t top, std::uint64_t bottom) {
        array* const bigger =
            Sync::template make<array>(2 * old->capacity(), Mutant == 7 ? nullptr : old);
        for (std::uint64_t i = Mutant == 13 ? top + 1 : top; i != bottom; ++i) {
            bigger->at(i).store(old->at(i).load(std::memory_order_relaxed),
                                std::memory_order_relaxed);
        }
        array_.store(bigger, std::memory_order_release);
        if constexpr (Mutant == 7) Sync::dispose(old);
        return bigger;
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> top_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> bottom_;
    typename Sync::template atomic<array*> array_;
};

}  // namespace cyclone::deque
