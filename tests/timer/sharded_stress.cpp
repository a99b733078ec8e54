// The shard among crowds of real threads that arm, cancel, wait for and free its timers, for what
// only they show and for the sanitizers; sharded_steps.cpp goes through the overtakings one by one.
// Time is virtual; the wall clock only ends a run that hangs.
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "support/seed.hpp"
#include "support/suite.hpp"
#include "variants/timer/hierarchical_wheel.hpp"
#include "variants/timer/sharded.hpp"

namespace cyclone::test {

suite_identity identity() { return {"timer", {"sharded"}}; }

}  // namespace cyclone::test

namespace cyclone::timer::test {
namespace {

using cyclone::test::effort;

using clock_word = std::atomic<tick>;

/// Where an owner sleeps: until it is woken, or the virtual clock has come far enough.
class bed {
 public:
    void wake() {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        changed_.notify_one();
    }
    void look_at_the_clock() {
        { const std::lock_guard lock(mutex_); }
        changed_.notify_one();
    }
    void sleep(const clock_word& now, tick until) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return woken_ || now.load() >= until; });
        woken_ = false;
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
};

struct crowd_options {
    unsigned owners = 1;
    unsigned others = 1;
    bool busy_owners = false;         ///< with timers of their own: they often wake anyway
    std::uint64_t operations = 2000;  ///< a thread of the others
    std::int64_t patience_ns = 20'000'000'000;  ///< how long a firing may take, by the wall clock
    std::uint64_t seed = 0;
};

/// Owners that run their loops, and others that arm, cancel, wait and free timers.
template <int Mutant>
class crowd {
    using shard_type = sharded<hierarchical_wheel<>, no_work, Mutant>;
    using node = typename shard_type::node;

    /// A timer with what is known of it. One thread arms it, always the same; `epoch` counts that.
    struct slot {
        explicit slot(crowd& run) : owner(run) { timer.bind(&slot::on_fire, this); }

        static void on_fire(void* context, entry&) {
            slot& s = *static_cast<slot*>(context);
            const std::uint64_t epoch = s.epoch.load();
            if (s.shard->now() < s.deadline) s.owner.fail("early");
            if (s.cancelled.load() == epoch) s.owner.fail("fired though cancelled");
            if (s.fired.exchange(epoch) == epoch) s.owner.fail("fired twice");
        }

        crowd& owner;
        node timer;
        shard_type* shard = nullptr;
        tick deadline = 0;
        std::atomic<std::uint64_t> epoch{0};
        std::atomic<std::uint64_t> fired{0};      ///< the epoch that fired last
        std::atomic<std::uint64_t> cancelled{0};  ///< the epoch that somebody cancelled last
    };

 public:
    explicit crowd(const crowd_options& how)
        : how_(how), shards_(how.owners, 0), beds_(how.owners) {
        for (unsigned i = 0; i < how.owners; ++i)
            shards_[i].on_wake({[](void* b) { static_cast<bed*>(b)->wake(); }, &beds_[i]});
        for (unsigned i = 0; i < 2 * how.others; ++i)
            shared_.push_back(std::make_unique<slot>(*this));
    }

    /// Empty, or the first fault.
    std::string run() {
        std::vector<std::thread> owners;
        std::vector<std::thread> others;
        for (unsigned i = 0; i < how_.owners; ++i) owners.emplace_back([this, i] { own(i); });
        for (unsigned i = 0; i < how_.others; ++i) others.emplace_back([this, i] { meddle(i); });
        for (std::thread& t : others) t.join();
        over_ = true;
        for (bed& b : beds_) b.wake();
        for (std::thread& t : owners) t.join();
        for (unsigned i = 0; i < how_.owners; ++i) {
            shards_[i].advance(shards_[i].now() + 1);
            if (broken() == nullptr && shards_[i].size() != 0) fail("a timer left in a shard");
            if (!shards_[i].check().empty()) fail("check()");
        }
        // After a fault some timers may still be armed, and live in the shards: those go first.
        const char* const wrong = broken();
        if (wrong != nullptr) static_cast<void>(new auto(std::move(shared_)));
        return wrong == nullptr ? std::string{} : wrong;
    }

