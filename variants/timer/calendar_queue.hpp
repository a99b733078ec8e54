// A calendar queue: buckets are the days of a year, a timer goes to the day of its deadline in
// whatever year, and every day is kept in order. Expiry turns the pages; after a year without an
// entry it looks at the first timer of every day instead. The number of days follows that of the
// timers, and the length of a day the distances between the timers that come first.
//
// Source      Brown 1988
// Cost        START, STOP, next and expiry O(1) amortised while the distances are alike; a long
//             step turns at most a year of pages between two firings; a resize moves every timer
// Accuracy    exact; equal deadlines fire in the order of their starts
// Invariants  I1 a pending node is in the bucket of its day mod the number of buckets
//             I2 every bucket is in order of deadline
//             I3 no pending deadline lies in a day before cursor_
//             I4 the bucket lengths add up to size_
// Limits      the day's length changes with the population only: if the first 25 timers lie closer
//             or wider than the rest, as they do in a lognormal load, a bucket holds many timers
//             (START walks) or a year passes without any (expiry walks), O(n) at worst; more than
//             one timer a tick share a day of one tick. START may allocate unless reserve() was
//             called; where memory is refused, the buckets stay as few as they are
// Not equivalent to Brown's: days are a power of two of ticks, the largest that is no longer than
// his, so that a shift finds them; a day is searched from its end; a resize happens in place.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <new>

#include "base/intrusive_list.hpp"
#include "timer/timer.hpp"

namespace cyclone::timer {

template <class Work = no_work, int Mutant = 0>
class calendar_queue {
 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    static constexpr traits k_traits{.fire_order = order::fifo};

    explicit calendar_queue(tick now)
        : buckets_(std::make_unique<intrusive_list[]>(k_buckets_min)), now_(now) {}
    calendar_queue(const calendar_queue&) = delete;
    calendar_queue& operator=(const calendar_queue&) = delete;
    ~calendar_queue() {
        intrusive_list all;
        gather(all);
        while (!all.empty()) {
            node& timer = at(all.next);
            list_unlink(timer);
            timer.set_idle();
        }
    }

    /// Makes room so that nothing allocates while at most `pending` timers are. Throws bad_alloc.
    void reserve(std::size_t pending) {
        const std::size_t wanted = std::bit_ceil(std::max(pending, k_buckets_min));
        if (wanted <= capacity_) return;
        auto more = std::make_unique<intrusive_list[]>(wanted);
        move_to(std::move(more), wanted);
    }

    void start(node& timer, tick deadline) {
        CYCLONE_ASSERT(!timer.pending());
        timer.set_deadline(effective_deadline(deadline, now_));
        insert(timer);
        ++size_;
        if (size_ > timers_max()) resize(2 * count_);
    }

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        remove(timer);
        timer.set_idle();
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
        // Every callback may resize the calendar: nothing of it is kept from one to the next.
        while (node* first = first_until(to)) {
            remove(*first);
            ++fired;
            first->fire();
        }
        return fired;
    }

