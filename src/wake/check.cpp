// Judging a waker with real threads.

#include "wake/check.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <thread>
#include <vector>

#include "base/cache_line.hpp"
#include "base/rng.hpp"
#include "base/spin.hpp"
#include "wake/crew.hpp"

namespace cyclone::wake {

namespace {

using outcome = std::optional<violation>;
template <class T>
using shared = padded<sync::native::atomic<T>>;

constexpr auto k_relaxed = std::memory_order_relaxed;

outcome broken(const char* property, std::string detail) {
    return violation{property, std::move(detail)};
}
outcome lost(const std::string& where) {
    return broken("W1 lost", fmt::format("a thread slept on: {}", where));
}

/// Makes a waker and hands it to the check; an error is W9.
template <class Check>
outcome with(maker make, Check check) {
    auto made = make();
    if (!made) return broken("W9 open", to_string(made.error()));
    return check(**made);
}

void pause_ms(std::int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

/// Some pauses, from none to many: where threads meet must differ from one round to the next.
void dawdle(rng& random, unsigned most_log2) {
    for (auto n = random.uniform(1ULL << random.uniform(most_log2 + 1)); n > 0; --n) {
        sync::native::pause();
    }
}

void notify(any& one, bool all) { all ? one.notify_all() : one.notify_one(); }

/// What a notify asked for.
std::uint64_t asked_by(any& one, bool all) {
    const std::uint64_t before = one.asks();
    notify(one, all);
    return one.asks() - before;
}

}  // namespace

outcome check_between(maker make, const effort& how) {
    return with(make, [&](any& one) -> outcome {
        for (const bool all : {false, true}) {
            crew watched({&one}, how.patience_ms);
            watched.start([&] {
                for (int i = 0; i < 3 && !watched.giving_up(); ++i) {
                    one.cancel(one.prepare());
                    const key seen = one.prepare();
                    notify(one, all);
                    one.sleep(seen);
                    watched.step();
                }
            });
            if (!watched.join()) {
                return lost(all ? "notify_all between prepare and sleep"
                                : "notify_one between prepare and sleep");
            }
        }
        return std::nullopt;
    });
}

outcome check_idle(maker make) {
    return with(make, [&](any& one) -> outcome {
        if (!one.counts()) return std::nullopt;
        outcome found;
        const auto expect = [&](std::uint64_t most, const char* when) {
            for (const bool all : {false, true}) {
                const std::uint64_t asked = asked_by(one, all);
                if (asked > most && !found) {
                    found = broken("W6 idle", fmt::format("notify asked {} times {}", asked, when));
                }
                most = 0;  // the first one has swept up
            }
        };
        crew watched({&one}, effort{}.patience_ms);
        watched.start([&] {
            expect(0, "with nobody there yet");
            for (int i = 0; i < 3 && !watched.giving_up(); ++i) {
                one.cancel(one.prepare());
                expect(one.declared().stale_asks ? 1 : 0, "after a cancel");
                const key seen = one.prepare();
                one.notify_one();
                one.sleep(seen);
                expect(0, "after a sleep had ended");
                watched.step();
            }
        });
        if (!watched.join()) return lost("notify_one between prepare and sleep");
        return found;
    });
}

outcome check_made_up(maker make, const effort& how) {
    return with(make, [&](any& one) -> outcome {
        constexpr std::uint64_t k_sleeps = 5;
        for (int i = 0; i < 3; ++i) {
            one.notify_one();
            const key seen = one.prepare();
            notify(one, i % 2 == 1);
            one.cancel(seen);
        }
        one.notify_all();
        const std::uint64_t spared = one.declared().remembers ? 1 : 0;
        crew watched({&one}, how.patience_ms);
        watched.start([&] {
            for (std::uint64_t i = 0; i < k_sleeps && !watched.giving_up(); ++i) {
                one.sleep(one.prepare());
                watched.step();
            }
        });
        outcome found;
        for (std::uint64_t notified = 0; notified + spared < k_sleeps && !found; ++notified) {
            pause_ms(how.quiet_ms);
            if (const std::uint64_t ended = watched.steps(); ended > notified + spared) {
                found = broken(spared == 1 ? "W5 remembered" : "W4 made up",
                               fmt::format("{} sleeps ended by {} notifies", ended, notified));
            }
            one.notify_all();
        }
        // One that was spared may not have been used, and one may have come before its sleeper.
        for (std::int64_t ms = 0; ms < how.patience_ms && watched.steps() < k_sleeps; ++ms) {
            one.notify_all();
            pause_ms(1);
        }
        if (!watched.join() && !found) return lost("notify_all of one who sleeps");
        return found;
    });
}

namespace {

/// One round of check_several: how many sleeps a notify_one ended; 0 if it ended none.
std::uint64_t ended_by_one(any& one, unsigned threads, const effort& how, bool& all_ended) {
    shared<unsigned> prepared;
    crew watched({&one}, how.patience_ms);
    for (unsigned i = 0; i < threads; ++i) {
        watched.start([&] {
            const key seen = one.prepare();
            prepared->fetch_add(1, std::memory_order_release);
            one.sleep(seen);
            watched.step();
        });
    }
    while (prepared->load(std::memory_order_acquire) != threads) pause_ms(1);
    pause_ms(2);  // for most of them to be asleep
    one.notify_one();
    std::uint64_t ended = 0;
    if (watched.reaches(1)) {
        pause_ms(2);
        ended = watched.steps();
        one.notify_all();
    }
    all_ended = watched.join();
    return ended;
}

}  // namespace

outcome check_several(maker make, const effort& how) {
    return with(make, [&](any& one) -> outcome {
        constexpr unsigned k_threads = 4;
        constexpr int k_rounds = 10;
        if (one.declared().sleeps == sleepers::one) return std::nullopt;
        bool alone = false;
        for (int round = 0; round < k_rounds; ++round) {
            bool all_ended = false;
            const std::uint64_t ended = ended_by_one(one, k_threads, how, all_ended);
            if (ended == 0) return lost("notify_one with several asleep");
            if (!all_ended) return lost("notify_all with several asleep");
            alone = alone || ended == 1;
        }
        if (!one.declared().wakes_one || alone) return std::nullopt;
        return broken("W7 wakes one", fmt::format("notify_one ended several sleeps, {} times of {}",
                                                  k_rounds, k_rounds));
    });
}

/// A plain number that only the wake orders (W2). The thread sanitizer cannot see an order that
/// comes from fences and would report it: there it is an atomic, its value is still looked at, and
/// that the wake orders it is the explorer's to show.
class unguarded {
 public:
#ifdef CYCLONE_THREAD_SANITIZER
    [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(k_relaxed); }
    void set(std::uint64_t value) noexcept { value_.store(value, k_relaxed); }

