// Clocks, positions and conflicts; psc has its own file.

#include "model/consistency.hpp"

#include <algorithm>

#include "model/mutants.hpp"
#include "model/trace.hpp"

namespace cyclone::model {
namespace {

bool has_location(const event& e) noexcept { return e.where != k_nowhere; }

bool is_access(const event& e) noexcept { return e.what == kind::read || is_write(e); }

bool is_sc(const event& e) noexcept {
    return e.order == std::memory_order_seq_cst &&
           (e.what == kind::read || e.what == kind::write || e.what == kind::fence);
}

void erase_last(std::vector<event_id>& all, event_id id) {
    const auto found = std::find(all.rbegin(), all.rend(), id);
    if (found != all.rend()) all.erase(std::next(found).base());
}

}  // namespace

void consistency::reset(const graph& g, release_sequences sequences, int mutant) {
    sequences_ = sequences;
    mutant_ = mutant;
    lanes_.resize(std::max(lanes_.size(), g.threads.size()));
    numbers_.resize(lanes_.size());
    for (std::size_t t = 0; t < lanes_.size(); ++t) {
        lane& l = lanes_[t];
        l.all.clear();
        l.all.resize(t < g.threads.size() ? g.threads[t].size() : 0);
        l.latest.clear();
        l.count = 0;
        l.now = {};
        l.parent = k_no_event;
        numbers_[t].clear();
    }
    for (const location_order& o : g.orders) {
        std::int16_t place = 0;
        for (const event_id w : o.writes) lanes_[w.thread].all[w.index].position = place++;
    }
    slots_used_ = 0;
    sc_.clear();
}

std::int32_t consistency::slot_of(location where) const noexcept {
    if (where.thread >= numbers_.size()) return -1;
    const auto& of_thread = numbers_[where.thread];
    return where.number < of_thread.size() ? of_thread[where.number] : -1;
}

void consistency::learn_read(const event& e, knowledge& k) const {
    const facts& source = of(e.from);
    k.porf.join(source.porf);
    if (!source.releases) return;
    k.pending.join(source.release);
    if (acquires(e.order)) k.hb.join(source.release);
}

void consistency::learn_fence(const event& e, knowledge& k) const {
    if (mutant_ == bug::k_fence_sync) return;
    if (acquires(e.order)) k.hb.join(k.pending);
    if (!releases(e.order)) return;
    k.fenced = k.hb;
    k.has_fence = true;
}

// A store releases what its order says, or what the latest release fence before it covered. A
// read-modify-write hands on what it found; in C++11 so does a store of the same thread. Fences
// before an earlier store are before this one too, so only earlier release stores add anything.
void consistency::set_release(const graph& g, event_id id, facts& f) const {
    const event& e = g[id];
    const lane& l = lanes_[id.thread];
    if (releases(e.order)) {
        f.release = f.hb;
        f.releases = true;
    } else if (l.now.has_fence) {
        f.release = l.now.fenced;
        f.releases = true;
    }
    if (e.how == access::rmw && mutant_ != bug::k_release_sequence) {
        const facts& source = of(g[{id.thread, id.index - 1}].from);
        if (source.releases) {
            f.release.join(source.release);
            f.releases = true;
        }
    }
    const bool old = sequences_ == release_sequences::cxx11;
    if (!old && mutant_ != bug::k_old_sequence) return;
    for (std::int32_t i = f.earlier; i >= 0; i = l.all[static_cast<std::size_t>(i)].earlier) {
        const auto index = static_cast<std::uint32_t>(i);
        const event& before = g[{id.thread, index}];
        if (before.what != kind::write || !releases(before.order)) continue;
        f.release.join(l.all[index].hb);
        f.releases = true;
        return;
    }
}

void consistency::note_access(const graph& g, event_id id, facts& f) {
    const event& e = g[id];
    std::int32_t s = slot_of(e.where);
    if (s < 0) {  // an init or a make: the location is new
        s = static_cast<std::int32_t>(slots_used_++);
        if (slots_.size() < slots_used_) slots_.resize(slots_used_);
        slot& fresh = slots_[static_cast<std::size_t>(s)];
        fresh.where = e.where;
        fresh.order = -1;
        fresh.made = id;
        fresh.dropped = k_no_event;
        fresh.accesses.clear();
        for (std::size_t o = 0; o < g.orders.size(); ++o) {
            if (g.orders[o].where == e.where) fresh.order = static_cast<std::int32_t>(o);
        }
        auto& numbers = numbers_[e.where.thread];
        if (numbers.size() <= e.where.number) numbers.resize(e.where.number + 1, -1);
        numbers[e.where.number] = static_cast<std::int16_t>(s);
        for (lane& l : lanes_) l.latest.resize(slots_used_, -1);
    }
    f.slot = static_cast<std::int16_t>(s);
    if (e.what == kind::init) f.position = 0;
    slot& here = slots_[static_cast<std::size_t>(s)];
    here.accesses.push_back(id);
    if (e.what == kind::dispose && here.dropped == k_no_event) here.dropped = id;
    if (!is_access(e)) return;
    auto& latest = lanes_[id.thread].latest[static_cast<std::size_t>(s)];
    f.earlier = latest;
    latest = static_cast<std::int16_t>(id.index);
}

void consistency::add(const graph& g, event_id id) {
    const event& e = g[id];
    const std::size_t threads = (e.what == kind::spawn ? e.child : id.thread) + std::size_t{1};
    if (threads > lanes_.size()) {
        lanes_.resize(threads);
        numbers_.resize(threads);
        for (lane& each : lanes_) each.latest.resize(slots_used_, -1);
    }
    lane& l = lanes_[id.thread];
    if (l.all.size() <= id.index) l.all.resize(id.index + 1);
    l.count = id.index + 1;
    knowledge& k = l.now;
    k.hb.at[id.thread] = k.porf.at[id.thread] = static_cast<std::int16_t>(id.index + 1);
    switch (e.what) {
        case kind::read: learn_read(e, k); break;
        case kind::fence: learn_fence(e, k); break;
        case kind::spawn: lanes_[e.child].parent = id; break;
        case kind::begin:
            if (l.parent == k_no_event) break;
            k.hb.join(of(l.parent).hb);
            k.porf.join(of(l.parent).porf);
            break;
        case kind::join: {
            const lane& child = lanes_[e.child];
            k.hb.join(child.all[child.count - 1].hb);
            k.porf.join(child.all[child.count - 1].porf);
            break;
        }
        default: break;
    }
    facts& f = l.all[id.index];
    f.hb = k.hb;
    f.porf = k.porf;
    f.releases = false;
    f.release = {};
    f.slot = f.earlier = -1;
    if (has_location(e)) note_access(g, id, f);
    if (e.what == kind::write) set_release(g, id, f);
    if (is_sc(e)) sc_.push_back(id);
}

void consistency::remove(const graph& g, event_id id, const knowledge& before) {
    lane& l = lanes_[id.thread];
    const facts& f = l.all[id.index];
    const event& e = g[id];
    if (is_sc(e)) erase_last(sc_, id);
    if (f.slot >= 0) {
        slot& s = slots_[static_cast<std::size_t>(f.slot)];
        erase_last(s.accesses, id);
        if (s.dropped == id) s.dropped = k_no_event;
        if (is_access(e)) l.latest[static_cast<std::size_t>(f.slot)] = f.earlier;
    }
    l.now = before;
    l.count = id.index;
    l.all.resize(id.index);
}

std::int32_t consistency::position(const graph& g, event_id access) const {
    const event& e = g[access];
    return of(e.what == kind::read ? e.from : access).position;
}

event_id consistency::newest(const graph& g, const vector_clock& c, std::int32_t s) const {
    event_id best = k_no_event;
    std::int32_t best_position = -1;
    for (std::uint32_t t = 0; t < lanes_.size(); ++t) {
        const lane& l = lanes_[t];
        std::int32_t i = l.latest[static_cast<std::size_t>(s)];
        while (i >= c.at[t]) i = l.all[static_cast<std::size_t>(i)].earlier;
        if (i < 0) continue;
        const event_id id{t, static_cast<std::uint32_t>(i)};
        const std::int32_t place = position(g, id);
        if (place > best_position) {
            best_position = place;
            best = id;
        }
    }
    return best;
}

void consistency::place(graph& g, event_id w, std::int32_t s, std::size_t position) {
    auto& writes = g.orders[static_cast<std::size_t>(at(s).order)].writes;
    writes.insert(writes.begin() + static_cast<std::ptrdiff_t>(position), w);
    for (std::size_t i = position; i < writes.size(); ++i) {
        lanes_[writes[i].thread].all[writes[i].index].position = static_cast<std::int16_t>(i);
    }
}

void consistency::displace(graph& g, event_id w, std::int32_t s) {
    auto& writes = g.orders[static_cast<std::size_t>(at(s).order)].writes;
    facts& f = lanes_[w.thread].all[w.index];
    const auto from = static_cast<std::size_t>(f.position);
    writes.erase(writes.begin() + f.position);
    f.position = -1;
    for (std::size_t i = from; i < writes.size(); ++i) {
        lanes_[writes[i].thread].all[writes[i].index].position = static_cast<std::int16_t>(i);
    }
}

conflict consistency::conflicts(const graph& g, event_id id) const {
    const event& e = g[id];
    if (!has_location(e)) return {};
    const facts& f = of(id);
    const slot& s = at(f.slot);
    if (e.what == kind::init || e.what == kind::make) return {};
    const bool plain = s.order < 0;
    if (!f.hb.covers(s.made) && !(plain && mutant_ == bug::k_init_race)) {
        return {fault::uninitialised, s.made};
    }
    if (s.dropped != k_no_event && s.dropped != id) {
        return {e.what == kind::dispose ? fault::double_free : fault::use_after_free, s.dropped};
    }
    if (e.what == kind::dispose) {
        for (const event_id other : s.accesses) {
            if (other != id && !f.hb.covers(other)) return {fault::use_after_free, other};
        }
        return {};
    }
    return plain ? plain_conflict(g, id, s) : conflict{};
}

conflict consistency::plain_conflict(const graph& g, event_id id, const slot& s) const {
    const event& e = g[id];
    const facts& f = of(id);
    for (const event_id other : s.accesses) {
        if (other == id || f.hb.covers(other)) continue;
        const kind what = g[other].what;
        if (what == kind::init) continue;  // judged above
        if (e.what == kind::set || what == kind::set) return {fault::race, other};
    }
    return {};
}

order_of_events::order_of_events(const graph& g, release_sequences sequences) {
    known_.reset(g, sequences, bug::k_none);
    for (const event_id id : in_order(g)) known_.add(g, id);
}

}  // namespace cyclone::model
