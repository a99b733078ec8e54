// Threads that all push and pop, of a queue of many producers and many consumers (timers-queues
// P5).
//
//   mix      pairs, or a coin for each call, with local work in between (Michael and Scott 1996;
//            Yang and Mellor-Crummey 2016): throughput, and how evenly it is shared
//   bursts   pushes only, then pops only (Ramalhete and Correia 2016): what single calls take
#pragma once

#include "base/rng.hpp"
#include "experiments/queue/crowd.hpp"

namespace cyclone::queue {

/// Params: threads; capacity; inside (items at the beginning); shape (pairs, coin); think (steps of
/// local work after each call: uniform from half of it to one and a half, so 100 is 50 to 150).
/// n: calls of the thread that ends first, at least. A call that finds no room or nothing is a
/// call.
///
/// All begin together, and the first that has done its n calls the others off: that window is what
/// is timed, and every call in it is counted.
template <class V>
class mix final : public lab::batches {
    using T = typename V::value_type;

 public:
    explicit mix(const lab::request& what)
        : calls_(what.n),
          think_(bounded_param(what, "think", 100, 0, k_work_max)),
          inside_(bounded_param(what, "inside", 0, 0, ring_of(what))),
          pairs_(shape_is_pairs(what)),
          here_(threads_of(what), what),
          queue_(ring_of(what), 0),
          workers_(workers_of(queue_, threads_of(what))),
          of_thread_(workers_.size()) {
        const rng seed(what.seed);
        for (unsigned i = 0; i < workers_.size(); ++i) {
            random_.emplace_back(std::in_place, seed.stream(i));
        }
        team_ = team_of(workers_.size(), what);
    }

    void forget() override {
        met_ = {};
        counted_ = {};
        done_ = 0;
        of_thread_.assign(workers_.size(), {});
    }
    void prepare() override {
        line_.clear();
        for (const auto& one : workers_) one->seen = {};
        for (std::uint64_t i = 0; i < inside_; ++i) {
            push_surely(workers_[0]->end, parcel_of<T>(i), left_, here_.patience());
        }
        flush_pushes(workers_[0]->end);
        team_->muster([this](unsigned index, lab::stop_flag& stop) {
            worker<V>& me = *workers_[index];
            line_.wait_for(workers_.size(), here_.patience());
            me.seen.begin_ns = clock::monotonic_ns();
            const std::uint64_t done = work(me, *random_[index], stop);
            me.seen.end_ns = clock::monotonic_ns();
            stop.raise();
            return lab::tally{done, me.seen.full + me.seen.empty + me.seen.blocked};
        });
    }
    std::uint64_t run() override {
        const lab::round_report done = team_->go();
        from_ns_ = until_ns_ = std::numeric_limits<std::int64_t>::max();
        std::uint64_t all = 0;
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            const calls& its = workers_[i]->seen;
            from_ns_ = std::min(from_ns_, its.begin_ns);
            until_ns_ = std::min(until_ns_, its.end_ns);
            all += done.threads[i].ops;
            counted_.add(its);
            of_thread_[i].cpu = done.threads[i].cpu;
            of_thread_[i].ops += done.threads[i].ops;
            of_thread_[i].failed += done.threads[i].failed;
            of_thread_[i].wall_ns += its.end_ns - its.begin_ns;
        }
        met_.add(done, from_ns_, until_ns_, workers_);
        done_ += all;
        return all;
    }
    [[nodiscard]] std::optional<std::int64_t> counted_ns() const override {
        return std::max<std::int64_t>(until_ns_ - from_ns_, 1);
    }
    void restore() override {
        std::uint64_t inside = inside_;
        for (const auto& one : workers_) inside += one->seen.pushed - one->seen.taken;
        if (static_cast<std::int64_t>(inside) > 0) drain(*workers_[0], inside);
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> all;
        counted_.write_to(all, done_);
        met_.write_to(all);
        here_.write_to(all);
        all["bytes_per_item"] = static_cast<double>(V::k_bytes_per_item);
        if (think_ > 0) all["work_ns"] = static_cast<double>(think_) * step_ns();
        return all;
    }
    [[nodiscard]] std::vector<lab::thread_record> threads() const override {
        return workers_.size() > 1 ? of_thread_ : std::vector<lab::thread_record>{};
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_items_digest<V>(); }

    [[nodiscard]] static std::uint64_t threads_of(const lab::request& what) {
        return bounded_param(what, "threads", 2, 1, k_accesses_max);
    }

 private:
    static constexpr std::uint64_t k_looks_after = 64;  // calls, at the clock

    static bool shape_is_pairs(const lab::request& what) {
        const std::string shape = what.param("shape", std::string{"pairs"});
        if (shape != "pairs" && shape != "coin") {
            throw lab::usage_error{"--param shape: pairs or coin, not " + shape};
        }
        return shape == "pairs";
    }

    /// The calls that were made.
    std::uint64_t work(worker<V>& me, rng& random, const lab::stop_flag& stop) {
        std::uint64_t done = 0;
        const std::int64_t least_ns = me.seen.begin_ns + here_.window_ns();
        for (; !stop.raised(); ++done) {
            if (done >= calls_ && done % k_looks_after == 0 &&
                (!here_.oversubscribed() || clock::monotonic_ns() >= least_ns)) {
                break;
            }
            const std::uint64_t draw = random();
            const bool pushes = pairs_ ? done % 2 == 0 : (draw >> 63) != 0;
            if (pushes) {
                const bool went = me.end.try_push(parcel_of<T>(done));
                ++(went ? me.seen.pushed : me.seen.full);
                if (went) flush_pushes(me.end);
            } else {
                const auto one = me.end.try_pop();
                if (one) {
                    read_parcel(*one);
                    ++me.seen.taken;
                } else {
                    me.seen.found_nothing(one.said());
                }
            }
            if (think_ > 0) counter::think(think_ / 2 + (draw & 0xffffffff) % (think_ + 1));
        }
        return done;
    }

