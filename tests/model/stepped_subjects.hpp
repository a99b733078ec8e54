#pragma once
// Small structures over a sync policy, right ones and seeded ones, for the tests of the second
// engine, of the progress classifier and of the coherence counter. They are what the checkers are
// tried on and no library: bounded, of numbers, with the algorithm bare.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "model/subject.hpp"

namespace cyclone::model::steps::test {

using sync::stepped;
constexpr auto k_rlx = std::memory_order_relaxed;
constexpr auto k_acq = std::memory_order_acquire;
constexpr auto k_rel = std::memory_order_release;
constexpr auto k_acq_rel = std::memory_order_acq_rel;
constexpr auto k_sc = std::memory_order_seq_cst;

/// A ring under a mutex: blocking, whoever holds it.
template <class Sync, std::size_t Cells = 4>
class mutex_ring {
 public:
    outcome push(std::uint64_t item) {
        lock_.lock();
        const bool fits = tail_.get() - head_.get() < Cells;
        if (fits) {
            cells_[tail_.get() % Cells].set(item);
            tail_.set(tail_.get() + 1);
        }
        lock_.unlock();
        return fits ? outcome::done : outcome::refused;
    }
    outcome pop(std::uint64_t& item) {
        lock_.lock();
        const bool any = head_.get() != tail_.get();
        if (any) {
            item = cells_[head_.get() % Cells].get();
            head_.set(head_.get() + 1);
        }
        lock_.unlock();
        return any ? outcome::done : outcome::refused;
    }

 private:
    typename Sync::mutex lock_;
    typename Sync::template var<std::uint64_t> head_, tail_;
    std::array<typename Sync::template var<std::uint64_t>, Cells> cells_;
};

/// Lamport's ring: one producer, one consumer, nobody waits.
template <class Sync, std::size_t Cells = 4>
class lamport_ring {
 public:
    outcome push(std::uint64_t item) {
        const std::uint64_t tail = tail_.load(k_rlx);
        if (tail - head_.load(k_acq) == Cells) return outcome::refused;
        cells_[tail % Cells].set(item);
        tail_.store(tail + 1, k_rel);
        return outcome::done;
    }
    outcome pop(std::uint64_t& item) {
        const std::uint64_t head = head_.load(k_rlx);
        if (tail_.load(k_acq) == head) return outcome::refused;
        item = cells_[head % Cells].get();
        head_.store(head + 1, k_rel);
        return outcome::done;
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    alignas(
        k_no_false_sharing) std::array<typename Sync::template var<std::uint64_t>, Cells> cells_;
};

/// The same with each side's last look at the other's index kept on its own line.
template <class Sync, std::size_t Cells = 4>
class cached_ring {
 public:
    outcome push(std::uint64_t item) {
        const std::uint64_t tail = tail_.load(k_rlx);
        if (tail - seen_head_.get() == Cells) {
            seen_head_.set(head_.load(k_acq));
            if (tail - seen_head_.get() == Cells) return outcome::refused;
        }
        cells_[tail % Cells].set(item);
        tail_.store(tail + 1, k_rel);
        return outcome::done;
    }
    outcome pop(std::uint64_t& item) {
        const std::uint64_t head = head_.load(k_rlx);
        if (seen_tail_.get() == head) {
            seen_tail_.set(tail_.load(k_acq));
            if (seen_tail_.get() == head) return outcome::refused;
        }
        item = cells_[head % Cells].get();
        head_.store(head + 1, k_rel);
        return outcome::done;
    }

    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> head_;
    typename Sync::template var<std::uint64_t> seen_tail_;
    alignas(k_no_false_sharing) typename Sync::template atomic<std::uint64_t> tail_;
    typename Sync::template var<std::uint64_t> seen_head_;
    alignas(
        k_no_false_sharing) std::array<typename Sync::template var<std::uint64_t>, Cells> cells_;
};

/// Vyukov's list: a push swaps the end, then links; between the two a pop can see that something is
/// there, and cannot reach it.
template <class Sync>
class vyukov_mpsc {
    struct node {
        typename Sync::template atomic<node*> next;
        typename Sync::template var<std::uint64_t> item;
    };

