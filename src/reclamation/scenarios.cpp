// The scenarios of the contract, one a semantic: what must come out was written by hand.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <stdexcept>

#include "reclamation/check.hpp"
#include "reclamation/probe.hpp"

namespace cyclone::reclamation {

namespace {

constexpr auto k_relaxed = std::memory_order_relaxed;

/// A domain with some handles, and the words that most scenarios need.
struct stage {
    explicit stage(factory make, unsigned handles = 2,
                   const limits& how = {.participants = 3, .guards = 2})
        : domain(make(how)) {
        for (unsigned i = 0; i < handles; ++i) who.push_back(domain->make_handle());
    }

    /// A new node in a source.
    probe* put(any_source& where) {
        probe* const p = book.make();
        where.store(p, k_relaxed);
        return p;
    }
    /// Takes what a source holds out of it and retires it.
    void replace(unsigned by, any_source& where, any_node* next = nullptr) {
        book.retire(*who[by], where.exchange(next, k_relaxed));
    }
    /// As many rounds of S5 as the variant needs; the handle `holder` does not rest, it holds.
    void settle(unsigned by, unsigned holder = k_nobody) {
        for (unsigned round = 0; round < domain->declared().rounds; ++round) {
            for (unsigned i = 0; i < who.size(); ++i) {
                if (i != holder && who[i] != nullptr) who[i]->rest();
            }
            who[by]->flush();
        }
    }

    [[nodiscard]] bool frees() const { return domain->declared().frees; }

