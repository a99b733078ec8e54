// Items that come at instants fixed beforehand, whatever the queue and its consumer do: the open
// loop (timers-queues P3, lab/open_loop.hpp). What is told of an item is its sojourn: from the
// instant at which it was due to the one at which the consumer had it.
//
//   intended  pop - due         what a user waited, also behind a producer that was held up
//   raw       pop - begin       from the beginning of the push
//   lateness  begin - ideal     the pacer's own fault (open_loop.hpp says what ideal is): where it
//                               is late more than now and then, the row is void
//
// The producer shows each item at once (S13). Which item it is travels through the queue, and when
// its push began beside it.
#pragma once

#include "experiments/queue/bell.hpp"
#include "experiments/queue/crowd.hpp"
#include "lab/open_loop.hpp"

namespace cyclone::queue {

/// Params: capacity; gap_ns (the mean between two items); arrivals (fixed, poisson, bursts); burst
/// (items that are due at one instant; such instants are a Poisson process); wake (none: the
/// consumer spins; own: in the variant's pop(), or spins where it has none; else a waker). n: items
/// in a batch. What a batch takes is what the schedule says.
template <class V>
class paced final : public lab::batches {
    using T = typename V::value_type;

 public:
    explicit paced(const lab::request& what)
        : items_(what.n),
          how_(how_of(what)),
          bell_(how_ == waits::on_bell ? bell::named(what.param("wake", std::string{}))
                                       : bell::on::futex),
          here_(2, what),
          when_(schedule_of(what)),
          late_ns_(when_.late_ns()),
          began_ns_(what.n),
          queue_(ring_of(what), 0),
          workers_(workers_of(queue_, 2)),
          team_(team_of(2, what)) {}

    void forget() override {
        *waited_ = {};
        **pacer_ = {};
        met_ = {};
        counted_ = {};
        asked_before_ = bell_.asks();
    }
    void prepare() override {
        for (const auto& one : workers_) one->seen = {};
        team_->muster([this](unsigned index, lab::stop_flag&) {
            worker<V>& me = *workers_[index];
            if (index == 0) {
                consume(me);
            } else {
                produce(me);
            }
            return lab::tally{items_, me.seen.full};
        });
    }
    std::uint64_t run() override {
        met_.add(team_->go());
        for (const auto& one : workers_) counted_.add(one->seen);
        return items_;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> all;
        counted_.write_to(all, counted_.pushed);
        met_.write_to(all);
        here_.write_to(all);
        all["bytes_per_item"] = static_cast<double>(V::k_bytes_per_item);
        write_tail(all, waited_->intended);
        if (how_ != waits::spinning) {
            const auto items = static_cast<double>(std::max<std::uint64_t>(counted_.pushed, 1));
            all["sleeps_per_item"] = static_cast<double>(counted_.sleeps) / items;
            all["kernel_asks_per_item"] = static_cast<double>(bell_.asks() - asked_before_) / items;
        }
        return all;
    }
    [[nodiscard]] std::optional<lab::latency_record> latency() const override {
        lab::latency_record out = waited_->written(when_.rate_per_s);
        out.lateness = (*pacer_)->lateness.written();
        out.missed = (*pacer_)->missed;
        return out;
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_items_digest<V>(); }

 private:
    enum class waits : std::uint8_t { spinning, inside, on_bell };

    static waits how_of(const lab::request& what) {
        const std::string wake = what.param("wake", std::string{"none"});
        if (wake == "own") return k_waits_itself<V> ? waits::inside : waits::spinning;
        return wake == "none" ? waits::spinning : waits::on_bell;
    }

    static constexpr std::uint64_t k_gap_least_ns = 100;
    static constexpr std::uint64_t k_gap_most_ns = 1'000'000;
    static constexpr std::uint64_t k_burst_most = 1U << 16;
    static constexpr double k_seconds_most = 60;