 private:
    sync::native::atomic<std::uint64_t> value_;
#else
    [[nodiscard]] std::uint64_t get() const noexcept { return value_; }
    void set(std::uint64_t value) noexcept { value_ = value; }

 private:
    std::uint64_t value_ = 0;
#endif
};

outcome check_visible(maker make, const effort& how) {
    return with(make, [&](any& one) -> outcome {
        const std::uint64_t rounds = how.rounds / 10 + 1;
        unguarded payload;
        std::uint64_t wrong = 0;
        shared<std::uint64_t> ready;
        shared<std::uint64_t> taken;
        crew watched({&one}, how.patience_ms);
        const auto until = [&](const shared<std::uint64_t>& word, std::uint64_t value) {
            spin_wait<> wait(0);
            while (word->load(std::memory_order_acquire) != value && !watched.giving_up()) {
                wait.once();
            }
        };
        watched.start([&] {
            for (std::uint64_t i = 1; i <= rounds && !watched.giving_up(); ++i) {
                const key seen = one.prepare();
                ready->store(i, std::memory_order_release);
                one.sleep(seen);
                if (watched.giving_up()) return;
                wrong += payload.get() == i ? 0 : 1;
                taken->store(i, std::memory_order_release);
                watched.step();
            }
        });
        watched.start([&] {
            for (std::uint64_t i = 1; i <= rounds && !watched.giving_up(); ++i) {
                until(ready, i);
                if (watched.giving_up()) return;
                payload.set(i);
                notify(one, i % 2 == 0);
                until(taken, i);
            }
        });
        if (!watched.join()) return lost("one who had said that it was prepared");
        if (wrong == 0) return std::nullopt;
        return broken("W2 seen", fmt::format("{} of {} payloads were old", wrong, rounds));
    });
}

outcome check_ping_pong(maker make, const effort& how) {
    return with(make, [&](any& first) -> outcome {
        return with(make, [&](any& second) -> outcome {
            const std::array<any*, 2> wakers{&first, &second};
            shared<std::uint64_t> turn;
            crew watched({&first, &second}, how.patience_ms);
            for (unsigned me = 0; me < 2; ++me) {
                watched.start([&, me] {
                    rng random = rng(how.seed).stream(me);
                    for (std::uint64_t i = me; i < 2 * how.rounds; i += 2) {
                        wakers[me]->await(
                            [&] { return turn->load(k_relaxed) == i || watched.giving_up(); });
                        if (watched.giving_up()) return;
                        watched.step();
                        dawdle(random, 10);
                        turn->store(i + 1, k_relaxed);
                        wakers[1 - me]->notify_one();
                    }
                });
            }
            if (watched.join()) return std::nullopt;
            return lost(fmt::format("turn {} of ping-pong", turn->load(k_relaxed)));
        });
    });
}

namespace {

/// Items are numbers of which only the sums are known: published by each producer, taken by all.
class heap_of_items {
 public:
    heap_of_items(unsigned producers, std::uint64_t each)
        : published_(producers), total_(producers * each) {}

