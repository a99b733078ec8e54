// What the variants that count epochs share: the epoch, who is in which, and what waits for it.
//
// Source      Fraser 2004 (epoch-based reclamation); the stamp is the global epoch
//             read after the unlinking and not the one the thread announced, as in crossbeam-epoch,
//             so that two steps of the epoch are enough and nodes may be retired outside of guards
// Cost        announce one load, one store, one full fence; retire a push, and every 64th time a
//             fence, a look at every place and a step of the epoch
// Invariants  I1 the epoch goes from g to g + 1 only when every place that announces announces g
//             I2 a bag stamped s holds what was unlinked before the epoch left s
//             I3 what is stamped s is disposed of when the epoch is s + 2 or more
// Why it is right: let a thread announce, fence, and find a node; let the writer unlink it, fence,
// and read the epoch s. If the writer's fence is first, the node was not found. So the thread's is,
// it announced s or less (had it read s + 1, the writer's fence would be first), and the step from
// s + 1 to s + 2 either saw that announcement, and waited, or saw a later store of that place: what
// was done with the node then comes before the disposal. That the step did not look too early is
// the third fence's part: it comes after s + 1 was read, hence after the writer's.
// Orders      the stores of a place release and the step's loads of them acquire; the step itself
//             releases, the load before disposing acquires. The epoch is a chain of
//             read-modify-writes, so that a later value hands on what an earlier one released.
// Thread-safety: epoch_ground is shared; a limbo belongs to one thread at a time.
#pragma once

#include <array>
#include <memory>
#include <utility>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "reclamation/reclamation.hpp"

namespace cyclone::reclamation {

/// The seeded bugs of what is shared here.
enum class flaw : std::uint8_t {
    none,
    no_announce_fence,
    no_stamp_fence,
    no_advance_fence,
    ignores_laggards,
    one_step_early,
    relaxed_announce,
    relaxed_withdraw,
    loses_leftovers,
    stale_stamp,
};

template <sync::policy Sync, flaw Flaw>
class epoch_ground {
    static constexpr bool k_nothrow = Sync::k_nothrow;
    using node = retirable<Sync>;

 public:
    using list = retired_list<Sync>;

    /// `announced` is 0 for nobody and for a thread that holds nothing; else the epoch, twice, + 1.
    struct alignas(k_no_false_sharing) place {
        typename Sync::template atomic<std::uint64_t> announced{0};
        typename Sync::template atomic<std::uint32_t> taken{0};
    };

    explicit epoch_ground(const limits& how)
        : how_(checked(how)), places_(std::make_unique<place[]>(how.participants)) {}
    ~epoch_ground() noexcept(k_nothrow) {
        for (unsigned i = 0; i < how_.participants; ++i) {
            // S4: destroy the handles first
            CYCLONE_ASSERT(places_[i].taken.load(std::memory_order_relaxed) == 0);
        }
        list rest = adopt();
        rest.dispose_all();
    }
    epoch_ground(const epoch_ground&) = delete;
    epoch_ground& operator=(const epoch_ground&) = delete;

    [[nodiscard]] place& join() {
        for (unsigned i = 0; i < how_.participants; ++i) {
            std::uint32_t seen = places_[i].taken.load(std::memory_order_relaxed);
            if (seen == 0 && places_[i].taken.compare_exchange_strong(
                                 seen, 1, std::memory_order_acquire, std::memory_order_relaxed))
                return places_[i];
        }
        refuse_handle(how_);
    }

    /// Gives up a place and leaves to the others what could not be disposed of.
    void leave(place& mine, list& rest) noexcept(k_nothrow) {
        if (Flaw != flaw::loses_leftovers && !rest.empty()) abandon(rest);
        mine.taken.store(0, std::memory_order_release);
    }

    /// From here on, until withdraw() or the next announce(), nothing is disposed of that this
    /// thread can find.
    void announce(place& mine) noexcept(k_nothrow) {
        const std::uint64_t epoch = epoch_.load(std::memory_order_relaxed);
        mine.announced.store(epoch * 2 + 1, Flaw == flaw::relaxed_announce
                                                ? std::memory_order_relaxed
                                                : std::memory_order_release);
        if constexpr (Flaw != flaw::no_announce_fence) Sync::fence(std::memory_order_seq_cst);
    }
    void withdraw(place& mine) noexcept(k_nothrow) {
        mine.announced.store(0, Flaw == flaw::relaxed_withdraw ? std::memory_order_relaxed
                                                               : std::memory_order_release);
    }