 public:
    vyukov_mpsc() {
        node* const stub = Sync::template make<node>();
        first_.set(stub);
        last_.store(stub, k_rlx);
    }
    ~vyukov_mpsc() {
        for (node* n = first_.get(); n != nullptr;) {
            node* const next = n->next.load(k_acq);
            Sync::dispose(n);
            n = next;
        }
    }
    vyukov_mpsc(const vyukov_mpsc&) = delete;
    vyukov_mpsc& operator=(const vyukov_mpsc&) = delete;

    outcome push(std::uint64_t item) {
        node* const n = Sync::template make<node>();
        n->item.set(item);
        node* const before = last_.exchange(n, k_acq_rel);
        before->next.store(n, k_rel);
        return outcome::done;
    }
    outcome pop(std::uint64_t& item) {
        node* const first = first_.get();
        node* const next = first->next.load(k_acq);
        if (next == nullptr)
            return last_.load(k_acq) == first ? outcome::refused : outcome::would_block;
        item = next->item.get();
        first_.set(next);
        Sync::dispose(first);
        return outcome::done;
    }

 private:
    typename Sync::template atomic<node*> last_;
    typename Sync::template var<node*> first_;
};

/// Vyukov's ring of cells with a number each: who has taken a number and stops keeps its cell, and
/// everybody finds the ring full or empty there.
template <class Sync, std::size_t Cells = 4>
class vyukov_mpmc {
    struct cell {
        typename Sync::template atomic<std::uint64_t> turn;
        typename Sync::template var<std::uint64_t> item;
    };

 public:
    vyukov_mpmc() {
        for (std::uint64_t i = 0; i < Cells; ++i) cells_[i].turn.store(i, k_rlx);
    }
    outcome push(std::uint64_t item) {
        std::uint64_t at = tail_.load(k_rlx);
        for (;;) {
            const std::uint64_t turn = cells_[at % Cells].turn.load(k_acq);
            if (turn < at) return outcome::refused;
            if (turn > at) {
                at = tail_.load(k_rlx);
            } else if (tail_.compare_exchange_weak(at, at + 1, k_rlx, k_rlx)) {
                break;
            }
        }
        cells_[at % Cells].item.set(item);
        cells_[at % Cells].turn.store(at + 1, k_rel);
        return outcome::done;
    }
    outcome pop(std::uint64_t& item) {
        std::uint64_t at = head_.load(k_rlx);
        for (;;) {
            const std::uint64_t turn = cells_[at % Cells].turn.load(k_acq);
            if (turn < at + 1) return outcome::refused;
            if (turn > at + 1) {
                at = head_.load(k_rlx);
            } else if (head_.compare_exchange_weak(at, at + 1, k_rlx, k_rlx)) {
                break;
            }
        }
        item = cells_[at % Cells].item.get();
        cells_[at % Cells].turn.store(at + Cells, k_rel);
        return outcome::done;
    }

 private:
    typename Sync::template atomic<std::uint64_t> head_, tail_;
    std::array<cell, Cells> cells_;
};

/// Treiber's stack of numbered nodes; the top carries a tag that every change raises. Without the
/// tag a pop can succeed although the stack has changed and changed back (ABA).
template <class Sync, bool Tagged = true, std::size_t Nodes = 4>
class treiber_stack {
 public:
    static constexpr std::uint32_t k_none = 0;

    /// Nodes 1 to n lie on the stack, 1 on top.
    explicit treiber_stack(std::uint32_t n) {
        for (std::uint32_t i = 1; i <= n; ++i) below_[i - 1].store(i == n ? k_none : i + 1, k_rlx);
        top_.store(n == 0 ? k_none : 1, k_rlx);
    }
    void push(std::uint32_t node) {
        std::uint64_t top = top_.load(k_rlx);
        do {
            below_[node - 1].store(node_of(top), k_rlx);
        } while (!top_.compare_exchange_weak(top, next(top, node), k_rel, k_rlx));
    }
    std::uint32_t pop() {
        std::uint64_t top = top_.load(k_acq);
        while (node_of(top) != k_none) {
            const std::uint32_t below = below_[node_of(top) - 1].load(k_rlx);
            if (top_.compare_exchange_weak(top, next(top, below), k_acq, k_acq)) break;
        }
        return node_of(top);
    }

