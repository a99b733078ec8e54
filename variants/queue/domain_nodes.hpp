// The nodes of ms_hazard.hpp and ms_epochs.hpp: one allocation an item, given back through a
// reclamation domain, which knows who still stands on what.
//
// Source      Michael 2004 (hazard pointers, with this queue as his example); Fraser 2004 (epochs)
// Cost        an allocation a push, a retirement a pop; beside those what the domain's guards cost
// Progress    as the domain and the allocator
// Invariants  I1 with pointers protected one by one: a node behind another one may be gone although
//                the other is held, if head_ has passed it before it was published. Then the swap
//                of head_ fails, which is the second look; and only who succeeds looks at the node
//             I2 what tail_ or head_ names is not retired before they name it no more, so the
//                guard's own second look is enough there. `next` of a node that is held does not
//                change any more once it is not null, and null says that head_ has not passed it
#pragma once

#include "base/sync.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "reclamation/reclamation.hpp"
#include "variants/queue/michael_scott.hpp"

namespace cyclone::queue {

template <class Domain, int Mutant, sync::policy Sync, class T>
class domain_nodes {
    static constexpr bool k_nothrow = Sync::k_nothrow;
    static constexpr bool k_holds_region =
        Domain::k_traits.reach == cyclone::reclamation::protects::region;

    struct node : cyclone::reclamation::retirable<Sync> {
        node() = default;
        explicit node(T&& first) noexcept(k_nothrow) { item.put(std::move(first)); }

        typename Sync::template atomic<node*> next;
        slot<T, Sync> item;
    };

 public:
    using word = node*;
    using thread = typename Domain::handle;
    static constexpr bool k_has_an_end = true;
    static constexpr std::size_t k_bytes = sizeof(node);

    class stay {
        using guard = typename Domain::guard;
        using source = typename Sync::template atomic<word>;

     public:
        explicit stay(thread& me) noexcept : at_(me), behind_(me) {}

        [[nodiscard]] word tail(const source& from) noexcept(k_nothrow) {
            if constexpr (Mutant == 9) return from.load(std::memory_order_acquire);
            return at_.protect(from);
        }
        [[nodiscard]] word head(const source& from) noexcept(k_nothrow) {
            if constexpr (Mutant == 8) return from.load(std::memory_order_acquire);
            return at_.protect(from);
        }
        [[nodiscard]] word behind(const source& next) noexcept(k_nothrow) {
            if constexpr (k_holds_region) return next.load(std::memory_order_acquire);
            return behind_.protect(next);
        }
        // What is held has not moved on in a way that matters: see I1 and I2.
        [[nodiscard]] static constexpr bool tail_stands(const source&, word) noexcept {
            return true;
        }
        [[nodiscard]] static constexpr bool head_stands(const source&, word) noexcept {
            return true;
        }
        void leave() noexcept(k_nothrow) {
            at_.release();
            behind_.release();
        }

     private:
        guard at_;
        guard behind_;
    };

    explicit domain_nodes(unsigned places)
        : domain_({.participants = places, .guards = k_guards}) {}

    [[nodiscard]] static constexpr bool none(word of) noexcept { return of == nullptr; }
    [[nodiscard]] static constexpr bool same(word a, word b) noexcept { return a == b; }
    [[nodiscard]] static constexpr word link(word /*old*/, word to) noexcept { return to; }
    [[nodiscard]] static auto& next(word of) noexcept { return of->next; }

    [[nodiscard]] static word make(T&& item) { return Sync::template make<node>(std::move(item)); }
    [[nodiscard]] static word begin() { return Sync::template make<node>(); }

    /// Nothing can be had of an item that may be somebody else's.
    struct unseen {};
    [[nodiscard]] static unseen glance(word /*of*/) noexcept { return {}; }
    [[nodiscard]] static T take(word of, unseen) noexcept(k_nothrow) { return of->item.take(); }

    static void drop(thread& me, word old) noexcept(k_nothrow) {
        cyclone::reclamation::retire(me, old);
    }
    static void end(word of, bool is_item) noexcept(k_nothrow) {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            if (is_item) static_cast<void>(of->item.take());
        }
        Sync::dispose(of);
    }

    [[nodiscard]] Domain& domain() noexcept { return domain_; }

 private:
    static constexpr unsigned k_guards = 2;

    Domain domain_;
};

/// What ms_hazard and ms_epochs are but for their names: the list, and a handle for each thread.
template <class Domain, int Mutant, sync::policy Sync, class T>
class domain_queue {
    using nodes = domain_nodes<Domain, Mutant, Sync, T>;

 public:
    using value_type = T;
    static constexpr std::size_t k_bytes_per_item = nodes::k_bytes;

    explicit domain_queue(unsigned places) : list_(places) {}

    /// One a thread (S11).
    class access {
     public:
        using value_type = T;

        explicit access(domain_queue& queue)
            : list_(&queue.list_), me_(queue.list_.memory().domain()) {}
        access(const access&) = delete;
        access& operator=(const access&) = delete;

        /// Always true; std::bad_alloc passes, and then nothing has happened.
        bool try_push(T&& item) {
            list_->push(me_, std::move(item));
            return true;
        }
        popped<T> try_pop() noexcept(Sync::k_nothrow) { return list_->pop(me_); }

        /// Gives back what pops have kept, as far as nobody stands on it. Never needed: memory
        /// alone is the difference.
        void flush_pops() noexcept(Sync::k_nothrow) { me_.flush(); }

     private:
        michael_scott<nodes, Mutant, Sync, T>* list_;
        typename Domain::handle me_;
    };

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    michael_scott<nodes, Mutant, Sync, T> list_;
};

}  // namespace cyclone::queue
