// Items on their way from producers to one consumer, all as fast as they can: transfer, fan_in and
// what is made of them (timers-queues P1, P4).
//
// Nobody is at work alone. All threads meet at a line; then the consumer's clock runs until it has
// n items more; then it calls the producers off. That window is what is timed, and items and
// seconds are counted in it only. What is inside afterwards is taken out unmeasured.
//
// How far producers may run ahead of the consumer is the capacity, in every variant. A bounded
// queue sees to that by itself. For the others the harness does: items are drawn by the chunk from
// a number that the consumer's progress limits. Bounded ones draw as well, so that all pay the
// same.
#pragma once

#include <limits>

#include "experiments/queue/bell.hpp"
#include "experiments/queue/crowd.hpp"

namespace cyclone::queue {

/// What the consumer does that finds nothing.
enum class waiting : std::uint8_t {
    spins,
    on_bell,    ///< sleeps on a waker, which producers ring after each push
    by_itself,  ///< calls the variant's own pop()
};

/// Leave to push, by the chunk.
class supply {
 public:
    static constexpr std::uint64_t k_chunk = 64;

    /// `most`: items that may be inside. `chunk` is a multiple of the batches that are pushed.
    supply(std::uint64_t most, std::uint64_t chunk) noexcept
        : most_(static_cast<std::int64_t>(most)), chunk_(chunk) {}

