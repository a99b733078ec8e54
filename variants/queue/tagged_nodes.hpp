// The nodes of ms_tagged.hpp: numbers instead of pointers, and beside each number a tag that grows
// whenever the word is written, so that a word which comes back is not taken for one that has
// stayed. Nodes are used again and never given back before the end, so a thread may look into one
// that has been taken away from under it: all it reads there is atomic, and the tag of where it
// came from tells whether it was worth anything.
//
// Nodes lie in blocks, each twice as large as the one before; a number says in which and where.
//
// Source      Michael and Scott 1996 (counted pointers, and a value that is read before the swap);
//             the free list is tagged_list.hpp; the blocks as in Brodnik et al. 1999 (resizable
//             arrays of doubling blocks)
// Cost        a read-modify-write to get a node and one to give it back; a block more now and then
// Progress    lock-free, but for the allocator
// Invariants  I1 first_ is the numbers 1 to least_; blocks_[k] is null or, for ever, the next
//                least_ * 2^k after number least_ * 2^k. used_ numbers have been given out
//             I2 a node is in the list, in the free list, or one call's
//             I3 the tag of a node's `next` grows with every use of the node
// Orders      `next` of a node that is used again is released: who stands in a push on what was the
//             end reads it, and must then see at tail_ that the end has moved on, which that use
//             comes after. Blocks are released and acquired.
// Bound       2^31 nodes, then std::bad_alloc; a thread that stands still while a tag goes round
//             once, 2^32 times, to the one, is deceived
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "queue/queue.hpp"
#include "variants/queue/participants.hpp"
#include "variants/queue/tagged_list.hpp"

