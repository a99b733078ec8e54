// A hashed timing wheel with unsorted buckets: a timer goes to bucket deadline mod Slots, and each
// tick looks through one bucket for the timers of this revolution.
//
// Source      Varghese and Lauck 1987, section 6.1.2 (scheme 6)
// Cost        START O(1); STOP O(1); PER_TICK 1 slot and n/Slots nodes on average;
//             next O(n + Slots)
// Accuracy    exact; equal deadlines fire in the order of their starts
// Invariants  I1 a pending node is in bucket deadline mod Slots
//             I2 the bucket lengths add up to size_
//             I3 every pending deadline > cursor_, except in the bucket being drained
// Limits      a long step is walked tick by tick; a revolution in which nothing fired is followed
//             by a search for the next deadline, which costs as much again and skips the rest
// Not equivalent to the paper's: absolute deadlines are compared, rounds are not counted down.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0, std::size_t Slots = 4096>
class hashed_wheel {
    static_assert(std::has_single_bit(Slots));

 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    static constexpr traits k_traits{.fire_order = order::fifo};
    static constexpr std::size_t k_slots = Slots;

    explicit hashed_wheel(tick now) : now_(now), cursor_(now) {}
    ~hashed_wheel() {
        for (intrusive_list& bucket : buckets_) {
            while (!bucket.empty()) stop(static_cast<node&>(*bucket.next));
        }
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        bucket_of(timer.deadline()).push_back(timer);
        ++size_;
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        // A callback may stop the very timer that drain() would look at next.
        if (Mutant != 3 && &timer == upcoming_) upcoming_ = timer.next;
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
            cursor_ = std::min(earliest() - 1, to);
            quiet = 0;
        }
        cursor_ = to;
        return fired;
    }

    [[nodiscard]] tick next_deadline() const {
        if (size_ == 0) return k_never;
        for (tick t = cursor_ + 1; t <= cursor_ + Slots; ++t) {
            work_.slot();
            const intrusive_list& bucket = buckets_[t & (Slots - 1)];
            for (list_link* l = bucket.next; l != &bucket; l = l->next) {
                work_.node();
                if (static_cast<node*>(l)->deadline() == t) return t;
            }
        }
        return earliest();
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
            for (list_link* l = bucket.next; l != &bucket; l = l->next) {
                const tick deadline = static_cast<node*>(l)->deadline();
                if ((deadline & (Slots - 1)) != i) return "I1: wrong bucket";
                if (deadline <= cursor_) return "I3: a deadline behind the cursor";
            }
        }
        return total == size_ ? std::string{} : "I2: lengths do not add up to size()";
    }

 private:
    [[nodiscard]] intrusive_list& bucket_of(tick t) noexcept { return buckets_[t & (Slots - 1)]; }

    /// Fires the timers of this revolution in one bucket; the others stay where they are.
    std::size_t drain(intrusive_list& bucket) {
        work_.slot();
        std::size_t fired = 0;
        upcoming_ = bucket.next;
        while (upcoming_ != &bucket) {
            work_.node();
            auto& timer = static_cast<node&>(*upcoming_);
            upcoming_ = timer.next;
            // 6: a round is not looked at once something in the bucket has fired
            const bool put_back = Mutant == 6 && fired > 0 && timer.deadline() == cursor_ + Slots;
            if (!put_back && !due(timer.deadline())) continue;
            if constexpr (Mutant != 7) list_unlink(timer);
            --size_;
            ++fired;
            timer.fire();
            if constexpr (Mutant == 7) list_unlink(timer);  // wherever its callback put it
        }
        upcoming_ = nullptr;
        return fired;
    }

    [[nodiscard]] bool due(tick deadline) const noexcept {
        if constexpr (Mutant == 1) return true;                         // ignores the round
        if constexpr (Mutant == 2) return deadline + Slots <= cursor_;  // one revolution late
        if (Mutant == 5 && deadline % Slots == 0) return deadline + Slots <= cursor_;
        return deadline <= cursor_;
    }

    [[nodiscard]] tick earliest() const {
        tick found = k_never;
        for (const intrusive_list& bucket : buckets_) {
            work_.slot();
            for (list_link* l = bucket.next; l != &bucket; l = l->next) {
                work_.node();
                found = std::min(found, static_cast<node*>(l)->deadline());
            }
        }
        return found;
    }

    [[no_unique_address]] mutable Work work_;
    std::array<intrusive_list, Slots> buckets_;
    list_link* upcoming_ = nullptr;  ///< what drain() looks at next; null outside it
    std::size_t size_ = 0;
    tick now_;
    tick cursor_;  ///< the last tick whose bucket was drained; == now_ outside advance()
};

}  // namespace cyclone::timer