    const std::uint64_t calls_;
    const std::uint64_t think_;
    const std::uint64_t inside_;
    const bool pairs_;
    const headcount here_;
    V queue_;
    starting_line line_;
    std::vector<std::unique_ptr<worker<V>>> workers_;  // gone before the queue
    std::vector<padded<rng>> random_;
    std::vector<lab::thread_record> of_thread_;
    std::int64_t from_ns_ = 0;
    std::int64_t until_ns_ = 0;
    std::uint64_t done_ = 0;
    calls counted_;
    calls left_;
    togetherness met_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

/// Params: threads; timed (push, pop); every (one call in so many is timed by itself). n: calls of
/// each thread in a batch. The queue has room for all of them. What is not `timed` is done before
/// or after, unmeasured. The clock is read twice for a call that is timed, about 40 ns in all: the
/// floor has that too.
template <class V>
class bursts final : public lab::batches {
    using T = typename V::value_type;

 public:
    explicit bursts(const lab::request& what)
        : calls_(what.n),
          every_(bounded_param(what, "every", 8, 1, 1U << 20)),
          pushes_(timed_is_push(what)),
          here_(mix<V>::threads_of(what), what),
          queue_(room_of(what), 0),
          workers_(workers_of(queue_, mix<V>::threads_of(what))) {
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            took_.push_back(std::make_unique<padded<lab::histogram>>());
        }
        team_ = team_of(workers_.size(), what);
    }

    void forget() override {
        for (const auto& one : took_) **one = {};
        met_ = {};
        counted_ = {};
        done_ = 0;
    }
    void prepare() override {
        if (!pushes_) phase<true, false>();
        muster<true>(pushes_);
    }
    std::uint64_t run() override {
        met_.add(team_->go());
        for (const auto& one : workers_) counted_.add(one->seen);
        done_ += calls_ * workers_.size();
        return calls_ * workers_.size();
    }
    void restore() override {
        if (pushes_) phase<false, false>();
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> all;
        counted_.write_to(all, done_);
        met_.write_to(all);
        here_.write_to(all);
        all["bytes_per_item"] = static_cast<double>(V::k_bytes_per_item);
        write_tail(all, of_all());
        return all;
    }
    /// A call is due when its thread comes to it, so that both figures are one. There is no rate.
    [[nodiscard]] std::optional<lab::latency_record> latency() const override {
        const lab::histogram all = of_all();
        return lab::latency_record{all.count(), all.written(), all.written(), {}, 0, 0};
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_items_digest<V>(); }

 private:
    static bool timed_is_push(const lab::request& what) {
        const std::string timed = what.param("timed", std::string{"push"});
        if (timed != "push" && timed != "pop") {
            throw lab::usage_error{"--param timed: push or pop, not " + timed};
        }
        return timed == "push";
    }
    static std::size_t room_of(const lab::request& what) {
        const std::uint64_t all = what.n * mix<V>::threads_of(what);
        if (all > k_ring_max) {
            throw lab::usage_error{
                fmt::format("--n {}: all threads together push at most {}", what.n, k_ring_max)};
        }
        return all;
    }

    [[nodiscard]] lab::histogram of_all() const {
        lab::histogram all;
        for (const auto& one : took_) all.merge(**one);
        return all;
    }

    template <bool Timed>
    void muster(bool pushing) {
        for (const auto& one : workers_) one->seen = {};
        line_.clear();
        team_->muster([this, pushing](unsigned index, lab::stop_flag&) {
            worker<V>& me = *workers_[index];
            line_.wait_for(workers_.size(), here_.patience());
            if (pushing) {
                all_calls<true, Timed>(me, **took_[index]);
            } else {
                all_calls<false, Timed>(me, **took_[index]);
            }
            return lab::tally{calls_, 0};
        });
    }
    template <bool Pushing, bool Timed>
    void phase() {
        muster<Timed>(Pushing);
        team_->go();
    }
    template <bool Pushing, bool Timed>
    void all_calls(worker<V>& me, lab::histogram& took) {
        for (std::uint64_t i = 0; i < calls_; ++i) {
            const bool timed = Timed && i % every_ == 0;
            const std::int64_t begin = timed ? clock::monotonic_ns() : 0;
            if constexpr (Pushing) {
                push_surely(me.end, parcel_of<T>(i), me.seen, here_.patience());
            } else {
                read_parcel(pop_surely<T>(me.end, me.seen, here_.patience()));
            }
            if (timed) took.record(static_cast<std::uint64_t>(clock::monotonic_ns() - begin));
        }
        if constexpr (Pushing) {
            flush_pushes(me.end);
        } else {
            flush_pops(me.end);
        }
    }

    const std::uint64_t calls_;
    const std::uint64_t every_;
    const bool pushes_;
    const headcount here_;
    V queue_;
    starting_line line_;
    std::vector<std::unique_ptr<worker<V>>> workers_;  // gone before the queue
    std::vector<std::unique_ptr<padded<lab::histogram>>> took_;
    calls counted_;
    std::uint64_t done_ = 0;
    togetherness met_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

}  // namespace cyclone::queue