    /// Exact. Turns the pages up to the first timer, and leaves the calendar open there.
    [[nodiscard]] tick next_deadline() const {
        const node* first = first_until(k_tick_max);
        return first == nullptr ? k_never : first->deadline();
    }
    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] static constexpr tick lateness_max(tick) noexcept { return 0; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }
    [[nodiscard]] std::size_t fixed_bytes() const noexcept {
        return sizeof(*this) + capacity_ * sizeof(intrusive_list);
    }
    /// Buckets in use, and log2 of the ticks in a day.
    [[nodiscard]] std::size_t buckets() const noexcept { return count_; }
    [[nodiscard]] unsigned day_bits() const noexcept { return shift_; }

    [[nodiscard]] std::string check() const {
        std::size_t total = 0;
        for (std::size_t i = 0; i < capacity_; ++i) {
            const intrusive_list& bucket = buckets_[i];
            const std::ptrdiff_t length = bucket.audit();
            if (length < 0) return "I1: broken link";
            if (i >= count_ && length > 0) return "I1: a bucket that is not in use";
            total += static_cast<std::size_t>(length);
            for (list_link* l = bucket.next; l != &bucket; l = l->next) {
                const tick deadline = at(l).deadline();
                if ((day_of(deadline) & (count_ - 1)) != i) return "I1: wrong bucket";
                if (l->prev != &bucket && at(l->prev).deadline() > deadline) return "I2: order";
                if (day_of(deadline) < cursor_) return "I3: a day before the cursor";
            }
        }
        return total == size_ ? std::string{} : "I4: lengths do not add up to size()";
    }

 private:
    static constexpr std::size_t k_buckets_min = 2;
    static constexpr std::size_t k_samples_max = 25;
    static constexpr unsigned k_shift_max = 62;

    /// Twice the buckets, and one: a population of a power of two, one of it being replaced, would
    /// otherwise sit at the very edge of a resize.
    [[nodiscard]] std::size_t timers_max() const noexcept { return 2 * count_ + 1; }

    [[nodiscard]] static node& at(list_link* l) noexcept { return static_cast<node&>(*l); }
    [[nodiscard]] tick day_of(tick t) const noexcept { return t >> shift_; }
    [[nodiscard]] intrusive_list& bucket_of(tick day) const noexcept {
        return buckets_[day & (count_ - 1)];
    }

    /// Behind its equals, searched from the end of the day.
    void insert(node& timer) noexcept {
        const tick day = day_of(timer.deadline());
        if (size_ == 0 || (Mutant != 1 && day < cursor_)) cursor_ = day;
        intrusive_list& bucket = bucket_of(day);
        list_link* before = bucket.prev;
        while (before != &bucket && later(at(before).deadline(), timer.deadline())) {
            work_.node();
            before = before->prev;
        }
        list_insert_before(*before->next, timer);
    }

    [[nodiscard]] bool later(tick a, tick b) noexcept {
        work_.comparison();
        return Mutant == 4 ? a >= b : a > b;
    }

    void remove(node& timer) noexcept {
        list_unlink(timer);
        --size_;
        if (size_ < count_ / 2 && count_ > k_buckets_min) resize(count_ / 2);
    }

    /// The first pending timer if it is due by `limit`, else null. Turns pages no further than to
    /// the day of `limit`.
    [[nodiscard]] node* first_until(tick limit) const noexcept {
        const tick last = day_of(limit);
        std::size_t turned = 0;
        while (size_ > 0 && cursor_ <= last) {
            work_.slot();
            const intrusive_list& bucket = bucket_of(cursor_);
            if (!bucket.empty()) {
                work_.node();
                node& first = at(bucket.next);
                if (Mutant == 2 || day_of(first.deadline()) == cursor_)
                    return first.deadline() <= limit ? &first : nullptr;
            }
            ++cursor_;
            if (++turned < count_) continue;
            if constexpr (Mutant == 5) return nullptr;  // takes a fruitless year for an empty one
            cursor_ = day_of(earliest());
            turned = 0;
        }
        return nullptr;
    }

    /// The direct search: the least of the days' first deadlines.
    [[nodiscard]] tick earliest() const noexcept {
        tick found = k_never;
        for (std::size_t i = 0; i < count_; ++i) {
            work_.slot();
            if (!buckets_[i].empty()) found = std::min(found, at(buckets_[i].next).deadline());
        }
        return found;
    }

    void gather(intrusive_list& all) noexcept {
        for (std::size_t i = 0; i < count_; ++i) {
            work_.slot();
            all.splice_back(buckets_[i]);
        }
    }

    /// Puts every timer of `all` into its bucket. Equal deadlines come from one bucket, in order,
    /// and so stay in order.
    void scatter(intrusive_list& all) noexcept {
        while (!all.empty()) {
            node& timer = at(all.next);
            list_unlink(timer);
            work_.relink();
            insert(timer);
        }
    }

    void move_to(std::unique_ptr<intrusive_list[]> buckets, std::size_t capacity) noexcept {
        intrusive_list all;
        gather(all);
        buckets_ = std::move(buckets);
        capacity_ = capacity;
        scatter(all);
    }

    void resize(std::size_t count) noexcept {
        CYCLONE_ASSERT(std::has_single_bit(count));
        std::unique_ptr<intrusive_list[]> more;
        if (count > capacity_) {
            more.reset(new (std::nothrow) intrusive_list[count]);
            if (more == nullptr) return;  // slower, but as correct as before
        }
        const unsigned shift = shift_for_head();
        intrusive_list all;
        gather(all);
        if (more != nullptr) {
            buckets_ = std::move(more);
            capacity_ = count;
        }
        count_ = count;
        shift_ = shift;
        const tick open = cursor_;
        cursor_ = k_tick_max;  // insert() brings it back to the first
        scatter(all);
        if constexpr (Mutant == 3) cursor_ = open;
    }

    /// log2 of the day's length that suits the timers that come first: three times the mean of
    /// their distances, those beyond twice the mean of all left out.
    [[nodiscard]] unsigned shift_for_head() const noexcept {
        std::array<tick, k_samples_max> head{};
        const std::size_t wanted = size_ <= 5 ? size_ : std::min(5 + size_ / 10, k_samples_max);
        if (wanted < 2) return shift_;
        sample(head, wanted);
        const auto gaps = static_cast<double>(wanted - 1);
        const double usual = 2 * static_cast<double>(head[wanted - 1] - head[0]) / gaps;
        double sum = 0;
        double taken = 0;
        for (std::size_t i = 1; i < wanted; ++i) {
            const auto gap = static_cast<double>(head[i] - head[i - 1]);
            if (gap > usual) continue;
            sum += gap;
            taken += 1;
        }
        const double day = 3 * sum / taken;
        return day < 2 ? 0 : std::min(static_cast<unsigned>(std::ilogb(day)), k_shift_max);
    }

    /// The `wanted` earliest deadlines, in order: each day from its start for as long as it helps.
    void sample(std::array<tick, k_samples_max>& head, std::size_t wanted) const noexcept {
        std::size_t found = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            const intrusive_list& bucket = buckets_[i];
            for (list_link* l = bucket.next; l != &bucket; l = l->next) {
                work_.node();
                const tick deadline = at(l).deadline();
                if (found == wanted && deadline >= head[found - 1]) break;
                if (found < wanted) ++found;
                std::size_t place = found - 1;
                for (; place > 0 && head[place - 1] > deadline; --place)
                    head[place] = head[place - 1];
                head[place] = deadline;
            }
        }
        CYCLONE_ASSERT(found == wanted);
    }

    [[no_unique_address]] mutable Work work_;
    std::unique_ptr<intrusive_list[]> buckets_;
    std::size_t capacity_ = k_buckets_min;
    std::size_t count_ = k_buckets_min;  ///< a power of two; the buckets beyond are empty
    unsigned shift_ = 0;                 ///< a day has 2^shift_ ticks
    std::size_t size_ = 0;
    tick now_;
    mutable tick cursor_ = 0;  ///< the day at which the calendar is open
};

}  // namespace cyclone::timer
