// Quiescent states: readers say now and then that they hold nothing; to protect costs nothing.
//
// Source      Hart, McKenney, Demke Brown and Walpole 2007 (quiescent-state-based reclamation).
//             The machinery is that of the epochs (epoch_ground.hpp), with the announcement moved
//             out of the guard into rest()
// Cost        protect is the load itself; rest one load, one store and one full fence, as seldom as
//             the thread likes; retire as in epochs.hpp
// Progress    protect and retire wait-free
// Bound       none: a thread that does not rest, idle or not, keeps all that is retired
// Invariants  I1 the place of a handle announces the epoch of its last rest, at first that of its
//                making; what was retired before that rest it cannot find
#pragma once

#include "base/assert.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "reclamation/reclamation.hpp"
#include "variants/reclamation/epoch_ground.hpp"

namespace cyclone::reclamation {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class quiescent {
    static constexpr bool k_nothrow = Sync::k_nothrow;
    static constexpr flaw k_flaw = Mutant == 1   ? flaw::no_announce_fence
                                   : Mutant == 2 ? flaw::relaxed_announce
                                   : Mutant == 3 ? flaw::no_stamp_fence
                                   : Mutant == 4 ? flaw::one_step_early
                                                 : flaw::none;

 public:
    using policy = Sync;
    using node = retirable<Sync>;
    static constexpr traits k_traits{.reach = protects::region,
                                     .holds = k_unbounded,
                                     .protecting = progress::wait_free,
                                     .retiring = progress::wait_free,
                                     .needs_rest = true,
                                     .rounds = 2};

    [[nodiscard]] static constexpr std::uint64_t backlog_max(const limits&) noexcept {
        return k_unbounded;
    }

    explicit quiescent(const limits& how = {}) : ground_(how) {}

    class handle {
     public:
        using policy = Sync;
        explicit handle(quiescent& domain) noexcept(false) : limbo_(domain.ground_) {
            if constexpr (Mutant != 5) limbo_.announce();
        }
        ~handle() noexcept(k_nothrow) {
            CYCLONE_ASSERT(holding_ == 0);  // S7: guards go first
            flush();
            limbo_.withdraw();
        }
        handle(const handle&) = delete;
        handle& operator=(const handle&) = delete;

        void retire(node* what, typename node::disposer how) noexcept(k_nothrow) {
            limbo_.retire({what, how});
        }
        void flush() noexcept(k_nothrow) {
            limbo_.flush([this] {
                if (holding_ == 0 || Mutant == 6) limbo_.announce();
            });
        }
        void rest() noexcept(k_nothrow) {
            CYCLONE_ASSERT(holding_ == 0);  // S8: release the guards first
            limbo_.announce();
        }

     private:
        friend class quiescent;
        limbo<Sync, k_flaw> limbo_;
        unsigned holding_ = 0;
    };

    class guard {
     public:
        explicit guard(handle& owner) noexcept : owner_(&owner) {}
        ~guard() noexcept { release(); }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;

        template <class Source>
        [[nodiscard]] auto protect(const Source& from) noexcept(k_nothrow) {
            if (!holds_) ++owner_->holding_;
            holds_ = true;
            return from.load(std::memory_order_acquire);
        }
        void release() noexcept {
            if (!holds_) return;
            holds_ = false;
            --owner_->holding_;
        }

     private:
        handle* owner_;
        bool holds_ = false;
    };

 private:
    epoch_ground<Sync, k_flaw> ground_;
};

}  // namespace cyclone::reclamation
