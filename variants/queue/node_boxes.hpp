// Nodes on their way back from the consumer to the producers: the consumer strings empty nodes into
// chains and lays each full chain into a box, a producer that has no node left empties a box. What
// finds no box goes back to the allocator, so that the store is bounded. An inner piece of queues
// of one consumer and many producers.
//
// Source      Bonwick and Adams 2001 (magazines, handed over whole between a thread and a depot)
// Cost        one read-modify-write each k_chain nodes on either side; without it an allocator's
//             call each node, which is what it saves. A node that comes back has been in the
//             consumer's cache: it is fetched while the node before it is being filled
// Progress    wait-free but for the allocator: a box is tried once
// Invariants  I1 a chain is the consumer's while it grows, the box's while it lies there, and then
//                the one producer's who took it out whole: a node has one owner, so there is no ABA
//             I2 boxed nodes are at most k_boxes * k_chain; nodes in chains carry no item
// Orders      a box is filled by release and emptied by acquire: the consumer has read the item
//             before a producer writes the next one. `next` within a chain goes with the box
// Bound       k_boxes chains, one that grows, and one in the hands of each access
#pragma once

#include <array>
#include <concepts>
#include <cstdint>

#include "base/cache_line.hpp"
#include "base/sync.hpp"

namespace cyclone::queue {

/// `Node` has a `next`, an atomic pointer to something that Node derives from, and a constructor
/// without arguments. Mutant 8 fills boxes relaxed, 9 empties them relaxed.
template <class Node, sync::policy Sync, int Mutant = 0>
class node_boxes {
    using link =
        std::remove_pointer_t<decltype(std::declval<Node&>().next.load(std::memory_order_relaxed))>;
    static constexpr bool k_is_native = std::derived_from<Sync, sync::native>;

 public:
    // Small under other policies: what is handed over shall be handed over in small tests too.
    static constexpr std::size_t k_boxes = k_is_native ? 8 : 1;
    static constexpr std::size_t k_chain = k_is_native ? 128 : 1;

    node_boxes() = default;
    ~node_boxes() noexcept(Sync::k_nothrow) {
        for (box& one : boxes_) dispose(one.load(std::memory_order_relaxed));
        dispose(grown_.get());
    }
    node_boxes(const node_boxes&) = delete;
    node_boxes& operator=(const node_boxes&) = delete;

    /// A producer's: the first of `chain`, which is his own, or the first of a box, or a new one.
    [[nodiscard]] Node* draw(link*& chain) {
        if (chain == nullptr) chain = emptied();
        if (chain == nullptr) return Sync::template make<Node>();
        link* const mine = chain;
        chain = mine->next.load(std::memory_order_relaxed);
        if constexpr (k_is_native) __builtin_prefetch(chain, 1);
        mine->next.store(nullptr, std::memory_order_relaxed);
        return static_cast<Node*>(mine);
    }

    /// The consumer's: a node whose item is gone.
    void give(Node* empty) noexcept(Sync::k_nothrow) {
        empty->next.store(grown_.get(), std::memory_order_relaxed);
        grown_.set(empty);
        length_.set(length_.get() + 1);
        if (length_.get() < k_chain) return;
        put(empty);
        grown_.set(nullptr);
        length_.set(0);
    }

    /// Anybody's: a chain that is his own, which may be null.
    void put(link* chain) noexcept(Sync::k_nothrow) {
        if (chain == nullptr) return;
        for (box& one : boxes_) {
            link* seen = one.load(std::memory_order_relaxed);
            // Release: who empties the box may write the nodes.
            if (seen == nullptr &&
                one.compare_exchange_strong(
                    seen, chain,
                    Mutant == 8 ? std::memory_order_relaxed : std::memory_order_release,
                    std::memory_order_relaxed)) {
                return;
            }
        }
        dispose(chain);
    }

 private:
    using box = typename Sync::template atomic<link*>;

    [[nodiscard]] link* emptied() noexcept(Sync::k_nothrow) {
        constexpr auto k_out = Mutant == 9 ? std::memory_order_relaxed : std::memory_order_acquire;
        for (box& one : boxes_) {
            if (one.load(std::memory_order_relaxed) == nullptr) continue;
            if (link* const chain = one.exchange(nullptr, k_out)) return chain;
        }
        return nullptr;
    }

    static void dispose(link* chain) noexcept(Sync::k_nothrow) {
        while (chain != nullptr) {
            link* const next = chain->next.load(std::memory_order_relaxed);
            Sync::dispose(static_cast<Node*>(chain));
            chain = next;
        }
    }

    alignas(k_no_false_sharing) std::array<box, k_boxes> boxes_;
    // The consumer's.
    alignas(k_no_false_sharing) typename Sync::template var<link*> grown_;
    typename Sync::template var<std::size_t> length_;
};

}  // namespace cyclone::queue
