// A shard: timers that one thread owns, and that any other thread may arm and cancel without a
// lock. A wrapper: the owner uses the inner variant as it is; the others leave their wishes in an
// inbox that the owner empties before it moves time, and wake it only if it would sleep too long.
// A server has one shard a loop (shard_group), as Linux has one timer base a CPU.
//
// The owner's loop                             Any other thread
//   shard.advance(clock);                        shard.remote_start(timer, deadline);
//   tick until = shard.prepare_sleep();          switch (shard.remote_stop(timer)) {
//   if (until > clock) wait_until(until);          case cancelled: never fires; the node is the
//   shard.awake();                                   caller's again once state() says idle
// where wait_until() ends early if the             case fired: its callback runs or has run
// function given to on_wake() was called,          case idle: it was not armed
// also if that was before it began (an           }
// eventfd, a flag under a mutex).
//
// A timer's state, and who may change it (R: a thread that starts or stops it; O: the owner):
//   idle, fired -> arming      R remote_start: it goes into the inbox
//   arming      -> pending     O takes it out of the inbox and starts the inner timer
//   arming      -> cancelling  R remote_stop: it stays in the inbox, where O finds it
//   pending     -> cancelling  R remote_stop: it goes into the inbox, for O to stop the inner timer
//   cancelling  -> idle        O takes it out of the inbox: the node is R's again
//   pending     -> fired       O, just before the callback
//   pending     -> idle        O stop;  idle, fired -> pending  O start
// Every step out of arming and pending is a compare-and-swap, so of firing and all the stops
// exactly one wins. A node is in the inbox at most once: it enters only from idle, fired and
// pending, and has left before it is any of these.
//
// Source      Tokio 2025 (a wheel a worker, cancels sent to the owner); the inbox of mpsc_inbox.hpp
// Cost        remote_start, remote_stop: two compare-and-swaps and no allocation. START and advance
//             gain a store and a load, STOP and a firing one compare-and-swap
// Accuracy    the inner variant's. A timer armed from elsewhere counts from the owner's next
//             advance() or prepare_sleep(): what is already due fires in the advance() after
// Invariants  I1 pending_ holds the nodes that inner_ has, as many
//             I2 each is pending or cancelling, and has its own deadline in inner_
//             I3 a node in the inbox is arming or cancelling (others write there, so check() does
//                not look; drain() trusts it at every step)
// Orders      `orders` below, and mpsc_inbox.hpp
// Limits      a cancelled node is the caller's again only when the owner has next advanced. While a
//             thread is inside remote_start(timer), others may stop it, its owner must not
// Not equivalent to Tokio's entries, whose owner is chosen at the first poll.
#pragma once

#include <deque>
#include <thread>

#include "base/cache_line.hpp"
#include "base/intrusive_list.hpp"
#include "base/mpsc_inbox.hpp"
#include "base/sync.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

/// Where a timer of a shard stands. See the head of sharded.hpp.
enum class shard_state : std::uint8_t { idle, arming, pending, cancelling, fired };

/// What became of a timer that another thread stopped.
enum class stop_result : std::uint8_t {
    cancelled,  ///< its callback never runs
    fired,      ///< the callback runs, has run or is about to, on the owner's thread
    idle,       ///< it was not armed, or another stop came first
};

/// How the owner is woken. Called from other threads, at most once a sleep; must not throw.
struct waker {
    void (*call)(void* context) = nullptr;
    void* context = nullptr;
};

