// A table of what is held, under one lock: the same as hazard pointers with nothing clever in it.
//
// Source      the plain solution that Michael 2004 avoids; kept as the measure of what that buys
// Cost        two locks a protected node; retire and release look through the table, at most one
//             entry a guard
// Progress    blocking
// Bound       a node waits only while a guard holds it, or in the hands of the thread retiring it
// Invariants  I1 held_ and waiting_ are touched only under mutex_
//             I2 a node is in held_ once for each guard that holds it
//             I3 outside of the lock everything in waiting_ is in held_ too
// Why it is right: a node is registered by the same critical section that reads where it is from.
// If that comes after the one that retires the node, it sees that the node was unlinked.
#pragma once

#include <algorithm>
#include <vector>

#include "base/assert.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "reclamation/reclamation.hpp"

namespace cyclone::reclamation {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class locked_table {
    static constexpr bool k_nothrow = Sync::k_nothrow;

 public:
    using policy = Sync;
    using node = retirable<Sync>;
    static constexpr traits k_traits{.reach = protects::pointer,
                                     .protecting = progress::blocking,
                                     .retiring = progress::blocking,
                                     .bounded = true};

    /// What guards hold, and a node in each thread's hands.
    [[nodiscard]] static constexpr std::uint64_t backlog_max(const limits& how) noexcept {
        return std::uint64_t{how.participants} * (how.guards + 1);
    }

    explicit locked_table(const limits& how = {}) : how_(checked(how)) {
        held_.reserve(std::size_t{how_.participants} * how_.guards);
    }
    ~locked_table() noexcept(k_nothrow) {
        CYCLONE_ASSERT(handles_ == 0);  // S4: destroy the handles first
        waiting_.dispose_all();
    }
    locked_table(const locked_table&) = delete;
    locked_table& operator=(const locked_table&) = delete;

    class handle {
     public:
        using policy = Sync;
        explicit handle(locked_table& domain) : domain_(&domain) { domain_->join(); }
        ~handle() noexcept(k_nothrow) { domain_->leave(); }
        handle(const handle&) = delete;
        handle& operator=(const handle&) = delete;

        void retire(node* what, typename node::disposer how) noexcept(k_nothrow) {
            domain_->mutex_.lock();
            if (domain_->is_held(what)) {
                domain_->waiting_.push({what, how});
            } else {
                how(what);
            }
            domain_->mutex_.unlock();
        }
        void flush() noexcept {}  // nothing waits that could go
        void rest() noexcept {}

     private:
        friend class locked_table;
        locked_table* domain_;
        unsigned guards_ = 0;
    };

    class guard {
     public:
        explicit guard(handle& owner) noexcept : owner_(&owner) {
            CYCLONE_ASSERT(owner.guards_ < owner.domain_->how_.guards);  // S7: raise limits.guards
            ++owner_->guards_;
        }
        ~guard() noexcept(k_nothrow) {
            release();
            --owner_->guards_;
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;

        template <class Source>
        [[nodiscard]] auto protect(const Source& from) noexcept(k_nothrow) {
            locked_table& domain = *owner_->domain_;
            if constexpr (Mutant == 1) {
                auto* const early = from.load(std::memory_order_acquire);
                widen_window<Sync>();
                domain.mutex_.lock();
                domain.exchange(mine_, early);
                domain.mutex_.unlock();
                return early;
            }
            domain.mutex_.lock();
            auto* const seen = from.load(std::memory_order_acquire);
            domain.exchange(mine_, seen);
            domain.mutex_.unlock();
            return seen;
        }

        void release() noexcept(k_nothrow) {
            if (mine_ == nullptr) return;
            locked_table& domain = *owner_->domain_;
            domain.mutex_.lock();
            domain.exchange(mine_, nullptr);
            domain.mutex_.unlock();
        }

     private:
        handle* owner_;
        node* mine_ = nullptr;
    };

 private:
    // All below but the handles' coming and going: under mutex_.

    [[nodiscard]] bool is_held(const node* what) const noexcept {
        return std::ranges::find(held_, what) != held_.end();
    }

    /// A guard gives up `mine` and holds `next`; either may be null.
    void exchange(node*& mine, node* next) noexcept(k_nothrow) {
        node* const before = mine;
        mine = next;
        if (next != nullptr && !(Mutant == 2 && is_held(next))) held_.push_back(next);
        if (before == nullptr) return;
        const auto at = std::ranges::find(held_, before);
        if (at == held_.end()) return;  // a seeded bug has taken it out
        *at = held_.back();
        held_.pop_back();
        if (Mutant != 3) dispose_of_unheld();
    }

    void dispose_of_unheld() noexcept(k_nothrow) {
        retired_list<Sync> before = std::exchange(waiting_, {});
        while (!before.empty()) {
            const auto e = before.pop();
            if (is_held(e.what)) {
                waiting_.push(e);
            } else {
                e.dispose(e.what);
            }
        }
    }

    void join() {
        mutex_.lock();
        const bool room = handles_ < how_.participants;
        handles_ += room ? 1 : 0;
        mutex_.unlock();
        if (!room) refuse_handle(how_);
    }
    void leave() noexcept(k_nothrow) {
        mutex_.lock();
        --handles_;
        mutex_.unlock();
    }

    limits how_;
    typename Sync::mutex mutex_;
    unsigned handles_ = 0;
    std::vector<node*> held_;
    retired_list<Sync> waiting_;
};

}  // namespace cyclone::reclamation
