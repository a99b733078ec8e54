// The choices: what a new read reads from, where a new write stands, and which earlier reads may
// have read it. What is not taken in place goes to the stack as a graph of its own.

#include <algorithm>

#include "model/consistency_naive.hpp"
#include "model/engine.hpp"
#include "model/mutants.hpp"

namespace cyclone::model {

// g_ and known_ hold the candidate; says whether it is consistent, by the check that is asked for.
bool explorer::admits(bool coherent, bool newest) {
    ++result_.checks;
    if (fast_only()) return coherent && (newest || known_.psc_acyclic(g_));
    const std::string broken = inconsistency(g_, how_.sequences);
    if (how_.naive) return broken.empty();
    const bool fast = coherent && (newest || known_.psc_acyclic(g_));
    if (fast == broken.empty()) return fast;
    raise(fault::inconsistent, "the two checks differ: the fast one says " +
                                   std::string(fast       ? "consistent"
                                               : coherent ? "psc"
                                                          : "coherence or atomicity") +
                                   ", the naive one " + (broken.empty() ? "consistent" : broken));
}

std::size_t explorer::select(std::size_t count) {
    return random_ && count > 1 ? draw_.uniform(count) : 0;
}

event explorer::read_label(std::uint32_t t, const candidate& c) const {
    const detail::request& q = *tasks_[t].posted;
    event e = label(t);
    e.what = kind::read;
    e.how = c.spurious ? access::failed : c.what.how;
    e.order = c.spurious ? order_of(q, true) : c.what.order;
    e.value = g_[c.from].value;
    e.from = c.from;
    return e;
}

bool explorer::admits_source(std::uint32_t t, const candidate& c, bool coherent) {
    if (fast_only() && !coherent) return false;
    if (fast_only() && c.newest) {
        ++result_.checks;
        return true;
    }
    const event_id id = next_id(t);
    const consistency::knowledge before = known_.knows(t);
    g_.threads[t].push_back(read_label(t, c));
    known_.add(g_, id);
    const bool admitted = admits(coherent, c.newest);
    known_.remove(g_, id, before);
    g_.threads[t].pop_back();
    return admitted;
}

// Newest first: that is what is taken in place, and the first execution looks like an ordinary one.
void explorer::collect_sources(std::uint32_t t, std::int32_t slot) {
    const detail::request& q = *tasks_[t].posted;
    const auto& writes = g_.orders[static_cast<std::size_t>(known_.at(slot).order)].writes;
    const event_id bound = known_.newest(g_, known_.knows(t).hb, slot);
    std::int32_t least = bound == k_no_event ? 0 : known_.position(g_, bound);
    if (how_.mutant == bug::k_read_coherence) least = 0;
    candidates_.clear();
    for (std::size_t p = writes.size(); p-- > 0;) {
        candidate c;
        c.from = writes[p];
        c.newest = p + 1 == writes.size();
        c.what = judge_value(q, g_[c.from].value);
        const bool coherent = static_cast<std::int32_t>(p) >= least;
        const bool stale_failure =
            q.what == detail::ask::compare && c.what.how == access::failed && !c.newest;
        if (c.what.blocks && !c.newest) continue;
        if (stale_failure && how_.mutant == bug::k_stale_compare) continue;
        const bool rmw = c.what.how == access::rmw;
        // Without revisits nobody would make room for a second read-modify-write.
        if (random_ && rmw && !c.newest && g_[writes[p + 1]].how == access::rmw) continue;
        if (admits_source(t, c, coherent)) candidates_.push_back(c);
        if (!rmw || !may_fail(t, q)) continue;
        c.spurious = true;
        if (admits_source(t, c, coherent)) candidates_.push_back(c);
    }
}

explorer::did explorer::choose_read(std::uint32_t t, std::int32_t slot) {
    collect_sources(t, slot);
    if (scripted_) {
        const script_step& s = script_[script_at_];
        const bool failed = s.what == script_step::kind_of::failed;
        std::erase_if(candidates_, [&](const candidate& c) {
            return c.from != s.from || failed != (c.spurious || c.what.how == access::failed);
        });
        if (candidates_.empty()) {
            raise(fault::inconsistent, "replay: step " + std::to_string(script_at_ + 1) +
                                           " cannot read that; the string belongs to another body");
        }
    }
    if (candidates_.empty()) return did::dropped;
    const std::size_t chosen = select(candidates_.size());
    const event_id id = next_id(t);
    tasks_[t].before_wait = known_.knows(t);
    candidate c = candidates_[chosen];
    event e = read_label(t, c);
    append(t, e);
    if (!random_ && !scripted_) {
        for (std::size_t i = 0; i < candidates_.size(); ++i) {
            if (i == chosen) continue;
            event other = read_label(t, candidates_[i]);
            other.stamp = e.stamp;
            g_[id] = other;
            push({g_, id, false, candidates_[i].spurious, false, true, true, stamp_});
        }
        g_[id] = e;
    }
    known_.add(g_, id);
    check_conflicts(id);
    if (c.spurious) {
        c.what.how = access::failed;
        tasks_[t].spurious.push_back(id.index);
    }
    return finish_read(t, c.what, id);
}

// Nothing may come between a read-modify-write and what it read. `writes` is mo without w.
bool explorer::place_is_atomic(const graph& g, const std::vector<event_id>& writes, event_id w,
                               std::size_t place) const {
    const bool rmw = g[w].how == access::rmw;
    if (rmw && writes[place - 1] != g[{w.thread, w.index - 1}].from) return false;
    if (how_.mutant == bug::k_atomicity) return true;
    return place == writes.size() || g[writes[place]].how != access::rmw;
}

void explorer::collect_places(event_id w, std::int32_t slot, std::int32_t newest) {
    const auto& writes = g_.orders[static_cast<std::size_t>(known_.at(slot).order)].writes;
    places_.clear();
    for (std::size_t p = writes.size(); p > 0; --p) {
        const bool last = p == writes.size();
        const bool in_order = static_cast<std::int32_t>(p) > newest;
        const bool fits = (in_order || how_.mutant == bug::k_write_coherence) &&
                          place_is_atomic(g_, writes, w, p);
        if (fast_only() && !fits) continue;
        if (fast_only() && last) {
            ++result_.checks;
            places_.push_back(p);
            continue;
        }
        known_.place(g_, w, slot, p);
        if (admits(fits, last)) places_.push_back(p);
        known_.displace(g_, w, slot);
    }
}

explorer::did explorer::choose_write(std::uint32_t t, event e, std::int32_t slot) {
    const event_id w = next_id(t);
    const event_id bound = known_.newest(g_, known_.knows(t).hb, slot);
    const std::int32_t newest = bound == k_no_event ? -1 : known_.position(g_, bound);
    append(t, e);
    known_.add(g_, w);
    collect_places(w, slot, newest);
    if (scripted_) {
        std::erase_if(places_, [&](std::size_t p) { return p != script_[script_at_].number; });
        if (places_.empty()) {
            raise(fault::inconsistent, "replay: step " + std::to_string(script_at_ + 1) +
                                           " cannot write there; the string belongs to another "
                                           "body");
        }
    }
    const std::size_t chosen = select(places_.size());
    if (!random_ && !scripted_) {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            if (i == chosen) continue;
            known_.place(g_, w, slot, places_[i]);
            push({g_, k_no_event, false, false, false, true, true, stamp_});
            known_.displace(g_, w, slot);
        }
        revisit(w, slot);
    }
    if (places_.empty()) return did::dropped;
    known_.place(g_, w, slot, places_[chosen]);
    check_conflicts(w);
    if (random_) wake_readers(e.where);
    return did::done;
}

