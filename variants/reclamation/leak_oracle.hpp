// Nothing is given back before the end: obviously correct, so everything else is held to it.
//
// Source      what a structure does that has no reclamation; Hart et al. 2007 measure it as the
//             case without cost
// Cost        protect is the load itself; retire one lock and one push; memory without bound
// Progress    protect wait-free; retire blocking, on a lock held for a push
// Invariants  I1 kept_ is touched only under mutex_, or when the handles have gone
#pragma once

#include "base/assert.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "reclamation/reclamation.hpp"

namespace cyclone::reclamation {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class leak_oracle {
    static constexpr bool k_nothrow = Sync::k_nothrow;

 public:
    using policy = Sync;
    using node = retirable<Sync>;
    static constexpr traits k_traits{.reach = protects::region,
                                     .holds = k_unbounded,
                                     .protecting = progress::wait_free,
                                     .retiring = progress::blocking,
                                     .frees = false};

    [[nodiscard]] static constexpr std::uint64_t backlog_max(const limits&) noexcept {
        return k_unbounded;
    }

    explicit leak_oracle(const limits& how = {}) : how_(checked(how)) {}
    ~leak_oracle() noexcept(k_nothrow) {
        CYCLONE_ASSERT(handles_ == 0);  // S4: destroy the handles first
        if (Mutant == 1 && !kept_.empty()) static_cast<void>(kept_.pop());
        kept_.dispose_all();
    }
    leak_oracle(const leak_oracle&) = delete;
    leak_oracle& operator=(const leak_oracle&) = delete;

    class handle {
     public:
        using policy = Sync;
        explicit handle(leak_oracle& domain) : domain_(&domain) { domain_->join(); }
        ~handle() noexcept(k_nothrow) { domain_->leave(); }
        handle(const handle&) = delete;
        handle& operator=(const handle&) = delete;

        void retire(node* what, typename node::disposer how) noexcept(k_nothrow) {
            if constexpr (Mutant == 2) {
                how(what);
                return;
            }
            domain_->mutex_.lock();
            domain_->kept_.push({what, how});
            domain_->mutex_.unlock();
        }
        void flush() noexcept {}
        void rest() noexcept {}

     private:
        leak_oracle* domain_;
    };

    class guard {
     public:
        explicit guard(handle&) noexcept {}
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;

        template <class Source>
        [[nodiscard]] auto protect(const Source& from) noexcept(k_nothrow) {
            return from.load(std::memory_order_acquire);
        }
        void release() noexcept {}
    };

 private:
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
    retired_list<Sync> kept_;
};

}  // namespace cyclone::reclamation