    void clear() noexcept {
        drawn_->store(0, std::memory_order_relaxed);
        passed_->store(0, std::memory_order_relaxed);
    }
    /// The producer's: waits until chunk() items more may be pushed. False: the round has ended.
    [[nodiscard]] bool draw(const lab::stop_flag& stop, unsigned patience) noexcept {
        const std::uint64_t first = drawn_->fetch_add(chunk_, std::memory_order_relaxed);
        for (spin_wait<> wait(patience); !stop.raised(); wait.once()) {
            const std::uint64_t passed = passed_->load(std::memory_order_relaxed);
            // Of several that wait the one with the smallest number never waits for another.
            if (static_cast<std::int64_t>(first - passed) < most_) return true;
        }
        return false;
    }
    /// The consumer's: so many items have come through in this round.
    void passed(std::uint64_t items) noexcept { passed_->store(items, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t chunk() const noexcept { return chunk_; }

 private:
    padded<sync::native::atomic<std::uint64_t>> drawn_;
    padded<sync::native::atomic<std::uint64_t>> passed_;
    const std::int64_t most_;
    const std::uint64_t chunk_;
};

/// Params: capacity; batch (items a call), work (steps of each end for each item); of several
/// producers: producers; of a consumer that sleeps: wake. n: items in a batch's window, at least.
/// Thread 0 is the consumer.
template <class V, waiting How = waiting::spins>
class relay final : public lab::batches {
    using T = typename V::value_type;
    static constexpr bool k_bounded = V::k_traits.bounded();

 public:
    relay(const lab::request& what, std::uint64_t producers)
        : items_(what.n),
          producers_(producers),
          batch_(bounded_param(what, "batch", 1, 1, k_batch_max)),
          work_(bounded_param(what, "work", 0, 0, k_work_max)),
          bell_(bell::named(what.param("wake", std::string{"futex"}))),
          here_(producers + 1, what),
          queue_(ring_of(what), 0),
          supply_(k_bounded ? std::uint64_t{1} << 62 : ring_of(what),
                  (supply::k_chunk + batch_ - 1) / batch_ * batch_),
          workers_(workers_of(queue_, producers + 1)),
          rooms_(producers + 1, std::vector<T>(batch_)),
          of_producer_(producers) {
        team_ = team_of(producers + 1, what);
    }

    /// A number of producers from a request.
    [[nodiscard]] static std::uint64_t producers_of(const lab::request& what) {
        return bounded_param(what, "producers", 2, 1, k_accesses_max - 1);
    }

    void forget() override {
        met_ = {};
        counted_ = {};
        window_ns_ = 0;
        asked_before_ = bell_.asks();
        of_producer_.assign(producers_, {});
    }
    void prepare() override {
        line_.clear();
        supply_.clear();
        for (const auto& one : workers_) one->seen = {};
        team_->muster([this](unsigned index, lab::stop_flag& stop) {
            worker<V>& me = *workers_[index];
            me.seen.begin_ns = clock::monotonic_ns();
            line_.wait_for(workers_.size(), here_.patience());
            if (index == 0) {
                consume(me, rooms_[index], stop);
            } else {
                produce(me, rooms_[index], stop);
            }
            me.seen.end_ns = clock::monotonic_ns();
            return lab::tally{me.seen.pushed + me.seen.taken, me.seen.full};
        });
    }
    std::uint64_t run() override {
        const lab::round_report done = team_->go();
        met_.add(done, from_ns_, until_ns_, workers_);
        for (const auto& one : workers_) counted_.add(one->seen);
        for (std::uint64_t i = 0; i < producers_; ++i) {
            lab::thread_record& all = of_producer_[i];
            const calls& its = workers_[i + 1]->seen;
            all.cpu = done.threads[i + 1].cpu;
            all.ops += its.pushed;
            all.failed += its.full;
            all.wall_ns += its.end_ns - its.begin_ns;
        }
        window_ns_ += until_ns_ - from_ns_;
        return counted_in_window_;
    }
    [[nodiscard]] std::optional<std::int64_t> counted_ns() const override {
        return until_ns_ - from_ns_;
    }
    void restore() override {
        std::uint64_t inside = 0;
        for (const auto& one : workers_) inside += one->seen.pushed - one->seen.taken;
        // The floor pops what nobody pushed.
        if (static_cast<std::int64_t>(inside) > 0) drain(*workers_[0], inside);
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> all;
        const auto items = static_cast<double>(std::max<std::uint64_t>(counted_.taken, 1));
        counted_.write_to(all, counted_.taken);
        met_.write_to(all);
        here_.write_to(all);
        all["bytes_per_item"] = static_cast<double>(V::k_bytes_per_item);
        // Harness and all: it runs beside the queue and not before it, and cannot be taken off.
        all["ns_per_item"] = static_cast<double>(window_ns_) / items;
        if (work_ > 0) all["work_ns"] = static_cast<double>(work_) * step_ns();
        if (producers_ > 1) all["jain"] = jain();
        if constexpr (How != waiting::spins) {
            all["sleeps_per_item"] = static_cast<double>(counted_.sleeps) / items;
        }
        if constexpr (How == waiting::on_bell) {
            all["kernel_asks_per_item"] = static_cast<double>(bell_.asks() - asked_before_) / items;
        }
        return all;
    }
    /// What each producer got in: it was free to.
    [[nodiscard]] std::vector<lab::thread_record> threads() const override {
        return producers_ > 1 ? of_producer_ : std::vector<lab::thread_record>{};
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_items_digest<V>(); }

 private:
    static constexpr std::uint64_t k_batch_max = 4096;

    /// (sum of x)^2 / (n * sum of x^2) over the items of the producers: 1 where all got the same.
    [[nodiscard]] double jain() const {
        double sum = 0;
        double squares = 0;
        for (const lab::thread_record& one : of_producer_) {
            const auto mine = static_cast<double>(one.ops);
            sum += mine;
            squares += mine * mine;
        }
        return squares > 0 ? sum * sum / (static_cast<double>(producers_) * squares) : 0;
    }

    /// Something more has been pushed.
    void tell([[maybe_unused]] worker<V>& me) {
        if constexpr (How != waiting::spins) flush_pushes(me.end);
        if constexpr (How == waiting::on_bell) bell_.ring();
    }

    // What is done for every item is little, and what is counted is kept out of memory meanwhile:
    // the harness should be a small part of the time of the fastest queue.

    void produce(worker<V>& me, std::vector<T>& some, const lab::stop_flag& stop) {
        bool going = true;
        while (going && supply_.draw(stop, here_.patience())) {
            going = batch_ == 1 ? produce_singly(me, stop) : produce_batches(me, some, stop);
        }
        flush_pushes(me.end);
    }
    bool produce_singly(worker<V>& me, const lab::stop_flag& stop) {
        const std::uint64_t first = me.seen.pushed;
        const std::uint64_t many = supply_.chunk();
        std::uint64_t done = 0;
        for (; done < many; ++done) {
            if (work_ > 0) counter::think(work_);
            T item = parcel_of<T>(first + done);
            if (!me.end.try_push(std::move(item)) && !push_late(me, std::move(item), stop)) break;
            tell(me);
        }
        me.seen.pushed += done;
        return done == many;
    }
    /// There was no room: again and again, until the round has ended.
    [[gnu::noinline]] bool push_late(worker<V>& me, T item, const lab::stop_flag& stop) {
        for (spin_wait<> wait(here_.patience()); !stop.raised();) {
            ++me.seen.full;
            wait.once();
            if (me.end.try_push(std::move(item))) return true;
        }
        return false;
    }
    bool produce_batches(worker<V>& me, std::vector<T>& some, const lab::stop_flag& stop) {
        for (std::uint64_t i = 0; i < supply_.chunk(); i += batch_) {
            if (work_ > 0) counter::think(work_ * batch_);
            for (T& one : some) one = parcel_of<T>(me.seen.pushed);
            std::span<T> left(some);
            for (spin_wait<> wait(here_.patience());;) {
                const std::size_t went = push_many(me.end, left);
                me.seen.pushed += went;
                if (went > 0) tell(me);
                left = left.subspan(went);
                if (left.empty()) break;
                ++me.seen.full;
                if (stop.raised()) return false;
                wait.once();
            }
        }
        return true;
    }

    void consume(worker<V>& me, std::vector<T>& room, lab::stop_flag& stop) {
        from_ns_ = clock::monotonic_ns();
        const std::int64_t least_ns = from_ns_ + here_.window_ns();
        while (me.seen.taken < items_ ||
               (here_.oversubscribed() && clock::monotonic_ns() < least_ns)) {
            if (batch_ == 1) {
                consume_singly(me);
            } else {
                consume_some(me, room);
            }
            supply_.passed(me.seen.taken);
        }
        until_ns_ = clock::monotonic_ns();
        counted_in_window_ = me.seen.taken;
        stop.raise();
        flush_pops(me.end);
    }
    void consume_singly(worker<V>& me) {
        for (std::uint64_t i = 0; i < supply::k_chunk; ++i) {
            auto one = me.end.try_pop();
            if (one) {
                read_parcel(*one);
            } else {
                me.seen.found_nothing(one.said());
                read_parcel(pop_late(me, i));
            }
            if (work_ > 0) counter::think(work_);
        }
        me.seen.taken += supply::k_chunk;
    }
    /// There was nothing: spins or sleeps until there is. `more`: popped and not yet in the count.
    [[gnu::noinline]] T pop_late(worker<V>& me, std::uint64_t more) {
        supply_.passed(me.seen.taken + more);
        if constexpr (How == waiting::on_bell) {
            return pop_asleep<T>(me.end, bell_, me.seen, [] {});
        } else if constexpr (How == waiting::by_itself) {
            ++me.seen.sleeps;
            return pop_inside(queue_, me.end);
        } else {
            for (spin_wait<> wait(here_.patience());;) {
                wait.once();
                auto one = me.end.try_pop();
                if (one) return std::move(*one);
                me.seen.found_nothing(one.said());
            }
        }
    }
    void consume_some(worker<V>& me, std::vector<T>& room) {
        const std::size_t came = pop_many(me.end, std::span<T>(room));
        for (std::size_t i = 0; i < came; ++i) read_parcel(room[i]);
        me.seen.taken += came;
        if (work_ > 0) counter::think(work_ * came);
        if (came > 0) return;
        me.seen.found_nothing();
        read_parcel(pop_late(me, 0));  // waits as one that pops items one by one
        ++me.seen.taken;
    }

    const std::uint64_t items_;
    const std::uint64_t producers_;
    const std::uint64_t batch_;
    const std::uint64_t work_;
    bell bell_;
    const headcount here_;
    V queue_;
    supply supply_;
    starting_line line_;
    std::vector<std::unique_ptr<worker<V>>> workers_;  // gone before the queue
    std::vector<std::vector<T>> rooms_;                // of each thread, for items of a call
    std::vector<lab::thread_record> of_producer_;
    // The consumer's, read when the round has ended.
    std::int64_t from_ns_ = 0;
    std::int64_t until_ns_ = 0;
    std::uint64_t counted_in_window_ = 0;
    std::int64_t window_ns_ = 0;  // over all rounds
    calls counted_;
    std::uint64_t asked_before_ = 0;
    togetherness met_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

}  // namespace cyclone::queue