namespace cyclone::queue {

template <int Mutant, sync::policy Sync, class T>
class tagged_nodes {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t),
                  "an item of this queue is a word: trivially copyable and of at most 8 bytes");
    static constexpr bool k_nothrow = Sync::k_nothrow;

    struct node {
        typename Sync::template atomic<std::uint64_t> next;
        typename Sync::template atomic<std::uint64_t> bits;
        typename Sync::template atomic<std::uint32_t> below;  ///< in the free list
    };
    using block = std::unique_ptr<node[]>;
    using list = tagged_list<Sync>;

 public:
    using word = std::uint64_t;
    static constexpr bool k_has_an_end = false;  ///< nodes go with their blocks
    static constexpr std::size_t k_bytes = sizeof(node);

    /// Nothing is needed of threads.
    struct thread {};

    class stay {
        using source = typename Sync::template atomic<word>;

     public:
        explicit stay(thread& /*me*/) noexcept {}

        [[nodiscard]] word tail(const source& from) noexcept(k_nothrow) {
            return from.load(std::memory_order_acquire);
        }
        [[nodiscard]] word head(const source& from) noexcept(k_nothrow) {
            return from.load(std::memory_order_acquire);
        }
        [[nodiscard]] word behind(const source& next) noexcept(k_nothrow) {
            return next.load(std::memory_order_acquire);
        }
        // Relaxed: what was read of a later use has brought, acquired, that this has moved on.
        [[nodiscard]] bool tail_stands(const source& from, word seen) noexcept(k_nothrow) {
            return from.load(std::memory_order_relaxed) == seen;
        }
        [[nodiscard]] bool head_stands(const source& from, word seen) noexcept(k_nothrow) {
            return from.load(std::memory_order_relaxed) == seen;
        }
        void leave() noexcept {}
    };

    /// Room for `capacity` items from the start, within reason. Tags begin at `origin`.
    tagged_nodes(std::size_t capacity, std::uint64_t origin)
        : tags_(static_cast<std::uint32_t>(origin)),
          least_(std::clamp(std::bit_ceil(std::min(capacity, k_least_max - 1) + 1), k_least_min,
                            k_least_max)),
          first_(std::make_unique<node[]>(least_)),
          free_(list::k_none, tags_) {}
    ~tagged_nodes() noexcept(k_nothrow) {
        for (auto& room : blocks_) const block gone(room.load(std::memory_order_relaxed));
    }
    tagged_nodes(const tagged_nodes&) = delete;
    tagged_nodes& operator=(const tagged_nodes&) = delete;

    [[nodiscard]] static constexpr bool none(word of) noexcept { return number(of) == 0; }
    [[nodiscard]] static constexpr bool same(word a, word b) noexcept {
        return number(a) == number(b);
    }
    [[nodiscard]] static constexpr word link(word old, word to) noexcept {
        return named(number(to), tag(old) + 1);
    }

    [[nodiscard]] auto& next(word of) noexcept(k_nothrow) { return at(number(of)).next; }

    /// A node with the item, which has not been touched if std::bad_alloc passes.
    [[nodiscard]] word make(T&& item) {
        const word mine = draw();
        std::uint64_t bits = 0;
        std::memcpy(&bits, &item, sizeof(T));
        // Relaxed: the link releases it.
        at(number(mine)).bits.store(bits, std::memory_order_relaxed);
        return mine;
    }
    [[nodiscard]] word begin() { return draw(); }

    [[nodiscard]] std::uint64_t glance(word of) noexcept(k_nothrow) {
        return at(number(of)).bits.load(std::memory_order_relaxed);
    }
    [[nodiscard]] T take(word /*of*/, std::uint64_t glanced) noexcept {
        std::array<std::byte, sizeof(T)> bytes;
        std::memcpy(bytes.data(), &glanced, sizeof(T));
        return std::bit_cast<T>(bytes);
    }

    void drop(thread& /*me*/, word old) noexcept(k_nothrow) {
        below all{*this};
        free_.give(all, number(old));
    }

 private:
    static constexpr std::size_t k_least_min = k_objects_are_dear<Sync> ? 2 : 1024;
    static constexpr std::size_t k_least_max = 65536;
    static constexpr std::size_t k_levels = k_objects_are_dear<Sync> ? 2 : 21;
    static constexpr std::uint64_t k_nodes_max = std::uint64_t{1} << 31;

    /// The nodes as the free list wants them.
    struct below {
        tagged_nodes& all;
        [[nodiscard]] auto& next(std::uint32_t of) noexcept(k_nothrow) { return all.at(of).below; }
    };

    [[nodiscard]] static constexpr word named(std::uint32_t to, std::uint32_t times) noexcept {
        if constexpr (Mutant == 8) times = 0;
        return (std::uint64_t{times} << 32) | to;
    }
    [[nodiscard]] static constexpr std::uint32_t number(word of) noexcept {
        return static_cast<std::uint32_t>(of);
    }
    [[nodiscard]] static constexpr std::uint32_t tag(word of) noexcept {
        return static_cast<std::uint32_t>(of >> 32);
    }

    /// A node that is the caller's, in the list as its last one: what is behind it is none.
    [[nodiscard]] word draw() {
        below all{*this};
        if (const std::uint32_t again = free_.take(all); again != list::k_none) {
            auto& next = at(again).next;
            const word before = next.load(std::memory_order_relaxed);
            next.store(named(0, tag(before) + 1), std::memory_order_release);
            return named(again, tags_);
        }
        const std::uint32_t fresh = draw_fresh();
        at(fresh).next.store(named(0, tags_), std::memory_order_relaxed);
        return named(fresh, tags_);
    }

    [[nodiscard]] std::uint32_t draw_fresh() {
        const std::uint64_t number = used_.fetch_add(1, std::memory_order_relaxed) + 1;
        if (number > least_) make_block(level_of(number), number);
        return static_cast<std::uint32_t>(number);
    }

    /// Which block has a number beyond those of first_ (I1).
    [[nodiscard]] unsigned level_of(std::uint64_t number) const noexcept {
        return floor_log2(number - 1) - floor_log2(least_);
    }
    void make_block(unsigned level, std::uint64_t number) {
        if (level >= k_levels || number > k_nodes_max) throw std::bad_alloc();
        auto& room = blocks_[level];
        if (room.load(std::memory_order_acquire) != nullptr) return;
        auto made = std::make_unique<node[]>(least_ << level);
        node* nobody = nullptr;
        if (room.compare_exchange_strong(nobody, made.get(), std::memory_order_release,
                                         std::memory_order_acquire)) {
            static_cast<void>(made.release());
        }
    }

    [[nodiscard]] node& at(std::uint32_t number) noexcept(k_nothrow) {
        if (number <= least_) return first_[number - 1];
        // Relaxed: whoever knows the number was given it behind the making of its block.
        const unsigned level = level_of(number);
        return blocks_[level].load(std::memory_order_relaxed)[number - 1 - (least_ << level)];
    }

    const std::uint32_t tags_;
    const std::size_t least_;
    const block first_;
    std::array<typename Sync::template atomic<node*>, k_levels> blocks_;
    list free_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> used_{0};
};

}  // namespace cyclone::queue