    static lab::schedule schedule_of(const lab::request& what) {
        const std::uint64_t gap =
            bounded_param(what, "gap_ns", 5000, k_gap_least_ns, k_gap_most_ns);
        if (static_cast<double>(what.n) * static_cast<double>(gap) > k_seconds_most * 1e9) {
            throw lab::usage_error{
                fmt::format("--n {} every {} ns takes more than {} s: ask for "
                            "fewer",
                            what.n, gap, k_seconds_most)};
        }
        const std::string kind = what.param("arrivals", std::string{"poisson"});
        const std::uint64_t burst =
            kind == "bursts" ? bounded_param(what, "burst", 64, 1, k_burst_most) : 1;
        if (kind != "bursts" && kind != "poisson" && kind != "fixed") {
            throw lab::usage_error{"--param arrivals: fixed, poisson or bursts, not " + kind};
        }
        rng random(what.seed);
        lab::schedule out = lab::make_schedule(
            kind == "fixed" ? lab::arrivals::fixed : lab::arrivals::poisson,
            1e9 / static_cast<double>(gap * burst), (what.n + burst - 1) / burst, random);
        lab::schedule each{1e9 / static_cast<double>(gap), std::vector<std::int64_t>(what.n)};
        for (std::uint64_t i = 0; i < what.n; ++i) each.due_ns[i] = out.due_ns[i / burst];
        return each;
    }

    void produce(worker<V>& me) {
        start_ns_ = clock::monotonic_ns();  // seen by who pops the first item (S7)
        std::int64_t ideal_end = start_ns_;
        for (std::uint64_t i = 0; i < items_; ++i) {
            const std::int64_t due = start_ns_ + when_.due_ns[i];
            std::int64_t begin = clock::monotonic_ns();
            while (begin < due) {
                sync::native::pause();
                begin = clock::monotonic_ns();
            }
            began_ns_[i].store(begin, std::memory_order_relaxed);
            push_surely(me.end, parcel_of<T>(i), me.seen, here_.patience());
            flush_pushes(me.end);
            if (how_ == waits::on_bell) bell_.ring();
            const std::int64_t ideal = std::max(due, ideal_end);
            (*pacer_)->lateness.record(static_cast<std::uint64_t>(begin - ideal));
            (*pacer_)->missed += begin - ideal > late_ns_ ? 1 : 0;
            ideal_end = ideal + (clock::monotonic_ns() - begin);
        }
    }

    void consume(worker<V>& me) {
        for (std::uint64_t i = 0; i < items_; ++i) {
            const T item = next(me);
            const std::int64_t now = clock::monotonic_ns();
            const std::uint64_t which = read_parcel(item) % items_;  // the floor makes numbers up
            const std::int64_t due = start_ns_ + when_.due_ns[which];
            const std::int64_t began = began_ns_[which].load(std::memory_order_relaxed);
            waited_->intended.record(since(due, now));
            waited_->raw.record(since(began, now));
        }
        flush_pops(me.end);
    }
    [[nodiscard]] T next(worker<V>& me) {
        if (how_ == waits::on_bell) return pop_asleep<T>(me.end, bell_, me.seen, [] {});
        if constexpr (k_waits_itself<V>) {
            if (how_ == waits::inside) {
                auto one = me.end.try_pop();
                if (one) return std::move(*one);
                me.seen.found_nothing(one.said());
                ++me.seen.sleeps;
                return pop_inside(queue_, me.end);
            }
        }
        return pop_surely<T>(me.end, me.seen, here_.patience());
    }
    [[nodiscard]] static std::uint64_t since(std::int64_t then, std::int64_t now) noexcept {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(now - then, 0));
    }

    const std::uint64_t items_;
    const waits how_;
    bell bell_;
    const headcount here_;
    const lab::schedule when_;
    const std::int64_t late_ns_;
    std::vector<sync::native::atomic<std::int64_t>> began_ns_;
    V queue_;
    std::vector<std::unique_ptr<worker<V>>> workers_;  // gone before the queue
    std::int64_t start_ns_ = 0;
    calls counted_;
    std::uint64_t asked_before_ = 0;
    togetherness met_;
    // Apart from each other: the consumer fills the one while the producer fills the other.
    std::unique_ptr<lab::latencies> waited_ = std::make_unique<lab::latencies>();
    std::unique_ptr<padded<lab::latencies>> pacer_ = std::make_unique<padded<lab::latencies>>();
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

}  // namespace cyclone::queue
