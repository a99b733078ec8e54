// A pairing heap of pointers: a tree in which every timer is due no earlier than its parent, kept
// loosely. START hangs two trees under one root and looks no further; what that saves is paid when
// a root goes, whose children are then paired from left to right and merged from right to left.
//
// Source      Fredman, Sedgewick, Sleator and Tarjan 1986
// Cost        START O(1), one comparison; RESTART to an earlier tick O(1) at once; STOP, RESTART to
//             a later tick and expiry O(log n) amortised, O(n) at worst; next O(1)
// Accuracy    exact; equal deadlines fire in any order
// Invariants  I1 every timer's deadline >= its parent's
//             I2 prev is the left sibling, or the parent of a first child; the root has none
//             I3 the nodes that can be reached from the root are size_ in number
// Limits      nothing bounds the depth or the number of children: one STOP may touch every timer
// Not equivalent to libuv's heap of pointers, which is a complete binary tree and keeps the order
// of the starts; here a node needs no place of its own in a shape, so none is ever walked to.
#pragma once

#include <utility>

#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class pairing_heap {
 public:
    struct node : entry {
        using entry::entry;
        node* child = nullptr;
        node* next = nullptr;
        node* prev = nullptr;
    };

    static constexpr traits k_traits{.fire_order = order::by_deadline, .stop = growth::log_n};

    explicit pairing_heap(tick now) : now_(now) {}
    pairing_heap(const pairing_heap&) = delete;
    pairing_heap& operator=(const pairing_heap&) = delete;
    ~pairing_heap() {
        // The trees still to be visited form one list; no recursion, since a tree may be a path.
        for (node* todo = root_; todo != nullptr;) {
            node& timer = *todo;
            todo = timer.next;
            timer.set_idle();
            if (timer.child == nullptr) continue;
            node* last = timer.child;
            while (last->next != nullptr) last = last->next;
            last->next = todo;
            todo = timer.child;
        }
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        timer.child = timer.next = timer.prev = nullptr;
        add_tree(&timer);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        remove(timer);
        timer.set_idle();
        return true;
    }

    void restart(node& timer, tick deadline) {
        if (!timer.pending()) return start(timer, deadline);
        const tick at = effective_deadline(deadline, now_);
        const bool keeps_children = Mutant == 3 || at <= timer.deadline();
        if (!keeps_children) {
            stop(timer);
            return start(timer, at);
        }
        timer.set_deadline(at);
        if (Mutant == 1 || &timer == root_) return;
        cut(timer);
        add_tree(&timer);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        while (root_ != nullptr && root_->deadline() <= to) {
            work_.node();
            node& timer = *root_;
            remove(timer);
            ++fired;
            timer.fire();
        }
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        return root_ == nullptr ? k_never : root_->deadline();
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    [[nodiscard]] std::string check() const {
        if (root_ == nullptr) return size_ == 0 ? std::string{} : "I3: timers without a tree";
        if (root_->prev != nullptr || root_->next != nullptr) return "I2: the root has siblings";
        std::size_t reached = 1;
        const node* at = root_;
        while (at != nullptr && reached <= size_) {
            if (!at->pending()) return "I3: an idle timer in the tree";
            if (const node* first = at->child; first != nullptr) {
                if (first->prev != at) return "I2: first child without its parent";
                if (first->deadline() < at->deadline()) return "I1: heap order";
                at = first;
                ++reached;
                continue;
            }
            while (at != nullptr && at->next == nullptr) at = parent(at);
            if (at == nullptr) break;
            const node* parent_of_both = parent(at);
            if (at->next->prev != at) return "I2: broken link between siblings";
            at = at->next;
            if (at->deadline() < parent_of_both->deadline()) return "I1: heap order";
            ++reached;
        }
        return reached == size_ ? std::string{} : "I3: reached nodes differ from size()";
    }

 private:
    /// The parent, past all left siblings; null for the root. For check() alone.
    [[nodiscard]] static const node* parent(const node* at) noexcept {
        while (at->prev != nullptr && at->prev->child != at) at = at->prev;
        return at->prev;
    }

    /// Hangs the later of two roots under the earlier, as its first child. Neither has siblings.
    [[nodiscard]] node* link(node* a, node* b) noexcept {
        work_.comparison();
        if (b->deadline() < a->deadline()) std::swap(a, b);
        work_.relink();
        b->prev = a;
        b->next = a->child;
        if (a->child != nullptr) a->child->prev = b;
        a->child = b;
        return a;
    }

    void add_tree(node* tree) noexcept { root_ = root_ == nullptr ? tree : link(root_, tree); }

    /// Takes a timer that is not the root, with all that is below it, out of the tree.
    void cut(node& timer) noexcept {
        CYCLONE_ASSERT(timer.prev != nullptr);
        if (timer.prev->child == &timer) {
            timer.prev->child = timer.next;
        } else {
            timer.prev->next = timer.next;
        }
        if (Mutant != 4 && timer.next != nullptr) timer.next->prev = timer.prev;
        timer.next = timer.prev = nullptr;
    }

    /// Makes one tree of a row of siblings, in two passes; null for an empty row. Pairing first is
    /// what the amortised bound rests on: merging from one end alone may cost O(n) every time.
    [[nodiscard]] node* merge_siblings(node* first) noexcept {
        node* pairs = nullptr;  // the rightmost first
        while (first != nullptr) {
            node* const a = first;
            node* const b = a->next;
            if (Mutant == 2 && b == nullptr && pairs != nullptr) break;
            first = b == nullptr ? nullptr : b->next;
            node* const pair = b == nullptr ? a : link(a, b);
            pair->next = pairs;
            pairs = pair;
        }
        node* tree = nullptr;
        while (pairs != nullptr) {
            node* const pair = pairs;
            pairs = pair->next;
            pair->next = pair->prev = nullptr;
            tree = tree == nullptr ? pair : link(tree, pair);
        }
        return tree;
    }

    void remove(node& timer) noexcept {
        node* const below = merge_siblings(timer.child);
        timer.child = nullptr;
        --size_;
        if (&timer == root_) {
            root_ = below;
            return;
        }
        cut(timer);
        if (below != nullptr) add_tree(below);
    }

    [[no_unique_address]] Work work_;
    node* root_ = nullptr;
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