    [[nodiscard]] std::uint64_t fired() const { return fired_; }
    [[nodiscard]] std::uint64_t cancelled() const { return cancelled_; }

 private:
    void fail(const char* what) {
        const char* none = nullptr;
        broken_.compare_exchange_strong(none, what);
    }
    [[nodiscard]] const char* broken() const { return broken_.load(); }

    void own(unsigned index) {
        struct beat {
            shard_type* shard;
            static void on_fire(void* context, entry& self) {
                shard_type& shard = *static_cast<beat*>(context)->shard;
                shard.start(static_cast<node&>(self), shard.now() + 7);
            }
        };
        shard_type& shard = shards_[index];
        beat every{&shard};
        node metronome(&beat::on_fire, &every);
        if (how_.busy_owners) shard.start(metronome, 7);
        while (!over_.load()) {
            shard.advance(now_.load());
            const tick until = shard.prepare_sleep();
            if (until > shard.now()) beds_[index].sleep(now_, until);
            shard.awake();
        }
        shard.stop(metronome);
    }

    void let_time_pass(tick to) {
        tick now = now_.load();
        while (now < to && !now_.compare_exchange_weak(now, to)) {
        }
        for (bed& b : beds_) b.look_at_the_clock();
    }

    /// Waits for `done`, some seconds of the wall clock at most.
    template <class Done>
    bool wait_for(Done done, const char* otherwise) {
        const std::int64_t end = clock::monotonic_ns() + how_.patience_ns;
        while (!done()) {
            if (broken() != nullptr) return false;
            if (clock::monotonic_ns() > end) {
                fail(otherwise);
                return false;
            }
            std::this_thread::yield();
        }
        return true;
    }

    void meddle(unsigned index) {
        rng random(how_.seed + index);
        std::vector<std::unique_ptr<slot>> mine;
        for (int i = 0; i < 8; ++i) mine.push_back(std::make_unique<slot>(*this));
        for (std::uint64_t n = 0; n < how_.operations && broken() == nullptr; ++n) {
            switch (random.uniform(8)) {
                case 0: let_time_pass(now_.load() + random.uniform(9)); break;
                case 1: stop(*shared_[random.uniform(shared_.size())], false); break;
                case 2: act(*shared_[2 * index + random.uniform(2)], random); break;
                default: {
                    auto& one = mine[random.uniform(mine.size())];
                    act(*one, random);
                    const bool free = settled(*one) && broken() == nullptr;
                    if (free && random.uniform(4) == 0) one = std::make_unique<slot>(*this);
                }
            }
        }
        for (auto& one : mine) finish(*one);
        finish(*shared_[2 * index]);
        finish(*shared_[2 * index + 1]);
        // A fault leaves timers armed; their shard must not find them gone.
        if (broken() != nullptr) static_cast<void>(new auto(std::move(mine)));
    }

    void act(slot& s, rng& random) {
        switch (s.timer.state()) {
            case shard_state::idle:
            case shard_state::fired:
                if (account(s)) arm(s, random);
                break;
            case shard_state::arming:
            case shard_state::pending:
                if (random.uniform(8) == 0) return wait_until_fired(s);
                if (random.uniform(3) == 0) stop(s, true);
                break;
            case shard_state::cancelling: break;
        }
    }

    void arm(slot& s, rng& random) {
        s.shard = &shards_[random.uniform(how_.owners)];
        s.deadline = now_.load() + random.uniform(20);
        s.epoch = s.epoch.load() + 1;
        s.shard->remote_start(s.timer, s.deadline);
    }

    void stop(slot& s, bool armer) {
        shard_type& any = shards_[0];  // the timer knows its own
        const std::uint64_t before = s.epoch.load();
        const stop_result result = any.remote_stop(s.timer);
        if (result != stop_result::cancelled) return;
        ++cancelled_;
        // Another thread's stop cannot say which epoch it hit, unless the timer is not moved on
        // before it looks; the one who arms waits for that (account).
        s.cancelled = armer ? before : s.epoch.load();
    }