 private:
    static std::uint32_t node_of(std::uint64_t top) { return static_cast<std::uint32_t>(top); }
    static std::uint64_t next(std::uint64_t top, std::uint32_t node) {
        return Tagged ? ((top >> 32) + 1) << 32 | node : node;
    }

    typename Sync::template atomic<std::uint64_t> top_;
    std::array<typename Sync::template atomic<std::uint32_t>, Nodes> below_;
};

/// A number that threads raise by compare-exchange: lock-free, and no more.
template <class Sync>
class cas_counter {
 public:
    void next() {
        std::uint64_t seen = number_.load(k_rlx);
        while (!number_.compare_exchange_weak(seen, seen + 1, k_rlx, k_rlx)) {
        }
    }

 private:
    typename Sync::template atomic<std::uint64_t> number_;
};

/// A number under a lock that spins; Pauses says whether it tells so. Its author calls it
/// lock-free.
template <class Sync, bool Pauses>
class spin_counter {
 public:
    static constexpr bool k_lock_free = true;  // what is claimed

    void next() {
        while (held_.exchange(1, k_acq) != 0)
            if constexpr (Pauses) Sync::pause();
        number_.set(number_.get() + 1);
        held_.store(0, k_rel);
    }

 private:
    typename Sync::template atomic<int> held_;
    typename Sync::template var<std::uint64_t> number_;
};

/// Two threads that each put a flag up before they go on, and draw back when the other's is up.
template <class Sync>
class polite_pair {
 public:
    void next(std::uint32_t me) {
        for (;;) {
            up_[me].store(1, k_sc);
            if (up_[1 - me].load(k_sc) == 0) break;
            up_[me].store(0, k_sc);
        }
        number_.fetch_add(1, k_rlx);
        up_[me].store(0, k_sc);
    }

 private:
    std::array<typename Sync::template atomic<int>, 2> up_;
    typename Sync::template atomic<std::uint64_t> number_;
};

/// Two threads that each mark two words, in opposite order, and are through when both still bear
/// their mark: alone always, step by step together never.
template <class Sync>
class two_marks {
 public:
    void next(std::uint32_t me) {
        const int mark = static_cast<int>(me) + 1;
        do {
            words_[me].store(mark, k_sc);
            words_[1 - me].store(mark, k_sc);
        } while (words_[me].load(k_sc) != mark || words_[1 - me].load(k_sc) != mark);
    }

 private:
    std::array<typename Sync::template atomic<int>, 2> words_;
};

/// Subjects: threads below `producers` push, the others pop.
template <class Queue>
subject_maker queue_subject(std::uint32_t producers) {
    return [producers] {
        auto queue = placed<Queue>();
        return subject{
            .object = queue,
            .operate =
                [queue, producers](std::uint32_t thread, std::uint64_t number) {
                    if (thread < producers) return queue->push(number);
                    std::uint64_t item = 0;
                    return queue->pop(item);
                },
            .name = [producers](std::uint32_t thread,
                                std::uint64_t) { return thread < producers ? "push" : "pop"; },
            .ranges = {}};
    };
}

template <class Counter>
subject_maker counter_subject() {
    return [] {
        auto counter = placed<Counter>();
        return subject{.object = counter,
                       .operate =
                           [counter](std::uint32_t, std::uint64_t) {
                               counter->next();
                               return outcome::done;
                           },
                       .name = [](std::uint32_t, std::uint64_t) { return "next"; },
                       .ranges = {}};
    };
}

/// Each thread takes a node and gives it back, in turns.
template <bool Tagged>
subject_maker treiber_subject() {
    struct state {
        treiber_stack<stepped, Tagged> stack{4};
        std::array<std::uint32_t, 8> mine{};
    };
    return [] {
        auto s = placed<state>();
        return subject{
            .object = s,
            .operate =
                [s](std::uint32_t thread, std::uint64_t number) {
                    std::uint32_t& mine = s->mine[thread];
                    if (number % 2 == 0) {
                        mine = s->stack.pop();
                        return mine == 0 ? outcome::refused : outcome::done;
                    }
                    if (mine == 0) return outcome::refused;
                    s->stack.push(mine);
                    mine = 0;
                    return outcome::done;
                },
            .name = [](std::uint32_t,
                       std::uint64_t number) { return number % 2 == 0 ? "pop" : "push"; },
            .ranges = {}};
    };
}

}  // namespace cyclone::model::steps::test
