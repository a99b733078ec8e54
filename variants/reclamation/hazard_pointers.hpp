// Hazard pointers: a reader publishes what it stands on, a writer looks before it disposes.
//
// Source      Michael 2004, whole: protecting by publishing and looking again; Scan, at a list of
//             R; HelpScan, by which those that stay take over what a thread that went had retired
// Cost        protect one store, one full fence and two loads; retire a push, and every R-th time a
//             look at all H slots with a sort: O(log H) a node, amortised, with R = 2 H
// Progress    protect lock-free: it goes round again only if the source was changed meanwhile.
//             retire wait-free. Joining may wait for a thread that is taking over what was left
// Bound       participants * R: a list of R is looked through, and at most H of it stay
// Invariants  I1 a slot is written by the handle that has its place, and is null without a guard
//             I2 leftovers is touched by who has made the state taken or helped; it is empty in a
//                place that is free
//             I3 what is in a handle's list was unlinked before
// Why it is right: protect stores the slot, fences, and looks at the source again; the writer
// unlinks, fences, and looks at the slot. Of two full fences one is first. If the reader's is, the
// writer sees the slot; if the writer's is, the reader sees that the node was unlinked.
// Orders      slot stores release and the scan's loads acquire: what a reader did with a node comes
//             before its disposal, whichever later value of the slot the scan reads. The state of a
//             place hands its leftovers over.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/spin.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "reclamation/reclamation.hpp"

namespace cyclone::reclamation {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class hazard_pointers {
    static constexpr bool k_nothrow = Sync::k_nothrow;
    using list = retired_list<Sync>;

 public:
    using policy = Sync;
    using node = retirable<Sync>;
    static constexpr traits k_traits{.reach = protects::pointer,
                                     .protecting = progress::lock_free,
                                     .retiring = progress::wait_free,
                                     .bounded = true};

    [[nodiscard]] static constexpr std::uint64_t backlog_max(const limits& how) noexcept {
        return std::uint64_t{how.participants} * 2 * how.participants * how.guards;
    }

    explicit hazard_pointers(const limits& how = {})
        : how_(checked(how)), places_(std::make_unique<place[]>(how.participants)) {}
    ~hazard_pointers() noexcept(k_nothrow) {
        for (unsigned i = 0; i < how_.participants; ++i) {
            place& p = places_[i];
            const state last = p.now.load(std::memory_order_acquire);
            CYCLONE_ASSERT(last == state::free || last == state::left);  // S4: handles go first
            list rest = p.leftovers.get();
            rest.dispose_all();
        }
    }
    hazard_pointers(const hazard_pointers&) = delete;
    hazard_pointers& operator=(const hazard_pointers&) = delete;

 private:
    enum class state : std::uint32_t {
        free,    ///< nobody's, with nothing left in it
        taken,   ///< a handle's
        left,    ///< nobody's, with what its last handle could not dispose of
        helped,  ///< a thread moves what was left to its own list
    };

    struct alignas(k_no_false_sharing) place {
        std::array<typename Sync::template atomic<node*>, limits::k_guards_max> slots;
        typename Sync::template atomic<state> now{state::free};
        typename Sync::template var<list> leftovers;
    };

 public:
    class handle {
     public:
        using policy = Sync;
        explicit handle(hazard_pointers& domain)
            : domain_(&domain), held_(domain.room_for_slots()), place_(&domain.join()) {
            mine_ = place_->leftovers.get();
        }
        ~handle() noexcept(k_nothrow) {
            CYCLONE_ASSERT(guards_ == 0);  // S7: guards go first
            flush();
            if (Mutant == 8) mine_ = {};
            place_->leftovers.set(mine_);
            place_->now.store(mine_.empty() ? state::free : state::left, std::memory_order_release);
        }
        handle(const handle&) = delete;
        handle& operator=(const handle&) = delete;

        void retire(node* what, typename node::disposer how) noexcept(k_nothrow) {
            mine_.push({what, how});
            if (mine_.size() < domain_->threshold()) return;
            scan();
            help();
        }

        void flush() noexcept(k_nothrow) {
            help();
            scan();
        }
        void rest() noexcept {}

     private:
        friend class hazard_pointers;

        /// Disposes of all in the list that no slot names.
        void scan() noexcept(k_nothrow) {
            if (mine_.empty()) return;
            if constexpr (Mutant != 3) Sync::fence(std::memory_order_seq_cst);
            domain_->collect_held(held_);
            list waiting = std::exchange(mine_, {});
            while (!waiting.empty()) {
                const auto e = waiting.pop();
                if (std::ranges::binary_search(held_, e.what, std::less<>{})) {
                    mine_.push(e);
                } else {
                    e.dispose(e.what);
                }
            }
        }