    static constexpr unsigned k_nobody = ~0U;
    probe_book book;
    std::unique_ptr<any> domain;
    std::vector<std::unique_ptr<any_handle>> who;
};

/// `holds`, or the words.
finding unless(bool holds, const char* words) { return holds ? finding{} : finding(words); }

/// The first of several findings.
finding first_of(std::initializer_list<finding> all) {
    for (const finding& one : all) {
        if (!one.empty()) return one;
    }
    return {};
}

finding what_protect_returns(factory make) {
    stage s(make);
    any_source from;
    const auto guard = s.who[0]->make_guard();
    const bool null = guard->protect(from) == nullptr;
    probe* const first = s.put(from);
    const bool saw_first = guard->protect(from) == first;
    probe* const second = s.put(from);
    const bool saw_second = guard->protect(from) == second;
    return unless(null && saw_first && saw_second, "S1: protect returns what the source holds not");
}

finding held_by_another(factory make) {
    stage s(make);
    any_source from;
    probe* const node = s.put(from);
    const auto guard = s.who[0]->make_guard();
    static_cast<void>(guard->protect(from));
    s.replace(1, from);
    s.settle(1, 0);
    const finding early = unless(node->disposed == 0, "S1: disposed of while a guard held it");
    guard->release();
    s.settle(1);
    return first_of({early, unless(node->disposed == (s.frees() ? 1U : 0U),
                                   "S5: not disposed of after the guard gave it up")});
}

/// On every place and guard that there is: the last one too.
finding held_by_all(factory make) {
    const limits how{.participants = 3, .guards = 2};
    stage s(make, how.participants, how);
    std::array<any_source, 6> from;
    std::vector<std::unique_ptr<any_guard>> guards;
    for (std::size_t i = 0; i < from.size(); ++i) {
        s.put(from[i]);
        guards.push_back(s.who[i / how.guards]->make_guard());
        static_cast<void>(guards[i]->protect(from[i]));
    }
    for (unsigned i = 0; i < from.size(); ++i) s.replace(i % how.participants, from[i]);
    for (const auto& handle : s.who) handle->flush();
    if (s.book.backlog() != from.size()) return "S1: one of six held nodes was disposed of";
    guards.clear();
    for (unsigned i = 0; i < how.participants; ++i) s.settle(i);
    return unless(s.book.backlog() == (s.frees() ? 0 : from.size()),
                  "S5: a node is kept although all guards have ended");
}

finding own_guard(factory make) {
    stage s(make, 1);
    any_source from;
    probe* const node = s.put(from);
    finding early;
    {
        const auto guard = s.who[0]->make_guard();
        static_cast<void>(guard->protect(from));
        s.replace(0, from);
        s.who[0]->flush();
        early = unless(node->disposed == 0, "S3: disposed of under the caller's own guard");
    }
    s.settle(0);
    return first_of({early, unless(node->disposed == (s.frees() ? 1U : 0U),
                                   "S5: not disposed of after the guard's end")});
}

finding two_guards_of_one_node(factory make) {
    stage s(make);
    any_source from;
    probe* const node = s.put(from);
    const auto one = s.who[0]->make_guard();
    const auto other = s.who[0]->make_guard();
    static_cast<void>(one->protect(from));
    static_cast<void>(other->protect(from));
    s.replace(1, from);
    other->release();
    s.settle(1, 0);
    const finding early = unless(node->disposed == 0, "S1: one of two guards' release freed it");
    one->release();
    s.settle(1);
    return first_of({early, unless(node->disposed == (s.frees() ? 1U : 0U),
                                   "S5: not disposed of after both guards gave it up")});
}

finding two_guards_of_two_nodes(factory make) {
    stage s(make);
    any_source here;
    any_source there;
    probe* const a = s.put(here);
    probe* const b = s.put(there);
    const auto one = s.who[0]->make_guard();
    const auto other = s.who[0]->make_guard();
    static_cast<void>(one->protect(here));
    static_cast<void>(other->protect(there));
    s.replace(1, here);
    s.replace(1, there);
    s.settle(1, 0);
    return unless(a->disposed + b->disposed == 0, "S1: the second guard took the first one's node");
}

finding protect_again(factory make) {
    stage s(make);
    any_source from;
    probe* const first = s.put(from);
    const auto guard = s.who[0]->make_guard();
    static_cast<void>(guard->protect(from));
    probe* const second = s.book.make();
    s.replace(1, from, second);
    static_cast<void>(guard->protect(from));
    s.replace(1, from);
    s.settle(1, 0);
    const bool region = s.domain->declared().reach == protects::region;
    return first_of({unless(second->disposed == 0, "S1: the second protect() holds nothing"),
                     unless(first->disposed == (region ? 0U : 1U),
                            "S2: what the guard held before the second protect() was treated "
                            "otherwise than declared")});
}

/// A chain of two: the guard got to the first, and both go.
finding reach_is_as_declared(factory make) {
    stage s(make);
    any_source head;
    any_source next_of_first;
    probe* const first = s.put(head);
    probe* const second = s.put(next_of_first);
    const auto guard = s.who[0]->make_guard();
    static_cast<void>(guard->protect(head));
    s.replace(1, head);
    s.replace(1, next_of_first);
    s.settle(1, 0);
    const bool region = s.domain->declared().reach == protects::region;
    return first_of(
        {unless(first->disposed == 0, "S1: disposed of while a guard held it"),
         unless(second->disposed == (region ? 0U : 1U), "S2: the reach is not as declared")});
}

finding each_once(factory make) {
    stage s(make);
    any_source from;
    constexpr unsigned k_nodes = 1000;
    s.put(from);
    for (unsigned i = 0; i < k_nodes; ++i) s.replace(i % 2, from, s.book.make());
    s.settle(0);
    s.settle(1);
    for (const probe& p : s.book.all()) {
        if (p.disposed > p.retired) return "S3: disposed of twice, or never retired";
    }
    return unless(s.book.backlog() == (s.frees() ? 0 : k_nodes), "S5: something is kept");
}

finding the_end_disposes(factory make) {
    stage s(make);
    any_source from;
    s.put(from);
    for (unsigned i = 0; i < 100; ++i) s.replace(i % 2, from, s.book.make());
    s.who.clear();
    s.domain.reset();
    for (const probe& p : s.book.all()) {
        if (p.disposed != p.retired) return "S4: the end of the domain did not dispose of it once";
    }
    return {};
}

/// A reader that stands still, and a writer that goes on.
finding backlog_is_as_declared(factory make) {
    stage s(make);
    any_source from;
    probe* const held = s.put(from);
    const auto guard = s.who[0]->make_guard();
    static_cast<void>(guard->protect(from));
    constexpr std::uint64_t k_nodes = 5000;
    std::uint64_t most = 0;
    for (std::uint64_t i = 0; i < k_nodes; ++i) {
        s.replace(1, from, s.book.make());
        if (i % 97 == 0 || i + 1 == k_nodes) most = std::max(most, s.book.backlog());
    }
    s.who[1]->flush();
    if (held->disposed != 0) return "S1: disposed of while a guard held it";
    if (!s.domain->declared().bounded) {
        return unless(s.book.backlog() == k_nodes, "S6: declared unbounded, and it is not");
    }
    return first_of({unless(most <= s.domain->backlog_max(), "S6: more is kept than declared"),
                     unless(s.book.backlog() == 1, "S5: more is kept than the guard holds")});
}

finding left_behind(factory make) {
    stage s(make, 3);
    any_source here;
    any_source there;
    probe* const kept = s.put(here);
    s.put(there);
    const auto guard = s.who[0]->make_guard();
    static_cast<void>(guard->protect(here));
    s.replace(1, here);
    s.replace(1, there);
    s.who[1].reset();  // goes while its node is held
    s.settle(2, 0);
    const finding early = unless(kept->disposed == 0, "S7: a handle went, and took a held node");
    guard->release();
    s.settle(2);
    return first_of({early, unless(s.book.backlog() == (s.frees() ? 0U : 2U),
                                   "S7: what a handle left behind stays")});
}

/// The same, with the place of the handle that went taken by another one.
finding left_to_the_next(factory make) {
    stage s(make, 3);
    any_source from;
    probe* const kept = s.put(from);
    const auto guard = s.who[0]->make_guard();
    static_cast<void>(guard->protect(from));
    s.replace(1, from);
    s.who[1].reset();
    s.settle(2, 0);
    s.who[1] = s.domain->make_handle();
    s.who[1]->flush();
    const finding early = unless(kept->disposed == 0, "S7: a new handle disposed of a held node");
    guard->release();
    s.settle(1);
    s.settle(2);
    return first_of({early, unless(kept->disposed == (s.frees() ? 1U : 0U),
                                   "S7: what a handle left was not disposed of once")});
}

finding places_are_counted(factory make) {
    stage s(make, 3);
    bool refused = false;
    try {
        const auto one_more = s.domain->make_handle();
    } catch (const std::length_error& e) {
        refused = std::string(e.what()).find("3 places") != std::string::npos;
    }
    if (!refused) return "S7: a handle too many is not refused";
    s.who[1].reset();
    s.who[1] = s.domain->make_handle();
    for (int i = 0; i < 100; ++i) {
        s.who[2].reset();
        s.who[2] = s.domain->make_handle();
    }
    return {};
}

/// What a handle's guards held is not held by who gets its place.
finding places_are_clean(factory make) {
    stage s(make);
    any_source from;
    probe* const node = s.put(from);
    { static_cast<void>(s.who[0]->make_guard()->protect(from)); }
    s.replace(1, from);
    s.settle(1);
    const finding kept =
        unless(node->disposed == (s.frees() ? 1U : 0U), "S1: a guard that has ended still holds");
    s.who[0].reset();
    s.who[0] = s.domain->make_handle();
    probe* const next = s.put(from);
    s.replace(1, from);
    s.settle(1);
    return first_of({kept, unless(next->disposed == (s.frees() ? 1U : 0U),
                                  "S7: a new handle holds what the one before held")});
}

finding who_rests_is_as_declared(factory make) {
    stage s(make);
    any_source from;
    probe* const node = s.put(from);
    s.replace(1, from);
    for (unsigned i = 0; i < 10; ++i) s.who[1]->flush();  // the other one is idle
    if (!s.frees()) return {};
    const bool gone = node->disposed == 1;
    if (s.domain->declared().needs_rest == gone)
        return "S8: whether a handle must rest is not as declared";
    s.settle(1);
    return unless(node->disposed == 1, "S8: kept although every handle has rested");
}

finding flush_under_a_guard(factory make) {
    stage s(make);
    any_source from;
    any_source elsewhere;
    probe* const node = s.put(from);
    s.put(elsewhere);
    const auto guard = s.who[0]->make_guard();
    const auto inner = s.who[0]->make_guard();
    static_cast<void>(guard->protect(from));
    static_cast<void>(inner->protect(elsewhere));
    inner->release();
    for (unsigned i = 0; i < 4; ++i) {
        s.who[0]->flush();
        s.settle(1, 0);
    }
    s.replace(1, from);
    for (unsigned i = 0; i < 4; ++i) {
        s.who[0]->flush();
        s.settle(1, 0);
    }
    return unless(node->disposed == 0, "S1: flush() gave up what a guard of its handle holds");
}

/// The writer came late into its epoch, a reader came after it, and found the node.
finding stamped_when_unlinked(factory make) {
    stage s(make, 3);
    any_source from;
    any_source elsewhere;
    probe* const node = s.put(from);
    s.put(elsewhere);
    const auto writer = s.who[0]->make_guard();
    static_cast<void>(writer->protect(elsewhere));
    s.who[2]->flush();
    s.settle(2, 0);
    const auto reader = s.who[1]->make_guard();
    static_cast<void>(reader->protect(from));
    s.replace(0, from);
    s.who[0]->flush();
    writer->release();
    for (unsigned i = 0; i < 3; ++i) {
        s.who[0]->rest();
        s.who[2]->rest();
        s.who[2]->flush();
        s.who[0]->flush();
    }
    return unless(node->disposed == 0, "S1: retired under an old guard, disposed of under a new");
}

finding bad_limits(factory make) {
    const std::array<limits, 4> wrong{{{.participants = 0, .guards = 1},
                                       {.participants = 1, .guards = 0},
                                       {.participants = 1, .guards = limits::k_guards_max + 1},
                                       {.participants = limits::k_participants_max + 1}}};
    for (const limits& how : wrong) {
        try {
            static_cast<void>(make(how));
            return fmt::format("limits of {} participants and {} guards are taken",
                               how.participants, how.guards);
        } catch (const std::invalid_argument&) {
        }
    }
    return {};
}

finding two_domains(factory make) {
    stage s(make);
    stage other(make);
    any_source from;
    probe* const node = s.put(from);
    const auto stranger = other.who[0]->make_guard();
    static_cast<void>(stranger->protect(from));
    s.replace(1, from);
    s.settle(1);
    return unless(node->disposed == (s.frees() ? 1U : 0U), "a guard of another domain holds");
}

constexpr std::array k_scenarios{
    scenario{"S1 protect returns what the source holds", &what_protect_returns},
    scenario{"S1 held by another handle", &held_by_another},
    scenario{"S1 held by every guard of every handle", &held_by_all},
    scenario{"S1 two guards of one node", &two_guards_of_one_node},
    scenario{"S1 two guards of two nodes", &two_guards_of_two_nodes},
    scenario{"S1 flush under a guard", &flush_under_a_guard},
    scenario{"S1 retired under an old guard", &stamped_when_unlinked},
    scenario{"S2 protect again", &protect_again},
    scenario{"S2 the reach is as declared", &reach_is_as_declared},
    scenario{"S3 under the caller's own guard", &own_guard},
    scenario{"S3 a thousand nodes, each once", &each_once},
    scenario{"S4 the end of the domain", &the_end_disposes},
    scenario{"S6 a reader that stands still", &backlog_is_as_declared},
    scenario{"S7 left behind", &left_behind},
    scenario{"S7 left to the next", &left_to_the_next},
    scenario{"S7 as many handles as participants", &places_are_counted},
    scenario{"S7 a place taken again is clean", &places_are_clean},
    scenario{"S8 who rests", &who_rests_is_as_declared},
    scenario{"limits that make no sense", &bad_limits},
    scenario{"two domains", &two_domains},
};

}  // namespace

std::span<const scenario> scenarios() { return k_scenarios; }

}  // namespace cyclone::reclamation
