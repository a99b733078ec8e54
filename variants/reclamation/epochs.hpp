// Epochs: a reader says when it came, a writer waits until all have come later.
//
// Source      Fraser 2004 (epoch-based reclamation); what is shared with quiescent.hpp, and why it
// is right,
//             is in epoch_ground.hpp
// Cost        the outermost guard one load, one store and one full fence, then each protect is the
//             load itself; retire a push, and every 64th time a look at every place
// Progress    protect and retire wait-free
// Bound       none: a reader that stands still inside of a guard keeps all that is retired after
// Invariants  I1 the place announces an epoch while a guard of the handle holds, and only then
#pragma once

#include "base/assert.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "reclamation/reclamation.hpp"
#include "variants/reclamation/epoch_ground.hpp"

namespace cyclone::reclamation {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class epochs {
    static constexpr bool k_nothrow = Sync::k_nothrow;
    static constexpr int k_shared_flaws = 9;
    static constexpr flaw k_flaw =
        Mutant <= k_shared_flaws ? static_cast<flaw>(Mutant) : flaw::none;

 public:
    using policy = Sync;
    using node = retirable<Sync>;
    static constexpr traits k_traits{.reach = protects::region,
                                     .holds = k_unbounded,
                                     .protecting = progress::wait_free,
                                     .retiring = progress::wait_free};

    [[nodiscard]] static constexpr std::uint64_t backlog_max(const limits&) noexcept {
        return k_unbounded;
    }

    explicit epochs(const limits& how = {}) : ground_(how) {}

    class handle {
     public:
        using policy = Sync;
        explicit handle(epochs& domain) : limbo_(domain.ground_) {}
        ~handle() noexcept(k_nothrow) {
            CYCLONE_ASSERT(holding_ == 0);  // S7: guards go first
            flush();
        }
        handle(const handle&) = delete;
        handle& operator=(const handle&) = delete;

        void retire(node* what, typename node::disposer how) noexcept(k_nothrow) {
            limbo_.retire({what, how});
        }
        void flush() noexcept(k_nothrow) {
            limbo_.flush([] {});
        }
        void rest() noexcept {}

     private:
        friend class epochs;
        limbo<Sync, k_flaw> limbo_;
        unsigned holding_ = 0;
    };

    class guard {
     public:
        explicit guard(handle& owner) noexcept : owner_(&owner) {}
        ~guard() noexcept(k_nothrow) { release(); }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;

        template <class Source>
        [[nodiscard]] auto protect(const Source& from) noexcept(k_nothrow) {
            if (!holds_) {
                holds_ = true;
                if (owner_->holding_++ == 0) owner_->limbo_.announce();
            }
            return from.load(std::memory_order_acquire);
        }

        void release() noexcept(k_nothrow) {
            if (!holds_) return;
            holds_ = false;
            --owner_->holding_;
            if (owner_->holding_ == 0 || Mutant == 10) owner_->limbo_.withdraw();
        }

     private:
        handle* owner_;
        bool holds_ = false;
    };

 private:
    epoch_ground<Sync, k_flaw> ground_;
};

}  // namespace cyclone::reclamation