    /// By the producer's own plain store: no read-modify-write may stand in for a missing fence.
    void publish(unsigned producer, std::uint64_t items) {
        auto& mine = *published_[producer];
        mine.store(mine.load(k_relaxed) + items, k_relaxed);
    }
    [[nodiscard]] bool take() {
        std::uint64_t seen = taken_->load(k_relaxed);
        while (seen < there()) {
            if (taken_->compare_exchange_weak(seen, seen + 1, k_relaxed, k_relaxed)) return true;
        }
        return false;
    }
    [[nodiscard]] bool finished() const { return taken_->load(k_relaxed) == total_; }
    [[nodiscard]] std::uint64_t taken() const { return taken_->load(k_relaxed); }

 private:
    [[nodiscard]] std::uint64_t there() const {
        std::uint64_t sum = 0;
        for (const auto& one : published_) sum += one->load(k_relaxed);
        return sum;
    }

    std::vector<shared<std::uint64_t>> published_;
    shared<std::uint64_t> taken_;
    std::uint64_t total_;
};

void produce(any& one, heap_of_items& heap, unsigned me, crew& watched, const effort& how) {
    rng random = rng(how.seed).stream(me);
    for (std::uint64_t done = 0; done < how.items && !watched.giving_up();) {
        const std::uint64_t batch = std::min(random.uniform(3) + 1, how.items - done);
        heap.publish(me, batch);
        if (batch > 1) {
            one.notify_all();
        } else {
            one.notify_one();
        }
        done += batch;
        dawdle(random, 10);
    }
}

void consume(any& one, heap_of_items& heap, crew& watched) {
    while (!heap.finished() && !watched.giving_up()) {
        bool mine = false;
        one.await([&] {
            mine = heap.take();
            return mine || heap.finished() || watched.giving_up();
        });
        if (mine) watched.step();
    }
    one.notify_all();  // the others may be asleep, and nothing more will come
}

}  // namespace

outcome check_crowd(maker make, unsigned producers, unsigned consumers, const effort& how) {
    return with(make, [&](any& one) -> outcome {
        const unsigned sleeping = one.declared().sleeps == sleepers::one ? 1 : consumers;
        heap_of_items heap(producers, how.items);
        crew watched({&one}, how.patience_ms);
        for (unsigned i = 0; i < sleeping; ++i) watched.start([&] { consume(one, heap, watched); });
        for (unsigned i = 0; i < producers; ++i) {
            watched.start([&, i] { produce(one, heap, i, watched, how); });
        }
        if (watched.join()) return std::nullopt;
        return lost(fmt::format("{} of {} items were taken by {} sleepers of {} producers",
                                heap.taken(), producers * how.items, sleeping, producers));
    });
}

namespace {

/// One thread's keys, and which of their sleeps must end at once.
class program_run {
 public:
    program_run(any& one, crew& watched) : one_(one), watched_(watched) {}