    /// Whether the timer is at rest and its last epoch had exactly one end. A callback or another
    /// thread's stop may be a moment behind the state.
    [[nodiscard]] bool settled(const slot& s) const {
        const shard_state state = s.timer.state();
        const std::uint64_t epoch = s.epoch.load();
        if (state == shard_state::fired) return s.fired.load() == epoch;
        return state == shard_state::idle && s.cancelled.load() == epoch;
    }

    bool account(slot& s) {
        if (!wait_for([&] { return settled(s); }, "at rest without an end")) return false;
        const std::uint64_t epoch = s.epoch.load();
        if (epoch == 0) return true;
        const bool fired = s.fired.load() == epoch;
        if (fired) ++fired_;
        if (fired && s.cancelled.load() == epoch) fail("cancelled though fired");
        return broken() == nullptr;
    }

    /// The clock is at the deadline, so the owner must fire it soon: it may sleep no longer.
    void wait_until_fired(slot& s) {
        let_time_pass(s.deadline + 1);
        const auto ended = [&] {
            const shard_state state = s.timer.state();
            return state == shard_state::fired || state == shard_state::idle;
        };
        // Others may cancel it; their node comes back when the owner next advances.
        tick more = s.deadline + 1;
        wait_for(
            [&] {
                if (s.timer.state() == shard_state::cancelling) let_time_pass(++more);
                return ended();
            },
            "lost wake: due, and its owner sleeps");
    }

    void finish(slot& s) {
        if (broken() == nullptr) wait_until_fired(s);
        if (broken() == nullptr) account(s);
    }

    crowd_options how_;
    clock_word now_{0};
    std::atomic<bool> over_{false};
    std::atomic<const char*> broken_{nullptr};
    std::atomic<std::uint64_t> fired_{0};
    std::atomic<std::uint64_t> cancelled_{0};
    std::vector<std::unique_ptr<slot>> shared_;  ///< armed by one each, cancelled by all
    shard_group<shard_type> shards_;
    std::deque<bed> beds_;
};

/// Whether some crowd finds the bug, of at most so many.
template <int Mutant>
std::string first_found(unsigned crowds) {
    for (unsigned i = 0; i < crowds; ++i) {
        crowd_options how{.others = 1 + i % 2, .patience_ns = 2'000'000'000, .seed = 100 + i};
        const std::string found = crowd<Mutant>(how).run();
        if (!found.empty()) return found;
    }
    return {};
}

}  // namespace

TEST_CASE("crowds: every timer ends once, and no owner oversleeps", "[stress]") {
    SECTION("sharded: crowds") {
        std::uint64_t fired = 0;
        std::uint64_t cancelled = 0;
        for (const unsigned threads : {2U, 3U, 4U, 8U}) {
            for (const bool busy : {false, true}) {
                crowd_options how{.owners = threads >= 4 ? 2U : 1U, .busy_owners = busy};
                how.others = threads - how.owners;
                how.operations = effort(100'000, 2'000'000) / how.others;
                how.seed = cyclone::test::seed();
                INFO(threads << " threads, " << how.owners << " owners, busy " << busy);
                crowd<0> all(how);
                REQUIRE(all.run() == "");
                fired += all.fired();
                cancelled += all.cancelled();
            }
        }
        CHECK(fired > 1000);
        CHECK(cancelled > 1000);
        cyclone::test::count_cases(fired + cancelled);
        WARN(fired << " fired, " << cancelled << " cancelled by other threads");
    }
}

TEST_CASE("crowds find the seeded bugs", "[crowd_mutants]") {
    CHECK(first_found<4>(200) != "");
    CHECK(first_found<5>(200) != "");
    CHECK(first_found<6>(200) != "");
    CHECK(first_found<7>(200) != "");
    CHECK(first_found<8>(200) != "");
}

}  // namespace cyclone::timer::test
