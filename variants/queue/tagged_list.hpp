// A Treiber stack of node numbers, the inner piece of treiber_stack.hpp: its free list and its
// items are one each. Nodes are numbered from 1, 0 is none, and beside the number of the top stands
// a tag that grows with every pop, so that a top that was popped and has come back is not taken for
// one that has been there all the time (ABA).
//
// Source      Treiber 1986 (RJ 5118); the tag is IBM System/370's counter beside the pointer
// Cost        one read-modify-write a call when alone; contended, one for every loser too
// Progress    lock-free: a lost compare-and-swap means that another call has changed the top
// Invariants  I1 from the top along `next` come the nodes in the list, latest first; 0 ends it
//             I2 `next` of a node is written by its owner before it goes in; whoever is in the
//                middle of a take may read it at any time, and the tag says whether it was worth
//                anything. It is atomic, and nodes are never given back
// Orders      a successful give releases the node, the look of a take acquires it, and takes in
//             between continue the release sequence. A take's own swap is relaxed: by the tag it
//             reads the very write that the look has read
// Bound       a thread that stands still in a take while 2^32 others pass, to the one, is deceived
#pragma once

#include <cstdint>

#include "base/cache_line.hpp"
#include "base/sync.hpp"

namespace cyclone::queue {

/// `Nodes` gives the `next` of a node, an atomic<std::uint32_t>, as nodes.next(number).
template <sync::policy Sync, int Mutant = 0>
class tagged_list {
 public:
    static constexpr std::uint32_t k_none = 0;

    /// A list that begins with `top`, which may be none, and the given tag.
    tagged_list(std::uint32_t top, std::uint32_t times) : top_(word(top, times)) {}

    /// The number of a node that is now the caller's, or none.
    template <class Nodes>
    [[nodiscard]] std::uint32_t take(Nodes& nodes) noexcept(Sync::k_nothrow) {
        constexpr auto k_look = Mutant == 4 ? std::memory_order_relaxed : std::memory_order_acquire;
        std::uint64_t seen = top_.load(k_look);
        std::uint32_t kept = k_none;
        for (;;) {
            const std::uint32_t mine = number(seen);
            if (mine == k_none) return k_none;
            // Relaxed: the acquire has brought what the giver wrote, or the tag will have changed.
            if (Mutant != 8 || kept == k_none) {
                kept = nodes.next(mine).load(std::memory_order_relaxed);
            }
            const std::uint64_t after = word(kept, tag(seen) + 1);
            const bool done =
                top_.compare_exchange_weak(seen, after, std::memory_order_relaxed, k_look);
            if (done || Mutant == 6) return mine;
        }
    }

    /// The caller's node goes in.
    template <class Nodes>
    void give(Nodes& nodes, std::uint32_t mine) noexcept(Sync::k_nothrow) {
        constexpr auto k_in = Mutant == 5 ? std::memory_order_relaxed : std::memory_order_release;
        std::uint64_t seen = top_.load(std::memory_order_relaxed);
        do {
            nodes.next(mine).store(number(seen), std::memory_order_relaxed);
        } while (!top_.compare_exchange_weak(seen, word(mine, tag(seen)), k_in,
                                             std::memory_order_relaxed));
    }

 private:
    static constexpr std::uint64_t word(std::uint32_t top, std::uint32_t times) noexcept {
        if constexpr (Mutant == 1) times = 0;
        if constexpr (Mutant == 2) times &= 0xff;
        return (std::uint64_t{times} << 32) | top;
    }
    static constexpr std::uint32_t number(std::uint64_t of) noexcept {
        return static_cast<std::uint32_t>(of);
    }
    static constexpr std::uint32_t tag(std::uint64_t of) noexcept {
        return static_cast<std::uint32_t>(of >> 32);
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> top_;
};

}  // namespace cyclone::queue
