// A hashed timing wheel with sorted buckets: a timer goes to bucket deadline mod Slots, into its
// place by deadline, so a tick looks at the head of one bucket and at no timer of a later lap.
//
// Source      Varghese and Lauck 1987, section 6.1.1 (scheme 5)
// Cost        START O(1) on average while n is of the order of Slots, O(n) at worst, when all
//             deadlines share a bucket; STOP O(1); PER_TICK 1 slot, the expiries and 1 node at
//             most; next O(Slots)
// Accuracy    exact; equal deadlines fire in the order of their starts
// Invariants  I1 a pending node is in bucket deadline mod Slots
//             I2 every bucket is in order of deadline, equal deadlines in the order of their starts
//             I3 the bucket lengths add up to size_
//             I4 every pending deadline > cursor_, except in the bucket being drained
// Limits      a long step is walked tick by tick; a revolution in which nothing fired is followed
//             by a look at the head of every bucket, which costs as much again and skips the rest
// Not equivalent to the paper's in where START searches: from the rear, where timers of one
// interval belong at once. Absolute deadlines are kept, where the paper stores the high-order bits.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0, std::size_t Slots = 4096>
class hashed_wheel_sorted {
    static_assert(std::has_single_bit(Slots));

 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    static constexpr traits k_traits{.fire_order = order::fifo, .load = load_order::ascending};
    static constexpr std::size_t k_slots = Slots;

    explicit hashed_wheel_sorted(tick now) : now_(now), cursor_(now) {}
    ~hashed_wheel_sorted() {
        for (intrusive_list& bucket : buckets_) {
            while (!bucket.empty()) stop(at(bucket.next));
        }
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        list_insert_before(place_for(timer.deadline()), timer);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        list_unlink(timer);
        timer.set_idle();
        --size_;
        return true;
    }

    void restart(node& timer, tick deadline) {
        stop(timer);
        start(timer, deadline);
    }

    std::size_t advance(tick to) {
        CYCLONE_ASSERT(to >= now_ && to <= k_tick_max);
        now_ = to;
        std::size_t fired = 0;
        std::size_t quiet = 0;
        while (cursor_ < to && size_ > 0) {
            ++cursor_;
            const std::size_t expired = drain(bucket_of(cursor_));
            fired += expired;
            quiet = expired > 0 ? 0 : quiet + 1;
            if (quiet < Slots) continue;
            if constexpr (Mutant == 4) break;  // takes a quiet revolution for an empty wheel
            cursor_ = std::min(next_deadline() - 1, to);
            quiet = 0;
        }
        cursor_ = to;
        return fired;
    }

    /// The head of each bucket is its earliest; one due in this revolution ends the search.
    [[nodiscard]] tick next_deadline() const {
        if (size_ == 0) return k_never;
        tick earliest = k_never;
        for (tick t = cursor_ + 1; t <= cursor_ + Slots; ++t) {
            work_.slot();
            const intrusive_list& bucket = buckets_[t & (Slots - 1)];
            if (bucket.empty()) continue;
            work_.node();
            earliest = std::min(earliest, at(bucket.next).deadline());
            if (earliest == t) return t;
        }
        return earliest;
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept { return sizeof(*this); }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        for (std::size_t i = 0; i < Slots; ++i) {
            const intrusive_list& bucket = buckets_[i];
            const std::ptrdiff_t length = bucket.audit();
            if (length < 0) return "I1: broken link";
            total += static_cast<std::size_t>(length);
            tick before = 0;
            for (list_link* l = bucket.next; l != &bucket; l = l->next) {
                const tick deadline = at(l).deadline();
                if ((deadline & (Slots - 1)) != i) return "I1: wrong bucket";
                if (deadline < before) return "I2: out of order";
                if (deadline <= cursor_) return "I4: a deadline behind the cursor";
                before = deadline;
            }
        }
        return total == size_ ? std::string{} : "I3: lengths do not add up to size()";
    }

 private:
    [[nodiscard]] static node& at(list_link* l) noexcept { return static_cast<node&>(*l); }
    [[nodiscard]] intrusive_list& bucket_of(tick t) noexcept { return buckets_[t & (Slots - 1)]; }

    /// The element before which a timer due at `deadline` belongs: after its equals.
    [[nodiscard]] list_link& place_for(tick deadline) noexcept {
        intrusive_list& bucket = bucket_of(deadline);
        if constexpr (Mutant == 3) return bucket;  // at the end, whatever stands before it
        list_link* l = bucket.prev;
        while (l != &bucket && stays_behind(at(l).deadline(), deadline)) l = l->prev;
        return *l->next;
    }

    /// Whether a timer already in the bucket goes behind the new one. Counts a node passed.
    [[nodiscard]] bool stays_behind(tick present, tick added) noexcept {
        work_.comparison();
        const bool behind = Mutant == 2 ? present >= added : present > added;
        if (behind) work_.node();
        return behind;
    }

    /// Fires the head of the bucket for as long as it is due. Nothing that a callback starts is due
    /// in this advance(), and what it stops is gone before the head is read again.
    std::size_t drain(intrusive_list& bucket) {
        work_.slot();
        std::size_t fired = 0;
        while (!bucket.empty()) {
            work_.node();
            node& first = at(bucket.next);
            if (Mutant != 1 && first.deadline() > cursor_) break;  // 1: ignores the round
            list_unlink(first);
            --size_;
            ++fired;
            first.fire();
        }
        return fired;
    }

    [[no_unique_address]] mutable Work work_;
    std::array<intrusive_list, Slots> buckets_;
    std::size_t size_ = 0;
    tick now_;
    tick cursor_;  ///< the last tick whose bucket was drained; == now_ outside advance()
};

}  // namespace cyclone::timer