void explorer::revisit(event_id w, std::int32_t slot) {
    if (how_.mutant == bug::k_revisits) return;
    const vector_clock& prefix = known_.of(w).porf;
    for (const event_id r : known_.at(slot).accesses) {
        if (g_[r].what != kind::read || prefix.covers(r) || !may_revisit(r, w)) continue;
        push_revisits(r, w, slot);
    }
}

// Whether all that a revisit takes away, and the read itself, is as the maximal extension has it:
// the one graph of all those with the same rest in which this revisit takes place.
bool explorer::may_revisit(event_id r, event_id w) const {
    if (how_.mutant == bug::k_maximality) return true;
    if (!maximal(r, w)) return false;
    const vector_clock& prefix = known_.of(w).porf;
    const std::uint64_t since = g_[r].stamp;
    for (std::uint32_t t = 0; t < g_.threads.size(); ++t) {
        const auto& events = g_.threads[t];
        const auto kept = static_cast<std::size_t>(prefix.at[t]);
        for (std::size_t i = events.size(); i > kept && events[i - 1].stamp > since; --i) {
            if (!maximal({t, static_cast<std::uint32_t>(i - 1)}, w)) return false;
        }
    }
    return true;
}

bool explorer::maximal(event_id e, event_id w) const {
    const event& x = g_[e];
    if (x.what != kind::read && x.what != kind::write) return true;
    const vector_clock& prefix = known_.of(w).porf;
    const auto previous = [&](event_id id) {
        return g_[id].stamp <= x.stamp || (id != w && prefix.covers(id));
    };
    const auto& slot = known_.at(known_.of(e).slot);
    if (x.what == kind::read) {
        const auto& failed = tasks_[e.thread].spurious;
        if (std::find(failed.begin(), failed.end(), e.index) != failed.end()) return false;
    } else {
        for (const event_id r : slot.accesses) {
            if (g_[r].what == kind::read && g_[r].from == e && previous(r)) return false;
        }
    }
    const auto& writes = g_.orders[static_cast<std::size_t>(slot.order)].writes;
    for (auto p = static_cast<std::size_t>(known_.position(g_, e)) + 1; p < writes.size(); ++p) {
        if (previous(writes[p])) return false;
    }
    return true;
}