        /// Takes over what handles that went have left. Node by node, so that the bound holds.
        void help() noexcept(k_nothrow) {
            for (unsigned i = 0; i < domain_->how_.participants; ++i) {
                place& p = domain_->places_[i];
                state seen = p.now.load(std::memory_order_relaxed);
                if (seen != state::left) continue;
                if (!p.now.compare_exchange_strong(seen, state::helped, std::memory_order_acquire,
                                                   std::memory_order_relaxed))
                    continue;
                list rest = p.leftovers.get();
                while (!rest.empty()) {
                    mine_.push(rest.pop());
                    if (mine_.size() >= domain_->threshold()) scan();
                }
                if (Mutant != 10) p.leftovers.set({});
                p.now.store(state::free, std::memory_order_release);
            }
        }

        hazard_pointers* domain_;
        std::vector<node*> held_;  ///< of the scan; its room is there from the start
        place* place_;
        list mine_;
        std::uint32_t guards_ = 0;  ///< a bit for each slot that a guard has
    };

    class guard {
     public:
        explicit guard(handle& owner) noexcept
            : owner_(&owner), index_(static_cast<unsigned>(std::countr_one(owner.guards_))) {
            if (Mutant == 11) index_ = 0;
            CYCLONE_ASSERT(index_ < owner.domain_->how_.guards);  // S7: raise limits.guards
            owner_->guards_ |= 1U << index_;
        }
        ~guard() noexcept(k_nothrow) {
            if (Mutant != 7) release();
            owner_->guards_ &= ~(1U << index_);
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;

        template <class Source>
        [[nodiscard]] auto protect(const Source& from) noexcept(k_nothrow) {
            auto* seen = from.load(std::memory_order_acquire);
            for (;;) {
                if (seen == nullptr) {
                    release();
                    return seen;
                }
                holds_ = true;
                if constexpr (Mutant == 1) widen_window<Sync>();
                slot().store(seen,
                             Mutant == 4 ? std::memory_order_relaxed : std::memory_order_release);
                if constexpr (Mutant == 1) return seen;
                if constexpr (Mutant != 2) Sync::fence(std::memory_order_seq_cst);
                auto* const again = from.load(std::memory_order_acquire);
                if (again == seen) return seen;
                seen = again;
            }
        }

        void release() noexcept(k_nothrow) {
            if (!holds_) return;
            holds_ = false;
            slot().store(nullptr,
                         Mutant == 6 ? std::memory_order_relaxed : std::memory_order_release);
        }

     private:
        [[nodiscard]] auto& slot() noexcept { return owner_->place_->slots[index_]; }

        handle* owner_;
        unsigned index_;
        bool holds_ = false;
    };

 private:
    [[nodiscard]] std::size_t slots_used() const noexcept {
        return std::size_t{how_.participants} * how_.guards;
    }
    /// R of the paper: twice H, so that half of what is looked through can be disposed of.
    [[nodiscard]] std::size_t threshold() const noexcept { return 2 * slots_used(); }

    [[nodiscard]] std::vector<node*> room_for_slots() const {
        std::vector<node*> room;
        room.reserve(slots_used());
        return room;
    }

    /// What is in the slots now, sorted.
    void collect_held(std::vector<node*>& held) const noexcept(k_nothrow) {
        held.clear();
        std::size_t left = slots_used() - (Mutant == 5 ? 1 : 0);
        for (unsigned i = 0; i < how_.participants; ++i) {
            for (unsigned k = 0; k < how_.guards && left > 0; ++k, --left) {
                node* const one = places_[i].slots[k].load(Mutant == 9 ? std::memory_order_relaxed
                                                                       : std::memory_order_acquire);
                if (one != nullptr) held.push_back(one);
            }
        }
        std::ranges::sort(held, std::less<>{});
    }

    [[nodiscard]] place& join() {
        spin_wait<Sync> turn;
        for (;;) {
            bool wait = false;
            for (unsigned i = 0; i < how_.participants; ++i) {
                place& p = places_[i];
                state seen = p.now.load(std::memory_order_relaxed);
                while (seen == state::free || seen == state::left) {
                    if (p.now.compare_exchange_strong(seen, state::taken, std::memory_order_acquire,
                                                      std::memory_order_relaxed))
                        return p;
                }
                wait = wait || seen == state::helped;
            }
            if (!wait) refuse_handle(how_);
            turn.once();  // a place is about to be free
        }
    }

    limits how_;
    std::unique_ptr<place[]> places_;
};

}  // namespace cyclone::reclamation
