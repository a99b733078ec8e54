// What is retired: nodes with a hook of two words in them, and lists of such nodes.
//
// The hook is a node's own, so that nothing is allocated when memory is to be given back: an
// allocation that fails there could not be answered. From retire() on it belongs to the domain.
//
// Cost        push, pop and splice constant; nothing allocated
// Invariants  I1 a node is in one list at most
//             I2 last_ is the node whose hook points to null; both are null in an empty list
// Thread-safety: a list belongs to one thread at a time. The hooks are vars of the sync policy, so
// that a list which is handed over without order is found as a race.
#pragma once

#include <cstddef>
#include <utility>

#include "base/assert.hpp"
#include "base/sync.hpp"

namespace cyclone::reclamation {

template <sync::policy Sync = sync::native>
class retirable;
template <sync::policy Sync>
class retired_list;

namespace detail {
// Outside of the node: a var must know its size where the node is being defined.
template <sync::policy Sync>
struct retired_hook {
    retirable<Sync>* next = nullptr;
    void (*dispose)(retirable<Sync>*) = nullptr;
};
}  // namespace detail

/// The base of a node that can be retired.
template <sync::policy Sync>
class retirable {
 public:
    /// Ends a node and gives its memory back.
    using disposer = void (*)(retirable*);

    retirable() = default;
    retirable(const retirable&) = delete;
    retirable& operator=(const retirable&) = delete;

 protected:
    ~retirable() = default;

 private:
    friend class retired_list<Sync>;
    typename Sync::template var<detail::retired_hook<Sync>> hook_;
};

template <sync::policy Sync>
class retired_list {
    static constexpr bool k_nothrow = Sync::k_nothrow;

 public:
    using node = retirable<Sync>;
    using disposer = typename node::disposer;

    struct entry {
        node* what = nullptr;
        disposer dispose = nullptr;
    };

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] node* first() const noexcept { return first_; }

    void push(entry e) noexcept(k_nothrow) {
        e.what->hook_.set({first_, e.dispose});
        if (first_ == nullptr) last_ = e.what;
        first_ = e.what;
        ++size_;
    }

    /// The list is not empty.
    [[nodiscard]] entry pop() noexcept(k_nothrow) {
        CYCLONE_ASSERT(first_ != nullptr);
        const auto hook = first_->hook_.get();
        const entry e{first_, hook.dispose};
        first_ = hook.next;
        if (first_ == nullptr) last_ = nullptr;
        --size_;
        return e;
    }

    /// Takes all of `other`.
    void splice(retired_list& other) noexcept(k_nothrow) {
        if (other.empty()) return;
        if (empty()) {
            *this = std::exchange(other, {});
            return;
        }
        other.link_last_to(first_);
        first_ = other.first_;
        size_ += other.size_;
        other = {};
    }

    void dispose_all() noexcept(k_nothrow) {
        while (!empty()) {
            const entry e = pop();
            e.dispose(e.what);
        }
    }

    /// Makes a chain that goes on behind this list; it is then a list no more (orphans.hpp).
    void link_last_to(node* next) noexcept(k_nothrow) {
        last_->hook_.set({next, last_->hook_.get().dispose});
    }

    /// Takes over a chain node by node, to its end.
    void adopt(node* chain) noexcept(k_nothrow) {
        while (chain != nullptr) {
            const auto hook = chain->hook_.get();
            push({chain, hook.dispose});
            chain = hook.next;
        }
    }

 private:
    node* first_ = nullptr;
    node* last_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace cyclone::reclamation