    /// One step of the epoch, by this thread or another one. False: somebody lags behind.
    [[nodiscard]] bool try_advance() noexcept(k_nothrow) {
        std::uint64_t epoch = epoch_.load(std::memory_order_relaxed);
        if constexpr (Flaw != flaw::no_advance_fence) Sync::fence(std::memory_order_seq_cst);
        for (unsigned i = 0; i < how_.participants && Flaw != flaw::ignores_laggards; ++i) {
            const std::uint64_t seen = places_[i].announced.load(std::memory_order_acquire);
            if (seen != 0 && seen / 2 != epoch) return false;
        }
        // That somebody else made the step does as well.
        epoch_.compare_exchange_strong(epoch, epoch + 1, std::memory_order_release,
                                       std::memory_order_relaxed);
        return true;
    }

    [[nodiscard]] std::uint64_t epoch() const noexcept(k_nothrow) {
        return epoch_.load(std::memory_order_acquire);
    }

    /// All that handles which went have left.
    [[nodiscard]] list adopt() noexcept(k_nothrow) {
        list taken;
        if (left_.load(std::memory_order_relaxed) == nullptr) return taken;
        taken.adopt(left_.exchange(nullptr, std::memory_order_acquire));
        return taken;
    }

 private:
    /// A push of a whole chain; only ever taken whole, so that no node is met again (no ABA).
    void abandon(list& rest) noexcept(k_nothrow) {
        node* top = left_.load(std::memory_order_relaxed);
        do {
            rest.link_last_to(top);
        } while (!left_.compare_exchange_weak(top, rest.first(), std::memory_order_release,
                                              std::memory_order_relaxed));
        rest = {};
    }

    limits how_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> epoch_{0};
    alignas(k_no_false_sharing) typename Sync::template atomic<node*> left_{nullptr};
    std::unique_ptr<place[]> places_;
};

/// What one handle has retired: an open bag, and one bag for each of the last three epochs.
template <sync::policy Sync, flaw Flaw>
class limbo {
    static constexpr bool k_nothrow = Sync::k_nothrow;
    using ground = epoch_ground<Sync, Flaw>;
    using list = retired_list<Sync>;

 public:
    /// Nodes that share a fence, a stamp and an attempt to go on.
    static constexpr std::size_t k_batch = 64;

    explicit limbo(ground& all) : ground_(&all), place_(&all.join()) {}
    ~limbo() noexcept(k_nothrow) {
        list rest = std::exchange(open_, {});
        for (bag& b : bags_) rest.splice(b.nodes);
        ground_->leave(*place_, rest);
    }
    limbo(const limbo&) = delete;
    limbo& operator=(const limbo&) = delete;

    void announce() noexcept(k_nothrow) { ground_->announce(*place_); }
    void withdraw() noexcept(k_nothrow) { ground_->withdraw(*place_); }

    void retire(typename list::entry e) noexcept(k_nothrow) {
        open_.push(e);
        if (open_.size() < k_batch) return;
        close();
        if (ground_->try_advance()) dispose_of_old(ground_->epoch());
    }

    /// Tries for the two steps after which nothing that is in here now need wait. `before` is
    /// called ahead of each: the caller says that it keeps up.
    template <class Before>
    void flush(Before before) noexcept(k_nothrow) {
        close();
        for (int step = 0; step < 2; ++step) {
            before();
            if (!ground_->try_advance()) break;
        }
        dispose_of_old(ground_->epoch());
    }

 private:
    struct bag {
        std::uint64_t stamp = 0;
        list nodes;
    };

    /// Stamps the open bag, with what handles that went have left.
    void close() noexcept(k_nothrow) {
        list left = ground_->adopt();
        open_.splice(left);
        if (open_.empty()) return;
        if constexpr (Flaw != flaw::no_stamp_fence) Sync::fence(std::memory_order_seq_cst);
        const std::uint64_t epoch = ground_->epoch();
        dispose_of_old(epoch);
        std::uint64_t stamp = epoch;
        if constexpr (Flaw == flaw::stale_stamp)
            stamp = place_->announced.load(std::memory_order_relaxed) / 2;
        // Bags of other epochs than this and the last are empty now, so that three never mix.
        bag& mine = bags_[epoch % bags_.size()];
        mine.stamp = stamp;
        mine.nodes.splice(open_);
    }

    void dispose_of_old(std::uint64_t epoch) noexcept(k_nothrow) {
        constexpr std::uint64_t k_steps = Flaw == flaw::one_step_early ? 1 : 2;
        for (bag& b : bags_) {
            if (!b.nodes.empty() && b.stamp + k_steps <= epoch) b.nodes.dispose_all();
        }
    }

    ground* ground_;
    typename ground::place* place_;
    list open_;
    std::array<bag, 3> bags_;
};

}  // namespace cyclone::reclamation
