// Scenarios for the explorer: small programs over a domain, the same templates that ship. A node
// that is disposed of too early shows as a race between its reader and its disposal, or as a use
// after it; one that is lost as a leak. The scenarios need no assertion of their own for that.
//
// What is in each: a reader and a writer, two places of one guard, one or two nodes retired.
// Handles are made before the threads where who gets which place is not the point: it would
// multiply the executions and show nothing.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "base/work.hpp"
#include "model/check.hpp"
#include "model/explored.hpp"
#include "reclamation/reclamation.hpp"

namespace cyclone::reclamation::test {

struct scene_line {
    const char* name;
    void (*body)();
};
using scene_list = std::span<const scene_line>;

/// What the explorer is given of a variant: as it ships, with each of its seeded bugs by number
/// from 1, and with each mistake that its user can make, all of which must be found.
struct scene_book {
    std::string_view variant;
    scene_list sound;
    std::span<const scene_list> mutants;
    scene_list misuses;
};

[[nodiscard]] const scene_book& locked_table_scenes();
[[nodiscard]] const scene_book& hazard_pointers_scenes();
[[nodiscard]] const scene_book& epochs_scenes();
[[nodiscard]] const scene_book& quiescent_scenes();

/// The scenes of a variant as it ships (0) or with a seeded bug; none of what has none here (the
/// oracle, which disposes of nothing, and what is built from elsewhere).
[[nodiscard]] scene_list scenes_of(std::string_view variant, int mutant);

namespace scene {

using sync_policy = sync::explored;
inline constexpr auto k_acq_rel = std::memory_order_acq_rel;
inline constexpr auto k_relaxed = std::memory_order_relaxed;
inline constexpr limits k_small{.participants = 2, .guards = 1};

struct cell : retirable<sync_policy> {
    explicit cell(int v, cell* after = nullptr) : value(v), next(after) {}
    sync_policy::var<int> value;
    sync_policy::var<cell*> next;
};
using source = sync_policy::atomic<cell*>;

/// What a reader does with a node: it must be there, and be what was published.
inline void look_at(cell* got) { model::require(got->value.get() > 0, "a node that was never"); }

template <class V>
void read_once(typename V::handle& me, const source& from) {
    typename V::guard guard(me);
    look_at(guard.protect(from));
}

template <class V>
void replace(typename V::handle& me, source& from, int value) {
    cell* const old = from.exchange(sync_policy::make<cell>(value), k_acq_rel);
    retire(me, old);
}

inline void end(source& from) { sync_policy::dispose(from.load(std::memory_order_acquire)); }

/// One reads what the other one takes away.
template <class V>
void swap() {
    V domain(k_small);
    typename V::handle writes(domain);
    typename V::handle reads(domain);
    source from(sync_policy::make<cell>(1));
    model::thread reader([&] {
        reads.rest();
        read_once<V>(reads, from);
    });
    model::thread writer([&] {
        replace<V>(writes, from, 2);
        writes.flush();
    });
    reader.join();
    writer.join();
    end(from);
}

/// The reader comes twice: what it did the first time must be over before its node goes.
template <class V>
void again() {
    V domain(k_small);
    typename V::handle writes(domain);
    typename V::handle reads(domain);
    source from(sync_policy::make<cell>(1));
    model::thread reader([&] {
        read_once<V>(reads, from);
        reads.rest();
        read_once<V>(reads, from);
    });
    model::thread writer([&] {
        replace<V>(writes, from, 2);
        writes.flush();
    });
    reader.join();
    writer.join();
    end(from);
}

/// The reader goes on from one node to another under the same guard.
template <class V>
void onward() {
    V domain(k_small);
    typename V::handle writes(domain);
    typename V::handle reads(domain);
    source here(sync_policy::make<cell>(1));
    source there(sync_policy::make<cell>(2));
    model::thread reader([&] {
        typename V::guard guard(reads);
        look_at(guard.protect(here));
        look_at(guard.protect(there));
    });
    model::thread writer([&] {
        replace<V>(writes, here, 3);
        writes.flush();
    });
    reader.join();
    writer.join();
    end(here);
    end(there);
}

/// A handle comes, retires what another one reads, and goes; the next one finds what it left.
template <class V>
void leave() {
    V domain(k_small);
    source from(sync_policy::make<cell>(1));
    {
        typename V::handle reads(domain);
        model::thread writer([&] {
            typename V::handle writes(domain);
            replace<V>(writes, from, 2);
        });
        model::thread reader([&] {
            read_once<V>(reads, from);
            reads.rest();
            reads.flush();
        });
        writer.join();
        reader.join();
    }
    end(from);
}

/// Who retires need not be who looks whether the reader lags. For what counts epochs.
template <class V>
void third() {
    V domain({.participants = 3, .guards = 1});
    typename V::handle writes(domain);
    typename V::handle looks(domain);
    typename V::handle reads(domain);
    source from(sync_policy::make<cell>(1));
    model::thread reader([&] {
        reads.rest();
        read_once<V>(reads, from);
    });
    model::thread other([&] { looks.flush(); });
    model::thread writer([&] {
        replace<V>(writes, from, 2);
        writes.flush();
    });
    reader.join();
    other.join();
    writer.join();
    end(from);
}

/// Treiber's pop: the next pointer is read from a node that the other one pops too.
template <class V>
void pop_both() {
    V domain(k_small);
    typename V::handle mine(domain);
    typename V::handle its(domain);
    cell* const bottom = sync_policy::make<cell>(1);
    source head(sync_policy::make<cell>(2, bottom));
    const auto pop = [&](typename V::handle& me) {
        typename V::guard guard(me);
        int got = 0;
        for (;;) {
            cell* top = guard.protect(head);
            if (top == nullptr) return 0;
            cell* const next = top->next.get();
            got = top->value.get();
            if (head.compare_exchange_strong(top, next, k_acq_rel, k_relaxed)) {
                guard.release();
                retire(me, top);
                return got;
            }
        }
    };
    int ours = 0;
    int theirs = 0;
    model::thread one([&] {
        ours = pop(mine);
        mine.rest();
        mine.flush();
    });
    model::thread other([&] {
        theirs = pop(its);
        its.rest();
        its.flush();
    });
    one.join();
    other.join();
    model::require(ours + theirs == 3 && ours > 0 && theirs > 0,
                   "a node was popped twice or never");
}

/// Misuse: handed over while it can still be found.
template <class V>
void retired_before_unlinked() {
    V domain(k_small);
    typename V::handle writes(domain);
    typename V::handle reads(domain);
    source from(sync_policy::make<cell>(1));
    model::thread reader([&] {
        reads.rest();
        read_once<V>(reads, from);
        reads.rest();
    });
    model::thread writer([&] {
        retire(writes, from.load(k_relaxed));
        writes.flush();
        from.store(sync_policy::make<cell>(2), std::memory_order_release);
    });
    reader.join();
    writer.join();
    end(from);
}

/// Misuse: the guard is given up, and then the node is looked at.
template <class V>
void released_before_used() {
    V domain(k_small);
    typename V::handle writes(domain);
    typename V::handle reads(domain);
    source from(sync_policy::make<cell>(1));
    model::thread reader([&] {
        typename V::guard guard(reads);
        cell* const got = guard.protect(from);
        guard.release();
        reads.rest();
        reads.rest();
        look_at(got);
    });
    model::thread writer([&] {
        replace<V>(writes, from, 2);
        writes.flush();
        writes.flush();
    });
    reader.join();
    writer.join();
    end(from);
}

/// The tables of a variant whose scenarios `Scenes<V>::k_all` lists, for its seeded bugs 1 to N.
template <template <class, int, sync::policy> class V, template <class> class Scenes>
struct tables {
    template <int Mutant>
    static constexpr auto& of() noexcept {
        return Scenes<V<no_work, Mutant, sync_policy>>::k_all;
    }
    template <int... Below>
    static constexpr auto all(std::integer_sequence<int, Below...>) {
        return std::array<scene_list, sizeof...(Below)>{scene_list(of<Below + 1>())...};
    }
};

}  // namespace scene
}  // namespace cyclone::reclamation::test