// What was there when r was added, and what w depends on; r reads w. mo is still without w.
graph explorer::restricted(event_id r, event_id w) const {
    const vector_clock& prefix = known_.of(w).porf;
    const std::uint64_t since = g_[r].stamp;
    graph s;
    s.threads.resize(g_.threads.size());
    for (std::uint32_t t = 0; t < g_.threads.size(); ++t) {
        const auto& events = g_.threads[t];
        auto kept = static_cast<std::size_t>(prefix.at[t]);
        while (kept < events.size() && events[kept].stamp <= since) ++kept;
        s.threads[t].assign(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(kept));
    }
    const auto here = [&](event_id id) { return id.index < s.threads[id.thread].size(); };
    s.orders.reserve(g_.orders.size());
    for (const location_order& o : g_.orders) {
        if (!here(o.writes.front())) continue;
        s.orders.push_back({o.where, {}});
        for (const event_id each : o.writes) {
            if (here(each)) s.orders.back().writes.push_back(each);
        }
    }
    s[r].from = w;
    s[r].value = s[w].value;
    return s;
}

void explorer::push_revisits(event_id r, event_id w, std::int32_t slot) {
    graph s = restricted(r, w);
    location_order& order = *s.order_of(known_.at(slot).where);
    const std::vector<event_id> writes = order.writes;
    const auto place_of = [&](event_id access) -> std::ptrdiff_t {
        if (access == k_no_event) return -1;
        const event_id source = g_[access].what == kind::read ? g_[access].from : access;
        return std::find(writes.begin(), writes.end(), source) - writes.begin();
    };
    const vector_clock& before_r = known_.of({r.thread, r.index - 1}).hb;
    const vector_clock& before_w = known_.of({w.thread, w.index - 1}).hb;
    std::ptrdiff_t seen_by_r = place_of(known_.newest(g_, before_r, slot));
    std::ptrdiff_t seen_by_w = place_of(known_.newest(g_, before_w, slot));
    if (how_.mutant == bug::k_read_coherence) seen_by_r = -1;
    if (how_.mutant == bug::k_write_coherence) seen_by_w = -1;
    for (std::size_t p = writes.size(); p > 0; --p) {
        const auto place = static_cast<std::ptrdiff_t>(p);
        const bool fits =
            place > seen_by_r && place > seen_by_w && place_is_atomic(s, writes, w, p);
        const bool newest = p == writes.size();
        if (fast_only() && !fits) continue;
        order.writes = writes;
        order.writes.insert(order.writes.begin() + place, w);
        const bool judge = !fast_only() || !newest;
        push({s, r, true, false, judge, fits, newest, stamp_});
    }
}

}  // namespace cyclone::model