    void step(std::uint8_t byte) {
        const std::size_t most = one_.declared().sleeps == sleepers::one ? 1 : 3;
        const std::size_t which = keys_.empty() ? 0 : byte / 5 % keys_.size();
        switch (byte % 5) {
            case 0:
                if (keys_.size() < most) keys_.push_back({one_.prepare(), false});
                break;
            case 1: cancel(which); break;
            case 2: tell(false); break;
            case 3: tell(true); break;
            default: sleep(which); break;
        }
        watched_.step();
    }
    void finish() {
        while (!keys_.empty()) cancel(0);
    }
    [[nodiscard]] const outcome& found() const { return found_; }

 private:
    struct held {
        key seen;
        bool ends;
    };

    void cancel(std::size_t which) {
        if (keys_.empty()) return;
        one_.cancel(keys_[which].seen);
        drop(which);
        swept_ = false;
    }
    void tell(bool all) {
        const std::uint64_t asked = asked_by(one_, all);
        if (one_.counts() && keys_.empty() && !found_) {
            const std::uint64_t most = one_.declared().stale_asks && !swept_ ? 1 : 0;
            if (asked > most) {
                found_ = broken("W6 idle", fmt::format("notify asked {} times", asked));
            }
        }
        swept_ = true;
        // notify_one() ends one of several sleeps, and nobody says which.
        if (!all && keys_.size() != 1) return;
        for (held& one : keys_) one.ends = true;
    }
    void sleep(std::size_t which) {
        if (keys_.empty() || !keys_[which].ends) return;
        one_.sleep(keys_[which].seen);
        drop(which);
    }
    void drop(std::size_t which) {
        keys_.erase(keys_.begin() + static_cast<std::ptrdiff_t>(which));
    }

    any& one_;
    crew& watched_;
    std::vector<held> keys_;
    bool swept_ = true;  // no cancel since the last notify
    outcome found_;
};

}  // namespace

outcome check_program(maker make, std::span<const std::uint8_t> program, const effort& how) {
    return with(make, [&](any& one) -> outcome {
        crew watched({&one}, how.patience_ms);
        program_run run(one, watched);
        watched.start([&] {
            for (const std::uint8_t byte : program) {
                if (watched.giving_up()) break;
                run.step(byte);
            }
            run.finish();
        });
        if (!watched.join()) return lost("a notify between prepare and sleep");
        return run.found();
    });
}

outcome find_violation(maker make, const effort& how) {
    if (auto found = check_between(make, how)) return found;
    if (auto found = check_idle(make)) return found;
    rng random(how.seed);
    std::vector<std::uint8_t> program(1000);
    for (std::uint8_t& byte : program) byte = static_cast<std::uint8_t>(random.uniform(256));
    if (auto found = check_program(make, program, how)) return found;
    if (auto found = check_made_up(make, how)) return found;
    if (auto found = check_several(make, how)) return found;
    if (auto found = check_visible(make, how)) return found;
    if (auto found = check_ping_pong(make, how)) return found;
    if (auto found = check_crowd(make, 1, 1, how)) return found;
    return check_crowd(make, 2, 2, how);
}

}  // namespace cyclone::wake