template <class Inner, class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class sharded {
    using inbox_link = cyclone::inbox_link<Sync>;

    /// While awake no arm need wake the owner: no deadline is before this tick.
    static constexpr tick k_awake = 0;

 public:
    class node : public entry, public list_link, public inbox_link {
     public:
        node() noexcept : node(nullptr, nullptr) {}
        node(callback fn, void* context) noexcept
            : entry(fn, context), inner_(&node::on_fire, this) {}
        ~node() noexcept(Sync::k_nothrow) { CYCLONE_ASSERT(at_rest()); }
        node(const node&) = delete;
        node& operator=(const node&) = delete;

        /// Any thread. Of the members of entry, other threads may use bind(), while idle.
        [[nodiscard]] shard_state state() const noexcept(Sync::k_nothrow) {
            return state_.load(std::memory_order_acquire);
        }

     private:
        friend class sharded;
        [[nodiscard]] bool at_rest() const noexcept(Sync::k_nothrow) {
            const shard_state seen = state();
            return seen == shard_state::idle || seen == shard_state::fired;
        }
        /// orders: acq_rel, since whoever wins goes on with what the one before wrote, and leaves
        /// what it read itself to the next.
        bool step(shard_state from, shard_state to) noexcept(Sync::k_nothrow) {
            return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel,
                                                  std::memory_order_acquire);
        }
        static void on_fire(void* context, entry&) {
            auto& self = *static_cast<node*>(context);
            list_unlink(self);
            if constexpr (Mutant == 8) {  // fires whatever others have made of it meanwhile
                std::this_thread::yield();
                self.state_.store(shard_state::fired, k_release);
            }
            const bool won =
                Mutant == 3 || Mutant == 8 || self.step(shard_state::pending, shard_state::fired);
            if (won) return self.fire();
            ++self.home_.get()->beaten_;  // cancelled: the inbox has it, or is about to
        }

        typename Inner::node inner_;
        typename Sync::template var<sharded*> home_;
        typename Sync::template var<tick> wanted_;  ///< remote_start's, until the owner reads it
        typename Sync::template atomic<shard_state> state_{shard_state::idle};
    };

    static constexpr traits k_traits{
        .fire_order = Inner::k_traits.fire_order,
        // What is cancelled keeps its place until the owner sees the cancellation.
        .next = Inner::k_traits.next == next_kind::none ? next_kind::none : next_kind::lower_bound,
        .start = Inner::k_traits.start,
        .stop = Inner::k_traits.stop,
        .per_tick = Inner::k_traits.per_tick,
        .load = Inner::k_traits.load,
        .horizon = Inner::k_traits.horizon};

    explicit sharded(tick now) : inner_(now) {}
    sharded(const sharded&) = delete;
    sharded& operator=(const sharded&) = delete;
    /// When no other thread uses the shard any more. Its nodes end idle.
    ~sharded() noexcept(Sync::k_nothrow) {
        drain();
        while (!pending_.empty()) give_back(static_cast<node&>(*pending_.next));
    }

    // The owner's thread: the contract of timer.hpp.

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending() && timer.at_rest());
        timer.home_.set(this);
        link(timer, deadline);
        timer.state_.store(shard_state::pending, k_release);
    }

    bool stop(node& timer) {
        if (!claim(timer)) return false;
        if constexpr (Mutant != 1) inner_.stop(timer.inner_);
        list_unlink(timer);
        timer.set_idle();
        return true;
    }

    void restart(node& timer, tick deadline) {
        if (!claim(timer)) return start(timer, deadline);
        timer.set_deadline(effective_deadline(deadline, now(), k_traits.horizon));
        if constexpr (Mutant != 2) inner_.restart(timer.inner_, timer.deadline());
        timer.state_.store(shard_state::pending, k_release);
    }

    /// Takes in what others have armed and cancelled, then advances.
    std::size_t advance(tick to) {
        drain();
        beaten_ = 0;
        const std::size_t fired = inner_.advance(to);
        return fired - beaten_;
    }

    /// Of what the owner has taken in. To sleep, ask prepare_sleep().
    [[nodiscard]] tick next_deadline() const { return inner_.next_deadline(); }
    [[nodiscard]] tick now() const noexcept { return inner_.now(); }
    /// With those that others have cancelled, until the owner takes that in.
    [[nodiscard]] std::size_t size() const noexcept { return inner_.size(); }
    [[nodiscard]] static constexpr tick lateness_max(tick delta) noexcept {
        return Inner::lateness_max(delta);
    }
    [[nodiscard]] const auto& work() const noexcept { return inner_.work(); }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return inner_.fixed_bytes() + sizeof(*this) - sizeof(Inner);
    }
    [[nodiscard]] std::string check() const {
        if (pending_.audit() != static_cast<std::ptrdiff_t>(inner_.size())) return "I1: sizes";
        for (list_link* l = pending_.next; l != &pending_; l = l->next) {
            const auto& timer = static_cast<node&>(*l);
            const shard_state seen = timer.state();
            if (seen != shard_state::pending && seen != shard_state::cancelling) return "I2: state";
            if (timer.inner_.deadline() != timer.deadline()) return "I2: deadline";
        }
        return inner_.check();
    }

    /// Whom to tell that the owner sleeps too long. Before other threads know the shard.
    void on_wake(waker how) noexcept { waker_ = how; }

    /// Announces that the owner is about to sleep, and returns until when it may: k_never if
    /// nothing is pending, now() if it must not, but advance again. From here to awake(), an arm
    /// for an earlier tick calls the waker. Owner; O(1) beyond next_deadline().
    [[nodiscard]] tick prepare_sleep() noexcept(Sync::k_nothrow) {
        const tick until = next_deadline();
        if constexpr (Mutant == 5) {  // does not look again
            std::this_thread::yield();
            sleeps_until_.store(until, std::memory_order_seq_cst);
            return until;
        }
        // Dekker's way: the owner stores its announcement and then looks into the inbox; who arms
        // stores into the inbox and then looks at the announcement. All four are seq_cst, hence in
        // one order, so at least one sees the other and no wake is lost.
        sleeps_until_.store(until, std::memory_order_seq_cst);
        if (inbox_.empty()) return until;
        awake();
        return now();
    }

    /// Ends what prepare_sleep() began. orders: relaxed; who still sees the sleep wakes in vain.
    void awake() noexcept(Sync::k_nothrow) {
        sleeps_until_.store(k_awake, std::memory_order_relaxed);
    }

    // Any thread.

    /// Starts an idle (or fired) timer of the caller's: lock-free. One that has fired may be
    /// started at once, but bound or destroyed only when its callback is known to have ended.
    void remote_start(node& timer, tick deadline) noexcept(Sync::k_nothrow) {
        CYCLONE_ASSERT(timer.at_rest() && deadline <= k_traits.horizon);
        timer.home_.set(this);
        timer.wanted_.set(deadline);
        if constexpr (Mutant == 4) {  // wakes before there is anything to find
            wake_for(deadline);
            std::this_thread::yield();
        }
        // orders: a stop by a third thread that learns of the timer elsewhere must see home_.
        timer.state_.store(shard_state::arming, k_release);
        inbox_.push(timer);
        if constexpr (Mutant != 4) wake_for(deadline);
    }

    /// Stops a timer, whichever thread started it: lock-free. The node must outlive the call. After
    /// `cancelled` it is in use until state() is idle. After `fired` it may be pending again, if
    /// its callback started it.
    stop_result remote_stop(node& timer) noexcept(Sync::k_nothrow) {
        for (;;) {  // a step at most each, unless the timer is started anew meanwhile
            switch (timer.state()) {
                case shard_state::idle:
                case shard_state::cancelling: return stop_result::idle;
                case shard_state::fired: return stop_result::fired;
                case shard_state::arming:
                    if constexpr (Mutant == 6) return stop_result::cancelled;
                    if (timer.step(shard_state::arming, shard_state::cancelling))
                        return stop_result::cancelled;
                    break;
                case shard_state::pending:
                    if constexpr (Mutant == 7) std::this_thread::yield();
                    if (timer.step(shard_state::pending, shard_state::cancelling)) {
                        timer.home_.get()->inbox_.push(timer);
                        return stop_result::cancelled;
                    }
                    if constexpr (Mutant == 7) return stop_result::cancelled;
                    break;
            }
        }
    }

 private:
    static constexpr auto k_release = std::memory_order_release;

    void link(node& timer, tick deadline) {
        timer.set_deadline(effective_deadline(deadline, now(), k_traits.horizon));
        inner_.start(timer.inner_, timer.deadline());
        pending_.push_back(timer);
    }

    /// Whether the owner has won a pending timer for itself; no other thread touches it then.
    bool claim(node& timer) {
        if (timer.state() == shard_state::arming) drain();
        return timer.state() == shard_state::pending &&
               timer.step(shard_state::pending, shard_state::idle);
    }

    void drain() {
        inbox_link* waiting = inbox_.take_all();
        while (waiting != nullptr) {
            auto& timer = static_cast<node&>(*waiting);
            waiting = waiting->below.get();  // before the timer can be pushed or freed by others
            if (timer.step(shard_state::arming, shard_state::pending)) {
                link(timer, timer.wanted_.get());
            } else {
                give_back(timer);
            }
        }
    }

    /// The last that the owner does with a cancelled timer: idle means that it is somebody else's.
    void give_back(node& timer) {
        if (inner_.stop(timer.inner_)) list_unlink(timer);
        timer.set_idle();
        timer.state_.store(shard_state::idle, k_release);
    }

    /// Wakes the owner if it sleeps beyond `deadline`. Who takes the announcement away is the one
    /// to do it, so a sleep ends by one call however many timers are armed.
    void wake_for(tick deadline) noexcept(Sync::k_nothrow) {
        tick until = sleeps_until_.load(std::memory_order_seq_cst);
        while (deadline < until) {
            if (sleeps_until_.compare_exchange_weak(until, k_awake, std::memory_order_seq_cst,
                                                    std::memory_order_seq_cst)) {
                if (waker_.call != nullptr) waker_.call(waker_.context);
                return;
            }
        }
    }

    // What other threads write lies together, away from what only the owner uses.
    alignas(k_no_false_sharing) mpsc_inbox<Sync> inbox_;
    typename Sync::template atomic<tick> sleeps_until_{k_awake};
    waker waker_;
    alignas(k_no_false_sharing) Inner inner_;
    intrusive_list pending_;
    std::size_t beaten_ = 0;  ///< timers of this advance() whose cancellation came first
};

/// One shard a loop. The shards are made at once; each then belongs to the thread that runs it.
template <class Shard>
class shard_group {
 public:
    shard_group(std::size_t shards, tick now) {
        CYCLONE_ASSERT(shards > 0);
        for (std::size_t i = 0; i < shards; ++i) shards_.emplace_back(now);
    }

    [[nodiscard]] std::size_t size() const noexcept { return shards_.size(); }
    [[nodiscard]] Shard& operator[](std::size_t index) { return shards_[index]; }
    /// The shard of a key (a connection, a session): always the same one, evenly spread.
    [[nodiscard]] Shard& of(std::uint64_t key) {
        const std::uint64_t mixed = key * 0x9e3779b97f4a7c15;  // 2^64 / golden ratio, odd
        return shards_[(mixed >> 32) * shards_.size() >> 32];
    }

 private:
    std::deque<Shard> shards_;
};

}  // namespace cyclone::timer
