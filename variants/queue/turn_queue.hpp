// A wait-free queue: everybody helps in turn. A push writes its node where all can see it and then
// helps whose turn it is until its own node is in, after at most as many turns as there are places;
// a pop asks in the same way and helps until it was given a node. Nobody can be overtaken for ever,
// which is what it is for: the last percentiles, not the mean.
//
// Source      Ramalhete and Correia 2017 (CRTurnQueue; technical report 2016), whole, with its
//             bounded use of hazard pointers: publish, look again, and count the turn as lost if
//             the source has changed. Ours: the orders below, where the paper has sequential
//             consistency throughout, and a search over the places that were ever used
// Cost        push: an allocation and two or three read-modify-writes, pop: two or three; a full
//             fence a pointer that is published; a search through the places
// Progress    wait-free, both ends, but for the allocator: at most `places` turns of at most
//             `places` looks each
// Invariants  I1 pushing_[i] is the node that i pushes, or null. It is cleared before anything is
//                linked behind that node, so that what is found there by who stands on the last
//                node is not in the list
//             I2 asked_[i] == given_[i]: i asks for an item. given_[i] is the last node that was
//                given to i; only asked_[i] is written by i alone
//             I3 a node belongs to `to`, set once, before head_ moves to it; given_[to] is set
//                before head_ moves, and head_ has moved before that pop ends
//             I4 tail_ is not behind head_; both name nodes that are not given back: what i was
//                given goes when i has been given the next but one
//             I5 a pop withdraws its question before it gives up, and then looks whether somebody
//                who saw it asking can still give; if so it ends that itself
// Orders      the arrays carry nodes and questions: release and acquire; head_, tail_ and next as
//             in any list. Two store-then-look pairs need the full fence. Publishing a request and
//             looking at an end: the fence of the hazard pointer stands between, on both sides; a
//             request that is seen by nobody would be withdrawn as done after the last turn. And
//             withdrawing a question and looking whether the queue is empty: a fence of its own
// Bound       `places` accesses; nodes that wait: the domain's backlog_max, and two a place
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"
#include "queue/slot.hpp"
#include "reclamation/reclamation.hpp"
#include "variants/queue/participants.hpp"
#include "variants/reclamation/hazard_pointers.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class turn_queue {
    static_assert(k_can_be_item<T>, "an item must move and be destroyed without throwing");
    static constexpr bool k_nothrow = Sync::k_nothrow;
    static constexpr std::uint32_t k_nobody = ~std::uint32_t{0};
    using domain = cyclone::reclamation::hazard_pointers<no_work, 0, Sync>;

    struct node : cyclone::reclamation::retirable<Sync> {
        node() : by(0), to(0) {}
        node(T&& first, std::uint32_t pusher) : by(pusher), to(k_nobody) {
            item.put(std::move(first));
        }

        typename Sync::template var<std::uint32_t> by;     ///< whose push it was
        typename Sync::template atomic<std::uint32_t> to;  ///< whose pop it is
        typename Sync::template atomic<node*> next;
        slot<T, Sync> item;
    };
    using place = typename Sync::template atomic<node*>;
    using places = std::unique_ptr<place[]>;

 public:
    using value_type = T;
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free,
                                     .frees = reclamation::hazard_pointers};
    static constexpr std::size_t k_bytes_per_item = sizeof(node);

    /// There is no capacity to keep to, and there are no positions. At most `most` accesses.
    explicit turn_queue(std::size_t capacity, std::uint64_t /*origin*/ = 0,
                        unsigned most = k_places<Sync>)
        : most_(most),
          domain_({.participants = most, .guards = 3}),
          first_(Sync::template make<node>()),
          pushing_(std::make_unique<place[]>(most)),
          asked_(std::make_unique<place[]>(most)),
          given_(std::make_unique<place[]>(most)),
          taken_(std::make_unique<mark[]>(most)),
          head_(first_),
          tail_(first_) {
        CYCLONE_ASSERT(capacity >= 1 && most >= 1);
        // Nobody asks: what was given last is not what was asked with.
        for (unsigned i = 0; i < most; ++i) given_[i].store(first_, std::memory_order_relaxed);
    }
    ~turn_queue() noexcept(k_nothrow) {
        node* at = head_.load(std::memory_order_relaxed)->next.load(std::memory_order_relaxed);
        while (at != nullptr) {
            node* const next = at->next.load(std::memory_order_relaxed);
            static_cast<void>(at->item.take());
            Sync::dispose(at);
            at = next;
        }
        // The node at head_ is the first one, or was given to somebody.
        for (unsigned i = 0; i < most_; ++i) {
            for (const place* one : {&asked_[i], &given_[i]}) {
                node* const old = one->load(std::memory_order_relaxed);
                if (old != first_ && old != nullptr) Sync::dispose(old);
            }
        }
        Sync::dispose(first_);
    }
    turn_queue(const turn_queue&) = delete;
    turn_queue& operator=(const turn_queue&) = delete;

    /// One a thread (S11).
    class access {
     public:
        using value_type = T;

        explicit access(turn_queue& queue)
            : queue_(&queue),
              me_(queue.domain_),
              mine_(queue.join()),
              at_(me_),
              behind_(me_),
              old_(me_) {}
        ~access() noexcept(k_nothrow) { queue_->taken_[mine_].store(0, std::memory_order_release); }
        access(const access&) = delete;
        access& operator=(const access&) = delete;

        /// Always true; std::bad_alloc passes, and then nothing has happened.
        bool try_push(T&& item) {
            constexpr auto k_ask = Mutant == 5 ? std::memory_order_relaxed  //
                                               : std::memory_order_release;
            place& request = queue_->pushing_[mine_];
            request.store(Sync::template make<node>(std::move(item), mine_), k_ask);
            for (unsigned turn = 0; turn < queue_->most_; ++turn) {
                // Acquire: who has cleared it has put the node in the list, and this thread's next
                // call must see that.
                if (request.load(std::memory_order_acquire) == nullptr) break;
                node* const last = published(at_, queue_->tail_.load(std::memory_order_acquire));
                if (queue_->tail_.load(std::memory_order_relaxed) == last) help_push(*last);
            }
            // As often as there are places the end has moved since this thread asked.
            request.store(nullptr, std::memory_order_relaxed);
            let_go();
            return true;
        }

        popped<T> try_pop() noexcept(k_nothrow) {
            place& asked = queue_->asked_[mine_];
            place& given = queue_->given_[mine_];
            node* const before = asked.load(std::memory_order_relaxed);
            node* const latest = given.load(std::memory_order_relaxed);
            asked.store(latest, std::memory_order_release);
            for (unsigned turn = 0; turn < queue_->most_; ++turn) {
                if (given.load(std::memory_order_relaxed) != latest) break;
                node* const first = published(at_, queue_->head_.load(std::memory_order_acquire));
                if (!stands(first)) continue;
                if (first == queue_->tail_.load(std::memory_order_acquire)) {
                    if (!gives_up(before, latest)) break;
                    let_go();
                    return answer::empty;
                }
                node* const next = published(behind_, first->next.load(std::memory_order_acquire));
                if (!stands(first)) continue;
                if (receiver_of(*first, *next) != k_nobody) hand_over(*first, *next);
            }
            return received(before);
        }

        /// Gives back what waits, as far as nobody stands on it. Never needed: memory alone is the
        /// difference.
        void flush_pops() noexcept(k_nothrow) { me_.flush(); }

     private:
        using guard = typename domain::guard;

        /// Publishes a pointer, once: whether it was worth anything the caller looks himself,
        /// behind the fence.
        [[nodiscard]] static node* published(guard& by, node* what) noexcept(k_nothrow) {
            const place here(what);
            return by.protect(here);
        }
        /// Whether `first`, published, was at the front behind the fence of that. Acquire: if the
        /// front has moved, what was given before it moved must be seen (I3), or a pop would say
        /// empty to which an item was given.
        [[nodiscard]] bool stands(const node* first) noexcept(k_nothrow) {
            return Mutant == 7 || queue_->head_.load(std::memory_order_acquire) == first;
        }
        void let_go() noexcept(k_nothrow) {
            at_.release();
            behind_.release();
            old_.release();
        }

        /// With the last node: clears the request that it was, links the next one in turn, and
        /// moves the end.
        void help_push(node& last) noexcept(k_nothrow) {
            const std::uint32_t by = last.by.get();
            place& done = queue_->pushing_[by];
            if (Mutant != 4 && done.load(std::memory_order_relaxed) == &last) {
                node* request = &last;
                // Release: who finds it cleared finds the node in the list.
                done.compare_exchange_strong(request, nullptr, std::memory_order_release,
                                             std::memory_order_relaxed);
            }
            const std::uint32_t used = queue_->used_.load(std::memory_order_relaxed);
            for (std::uint32_t j = 1; j <= used; ++j) {
                node* const wanted =
                    queue_->pushing_[(by + j) % used].load(std::memory_order_acquire);
                if (wanted == nullptr) continue;
                node* none = nullptr;
                last.next.compare_exchange_strong(none, wanted, std::memory_order_release,
                                                  std::memory_order_relaxed);
                break;
            }
            node* const next = last.next.load(std::memory_order_acquire);
            if (next == nullptr) return;
            node* seen = &last;
            queue_->tail_.compare_exchange_strong(seen, next, std::memory_order_release,
                                                  std::memory_order_relaxed);
        }

        /// Whose `next` is: who asks, in turn from whom `first` was given to.
        std::uint32_t receiver_of(node& first, node& next) noexcept(k_nothrow) {
            const std::uint32_t turn = first.to.load(std::memory_order_acquire);
            const std::uint32_t used = queue_->used_.load(std::memory_order_relaxed);
            for (std::uint32_t j = 1; j <= used; ++j) {
                const std::uint32_t who = (turn + j) % used;
                const node* const asked = queue_->asked_[who].load(std::memory_order_acquire);
                if (asked != queue_->given_[who].load(std::memory_order_relaxed)) continue;
                std::uint32_t nobody = k_nobody;
                next.to.compare_exchange_strong(nobody, who, std::memory_order_release,
                                                std::memory_order_relaxed);
                break;
            }
            return next.to.load(std::memory_order_acquire);
        }

        /// Gives `next` to whose it is, and moves the front.
        void hand_over(node& first, node& next) noexcept(k_nothrow) {
            const std::uint32_t who = next.to.load(std::memory_order_relaxed);
            place& given = queue_->given_[who];
            if (who == mine_) {
                given.store(&next, std::memory_order_release);
            } else {
                // Held, so that it cannot come back as another node before the swap.
                node* latest = published(old_, given.load(std::memory_order_acquire));
                if (latest != &next && queue_->head_.load(std::memory_order_relaxed) == &first) {
                    given.compare_exchange_strong(latest, &next, std::memory_order_release,
                                                  std::memory_order_relaxed);
                }
            }
            node* seen = &first;
            queue_->head_.compare_exchange_strong(seen, &next, std::memory_order_release,
                                                  std::memory_order_relaxed);
        }

        /// Withdraws the question. False: an item came nevertheless (I5).
        [[nodiscard]] bool gives_up(node* before, node* latest) noexcept(k_nothrow) {
            place& asked = queue_->asked_[mine_];
            place& given = queue_->given_[mine_];
            if constexpr (Mutant != 1) asked.store(before, std::memory_order_release);
            if constexpr (Mutant != 3) Sync::fence(std::memory_order_seq_cst);
            if constexpr (Mutant != 2) end_what_began(latest);
            if (given.load(std::memory_order_acquire) == latest) return true;
            asked.store(latest, std::memory_order_relaxed);
            return false;
        }
        void end_what_began(const node* latest) noexcept(k_nothrow) {
            node* const first = queue_->head_.load(std::memory_order_acquire);
            if (queue_->given_[mine_].load(std::memory_order_relaxed) != latest) return;
            if (first == queue_->tail_.load(std::memory_order_acquire)) return;
            static_cast<void>(published(at_, first));
            if (!stands(first)) return;
            node* const next = published(behind_, first->next.load(std::memory_order_acquire));
            if (!stands(first)) return;
            if (receiver_of(*first, *next) == k_nobody) {
                std::uint32_t nobody = k_nobody;
                next->to.compare_exchange_strong(nobody, mine_, std::memory_order_release,
                                                 std::memory_order_relaxed);
            }
            hand_over(*first, *next);
        }

        /// What was given, with the front moved on to it if nobody has done that yet.
        [[nodiscard]] popped<T> received(node* before) noexcept(k_nothrow) {
            node* const got = queue_->given_[mine_].load(std::memory_order_acquire);
            node* first = published(at_, queue_->head_.load(std::memory_order_acquire));
            if (Mutant != 6 && stands(first) &&
                first->next.load(std::memory_order_relaxed) == got) {
                queue_->head_.compare_exchange_strong(first, got, std::memory_order_release,
                                                      std::memory_order_relaxed);
            }
            popped<T> out(got->item.take());
            let_go();
            if (before != nullptr && before != queue_->first_) {
                cyclone::reclamation::retire(me_, before);
            }
            return out;
        }

        turn_queue* queue_;
        typename domain::handle me_;
        std::uint32_t mine_;
        guard at_;
        guard behind_;
        guard old_;
    };

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    using mark = typename Sync::template atomic<std::uint32_t>;

    /// A place, the lowest that is free: what asks and pushes is searched up to the highest.
    [[nodiscard]] std::uint32_t join() {
        for (std::uint32_t i = 0; i < most_; ++i) {
            std::uint32_t seen = taken_[i].load(std::memory_order_relaxed);
            if (seen != 0 || !taken_[i].compare_exchange_strong(seen, 1, std::memory_order_acquire,
                                                                std::memory_order_relaxed)) {
                continue;
            }
            open(i);
            return i;
        }
        throw std::length_error("queue: all " + std::to_string(most_) +
                                " places are taken: make it with more places, or let an access "
                                "go first");
    }
    /// From here on the place is searched.
    void open(std::uint32_t place_of) noexcept(k_nothrow) {
        std::uint32_t used = used_.load(std::memory_order_relaxed);
        // Relaxed: of a place nothing is read but what the constructor has made.
        while (used <= place_of &&
               !used_.compare_exchange_strong(used, place_of + 1, std::memory_order_relaxed,
                                              std::memory_order_relaxed)) {
        }
    }

    const unsigned most_;
    domain domain_;
    node* const first_;
    const places pushing_;
    const places asked_;
    const places given_;
    const std::unique_ptr<mark[]> taken_;
    alignas(k_no_false_sharing) place head_;
    alignas(k_no_false_sharing) place tail_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint32_t> used_{0};
};

}  // namespace cyclone::queue
