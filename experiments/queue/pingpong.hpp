// One item to and fro between two threads: a round trip is two transfers, each waited for
// (timers-queues P2). The same with both asleep while it is the other's turn.
#pragma once

#include "experiments/queue/bell.hpp"
#include "experiments/queue/crowd.hpp"

namespace cyclone::queue {

/// Params: capacity, which decides nothing as long as it is above 0; of sleepers: wake. n: round
/// trips in a batch.
template <class V, bool Sleeps = false>
class pingpong final : public lab::batches {
    using T = typename V::value_type;

 public:
    explicit pingpong(const lab::request& what)
        : trips_(what.n),
          there_(ring_of(what), 0),
          back_(ring_of(what), 0),
          bells_{std::make_unique<bell>(bell::named(what.param("wake", std::string{"futex"}))),
                 std::make_unique<bell>(bell::named(what.param("wake", std::string{"futex"})))},
          here_(2, what),
          players_{std::make_unique<player>(there_, back_),
                   std::make_unique<player>(back_, there_)},
          team_(team_of(2, what)) {}

    void forget() override {
        met_ = {};
        counted_ = {};
        done_ = 0;
        asked_before_ = asks();
    }
    void prepare() override {
        for (const auto& one : players_) one->seen = {};
        team_->muster([this](unsigned index, lab::stop_flag&) {
            player& me = *players_[index];
            for (std::uint64_t i = 0; i < trips_; ++i) {
                if (index == 0) send(me, *bells_[1]);
                read_parcel(receive(me, *bells_[index]));
                if (index != 0) send(me, *bells_[0]);
            }
            return lab::tally{trips_, me.seen.empty + me.seen.blocked};
        });
    }
    std::uint64_t run() override {
        met_.add(team_->go());
        done_ += trips_;
        for (const auto& one : players_) counted_.add(one->seen);
        return trips_;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> all;
        met_.write_to(all);
        here_.write_to(all);
        const auto trips = static_cast<double>(std::max<std::uint64_t>(done_, 1));
        all["bytes_per_item"] = static_cast<double>(V::k_bytes_per_item);
        all["empty_per_trip"] = static_cast<double>(counted_.empty + counted_.blocked) / trips;
        if constexpr (Sleeps) {
            all["sleeps_per_trip"] = static_cast<double>(counted_.sleeps) / trips;
            all["kernel_asks_per_trip"] = static_cast<double>(asks() - asked_before_) / trips;
        }
        return all;
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_items_digest<V>(); }

 private:
    /// The ends that one of the two has in its hands.
    struct alignas(k_no_false_sharing) player {
        player(V& to, V& from) : out(to), in(from) {}
        access_of<V> out;
        access_of<V> in;
        calls seen;
    };

    [[nodiscard]] std::uint64_t asks() const { return bells_[0]->asks() + bells_[1]->asks(); }

    void send(player& me, bell& other) {
        push_surely(me.out, parcel_of<T>(me.seen.pushed), me.seen, here_.patience());
        flush_pushes(me.out);
        if constexpr (Sleeps) other.ring();
    }
    [[nodiscard]] T receive(player& me, bell& mine) {
        if constexpr (Sleeps) {
            return pop_asleep<T>(me.in, mine, me.seen, [] {});
        } else {
            return pop_surely<T>(me.in, me.seen, here_.patience());
        }
    }

    const std::uint64_t trips_;
    V there_;
    V back_;
    std::array<std::unique_ptr<bell>, 2> bells_;  // of who waits: 0 for the way back, 1 for there
    const headcount here_;
    std::array<std::unique_ptr<player>, 2> players_;  // gone before the queues
    calls counted_;
    std::uint64_t done_ = 0;
    std::uint64_t asked_before_ = 0;
    togetherness met_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

}  // namespace cyclone::queue
