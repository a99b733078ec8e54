// How many executions small programs have: exactly, none twice, and judged alike by both checks.

#include <array>
#include <optional>

#include "engine_support.hpp"

namespace cyclone::model::test {
namespace {

struct orders {
    std::memory_order store = k_rlx;
    std::memory_order load = k_rlx;
    bool fences = false;
};

body store_buffering(orders o) {
    return [o] {
        atomic_int x(0), y(0);
        const auto side = [&](atomic_int& mine, atomic_int& other) {
            mine.store(1, o.store);
            if (o.fences) sync::explored::fence(k_sc);
            other.load(o.load);
        };
        thread a([&] { side(x, y); });
        thread b([&] { side(y, x); });
        a.join();
        b.join();
    };
}

body message_passing(orders o) {
    return [o] {
        atomic_int data(0), flag(0);
        thread a([&] {
            data.store(1, k_rlx);
            flag.store(1, o.store);
        });
        thread b([&] {
            flag.load(o.load);
            data.load(k_rlx);
        });
        a.join();
        b.join();
    };
}

body load_buffering() {
    return [] {
        atomic_int x(0), y(0);
        thread a([&] {
            x.load(k_rlx);
            y.store(1, k_rlx);
        });
        thread b([&] {
            y.load(k_rlx);
            x.store(1, k_rlx);
        });
        a.join();
        b.join();
    };
}

body two_plus_two_writes(std::memory_order o) {
    return [o] {
        atomic_int x(0), y(0);
        thread a([&] {
            x.store(1, o);
            y.store(2, o);
        });
        thread b([&] {
            y.store(1, o);
            x.store(2, o);
        });
        a.join();
        b.join();
    };
}

body independent_reads(orders o) {
    return [o] {
        atomic_int x(0), y(0);
        thread a([&] { x.store(1, o.store); });
        thread b([&] { y.store(1, o.store); });
        thread c([&] {
            x.load(o.load);
            y.load(o.load);
        });
        thread d([&] {
            y.load(o.load);
            x.load(o.load);
        });
        a.join();
        b.join();
        c.join();
        d.join();
    };
}

body additions(int threads) {
    return [threads] {
        atomic_int x(0);
        std::array<std::optional<thread>, 5> all;
        for (int t = 0; t < threads; ++t) {
            all[static_cast<std::size_t>(t)].emplace([&] { x.fetch_add(1, k_rlx); });
        }
        for (auto& t : all) {
            if (t) t->join();
        }
        require(x.load(k_rlx) == threads, "no addition is lost");
    };
}

}  // namespace

TEST_CASE("store buffering", "[counts]") {
    expect_count(store_buffering({k_rlx, k_rlx, false}), 4);
    expect_count(store_buffering({k_rel, k_acq, false}), 4);
    expect_count(store_buffering({k_sc, k_sc, false}), 3);
    expect_count(store_buffering({k_rlx, k_rlx, true}), 3);
}

TEST_CASE("message passing", "[counts]") {
    expect_count(message_passing({k_rlx, k_rlx, false}), 4);
    expect_count(message_passing({k_rel, k_rlx, false}), 4);
    expect_count(message_passing({k_rel, k_acq, false}), 3);
}

TEST_CASE("load buffering is outside of the model", "[counts]") {
    expect_count(load_buffering(), 3);
}

TEST_CASE("two writes each", "[counts]") {
    expect_count(two_plus_two_writes(k_rlx), 4);
    expect_count(two_plus_two_writes(k_rel), 4);
    expect_count(two_plus_two_writes(k_sc), 3);
}

TEST_CASE("independent reads of independent writes", "[counts]") {
    expect_count(independent_reads({k_rel, k_acq, false}), 16);
    expect_count(independent_reads({k_sc, k_sc, false}), 15);
}

TEST_CASE("additions come in every order, once", "[counts]") {
    expect_count(additions(2), 2);
    expect_count(additions(3), 6);
    expect_count(additions(4), 24);
    const counted five = explore(additions(5));
    CHECK(five.said.complete == 120);
    CHECK(five.said.duplicates == 0);
}

TEST_CASE("a thread never sees a location go back", "[counts]") {
    expect_count(
        [] {
            atomic_int x(0);
            thread w([&] {
                x.store(1, k_rlx);
                x.store(2, k_rlx);
            });
            thread r([&] {
                const int first = x.load(k_rlx);
                require(first <= x.load(k_rlx), "coherence");
            });
            w.join();
            r.join();
        },
        6);
}

TEST_CASE("a compare-exchange may fail on a stale value", "[counts]") {
    bool stale = false;
    const body b = [&] {
        atomic_int x(0), y(0);
        thread w([&] {
            x.store(1, k_rlx);
            x.store(2, k_rlx);
            y.store(1, k_rlx);
        });
        if (y.load(k_rlx) == 1) {
            int seen = 2;
            if (!x.compare_exchange_strong(seen, 3, k_rlx, k_rlx) && seen == 1) stale = true;
        }
        w.join();
    };
    expect_count(b, 4);
    CHECK(stale);
}

TEST_CASE("a weak compare-exchange fails for no reason, once", "[counts]") {
    expect_count(
        [] {
            atomic_int x(0);
            int expected = 0;
            while (!x.compare_exchange_weak(expected, 1, k_rlx, k_rlx)) {
                require(expected == 0, "it was not changed");
            }
        },
        2);
}

TEST_CASE("what a release fence covers is passed on", "[counts]") {
    expect_count(
        [] {
            plain_int data(0);
            atomic_int flag(0);
            thread w([&] {
                data.set(1);
                sync::explored::fence(k_rel);
                flag.store(1, k_rlx);
            });
            if (flag.load(k_rlx) == 1) {
                sync::explored::fence(k_acq);
                require(data.get() == 1, "published");
            }
            w.join();
        },
        2);
}

TEST_CASE("release sequences are those of the version asked for", "[counts]") {
    const body b = [] {
        plain_int data(0);
        atomic_int flag(0);
        thread w([&] {
            data.set(1);
            flag.store(1, k_rel);
            flag.store(2, k_rlx);
        });
        if (flag.load(k_acq) == 2) require(data.get() == 1, "published");
        w.join();
    };
    expect_fault(b, fault::race);
    options older;
    older.sequences = release_sequences::cxx11;
    expect_count(b, 3, older);
}

TEST_CASE("a read-modify-write hands on what was released", "[counts]") {
    expect_count(
        [] {
            plain_int data(0);
            atomic_int flag(0);
            thread w([&] {
                data.set(1);
                flag.store(1, k_rel);
            });
            thread m([&] {
                int one = 1;
                flag.compare_exchange_strong(one, 2, k_rlx, k_rlx);
            });
            if (flag.load(k_acq) == 2) require(data.get() == 1, "published");
            w.join();
            m.join();
        },
        5);
}

TEST_CASE("threads that spawn threads", "[counts]") {
    expect_count(
        [] {
            atomic_int x(0);
            thread a([&] {
                thread c([&] { x.fetch_add(1, k_rlx); });
                x.fetch_add(1, k_rlx);
                c.join();
            });
            thread b([&] {
                thread d([&] { x.fetch_add(1, k_rlx); });
                d.join();
            });
            a.join();
            b.join();
            require(x.load(k_rlx) == 3);
        },
        6);
}

TEST_CASE("every order is there for operations of a pointer", "[counts]") {
    expect_count(
        [] {
            std::array<int, 4> cells{};
            sync::explored::atomic<int*> p(cells.data());
            require(p.fetch_add(3, k_rlx) == cells.data());
            require(p.fetch_sub(1, k_rlx) == cells.data() + 3);
            require(p.load(k_rlx) == cells.data() + 2);
            sync::explored::atomic<std::uint8_t> small(250);
            small.fetch_add(10, k_rlx);
            require(small.load(k_rlx) == 4, "it wraps as its type does");
            sync::explored::atomic<int> negative(-1);
            require(negative.fetch_sub(1, k_rlx) == -1);
            require(negative.fetch_and(-4, k_rlx) == -2);
            require(negative.load(k_rlx) == -4);
        },
        1);
}

}  // namespace cyclone::model::test
