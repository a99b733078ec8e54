// Requests become events. While a graph is replayed, a request must be what the graph says; beyond
// it, it is added. Nothing is chosen here (choose.cpp).

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "model/engine.hpp"
#include "model/pool.hpp"

namespace cyclone::model {
namespace {

using detail::ask;
using detail::request;

constexpr std::uint32_t k_events_of_thread_max = 32'000;  // clocks count in 16 bits
constexpr std::uint32_t k_pauses_max = 1U << 16;
constexpr const char* k_waiters = "waiters";

kind kind_of(ask what) {
    switch (what) {
        case ask::init: return kind::init;
        case ask::drop:
        case ask::dispose: return kind::dispose;
        case ask::store: return kind::write;
        case ask::fence: return kind::fence;
        case ask::get: return kind::get;
        case ask::set: return kind::set;
        case ask::make: return kind::make;
        case ask::spawn: return kind::spawn;
        case ask::begin: return kind::begin;
        case ask::end: return kind::end;
        case ask::join: return kind::join;
        case ask::call: return kind::call;
        case ask::back: return kind::back;
        default: return kind::read;
    }
}

bool same_site(const std::source_location& a, const std::source_location& b) noexcept {
    return a.line() == b.line() && a.column() == b.column() &&
           (a.file_name() == b.file_name() || std::strcmp(a.file_name(), b.file_name()) == 0);
}

}  // namespace

void explorer::start(std::uint32_t t) {
    tasks_[t].is = stage::ready;
    pool_.fibers[t].reset([this, t] { run_thread(t); });
    advance(t);
}

void explorer::run_thread(std::uint32_t t) {
    request begin;
    begin.what = ask::begin;
    detail::perform(begin);
    std::string
        thrown;  // said once the handler is left: a fiber dropped inside loses what it holds
    try {
        if (t == 0) {
            body_();
        } else {
            (*tasks_[t].body)();
            delete tasks_[t].body;
        }
    } catch (const std::exception& e) {
        thrown = std::string("the body threw: ") + e.what();
    } catch (...) {
        thrown = "the body threw something";
    }
    if (!thrown.empty()) detail::fail_with(fault::requirement, thrown.c_str(), {});
    request end;
    end.what = ask::end;
    detail::perform(end);
}

void explorer::post(request& r) {
    tasks_[running_].posted = &r;
    fiber::yield_to_owner();
}

// On to the next request that is an event.
void explorer::advance(std::uint32_t t) {
    for (;;) {
        tasks_[t].posted = nullptr;
        running_ = t;
        body_memory() = {&arena_, t, &arena_};
        pool_.fibers[t].resume();
        body_memory().from = nullptr;
        if (pool_.fibers[t].finished()) return;
        if (!answer(t, *tasks_[t].posted)) return;
    }
}

// Requests that are no events are answered at once. False: it is one, or the thread waits now.
bool explorer::answer(std::uint32_t t, request& q) {
    switch (q.what) {
        case ask::pause:
            if (!turn_is_idle(t, q)) return true;
            // Drawing at random, who looks again may see what is newer already.
            if (random_ && !sees_newest(t, tasks_[t].turn_index)) return true;
            block(t, reason::turn, tasks_[t].turn_index);
            return false;
        case ask::assume: block(t, reason::assumption, known_.added(t)); return false;
        case ask::queue_of: answer_queue(q); return true;
        case ask::precedes: answer_precedes(q); return true;
        case ask::fence: note_site(q); return order_of(q, false) == std::memory_order_relaxed;
        case ask::fail: {
            std::string message = q.text;
            if (q.site.line() != 0) message += " (" + site_text(q.site) + ")";
            raise(q.kind, message);
        }
        default: return false;
    }
}

// The queue of an atomic is the location made right after it, if it was made.
location explorer::queue_after(location where) const {
    const location next{where.thread, where.number + 1};
    const std::int32_t slot = known_.slot_of(next);
    return slot >= 0 && g_[known_.at(slot).made].name == k_waiters ? next : k_nowhere;
}

void explorer::answer_queue(request& q) {
    const location queue = queue_after(q.where);
    if (queue == k_nowhere) {
        pool_.add_queue(g_[known_.at(slot_for(q)).made].site);
        throw restart{};
    }
    q.where = queue;
}

void explorer::answer_precedes(request& q) {
    event_id first = k_no_event;
    event_id second = k_no_event;
    for (std::uint32_t t = 0; t < g_.threads.size(); ++t) {
        for (std::uint32_t i = 0; i < known_.added(t); ++i) {
            const event& e = g_.threads[t][i];
            if (e.what == kind::back && e.value == q.value) first = {t, i};
            if (e.what == kind::call && e.value == q.expected) second = {t, i};
        }
    }
    q.success = first != k_no_event && second != k_no_event && known_.of(second).hb.covers(first);
}

// Whether the turn of a loop that ends here did what the turn before it did. If so, what the loop
// waits for has not come, and the thread waits on the reads of this turn.
bool explorer::turn_is_idle(std::uint32_t t, const request& q) {
    task& k = tasks_[t];
    const std::uint32_t now = known_.added(t);
    const turn before = k.latest_turn;
    const bool follows = before.known && same_site(before.site, q.site);
    if (follows && before.end == now) {  // two pauses in a row: one, but not for ever
        if (++k.pauses < k_pauses_max) return false;
        raise(fault::too_long, "a loop pauses and looks at nothing (" + site_text(q.site) + ")");
    }
    k.pauses = 0;
    const std::uint32_t size = follows ? now - before.end : 0;
    // Where the first turn began is not known: it is as long as the second, if it was like it.
    bool idle = follows && before.end >= size && (before.first || before.size == size);
    for (std::uint32_t i = 0; idle && i < size; ++i) {
        idle = same_step(t, before.end - size + i, before.end + i);
    }
    k.latest_turn = {q.site, now, size, !follows, true};
    k.turn_index = now - size;
    return idle;
}

bool explorer::same_step(std::uint32_t t, std::uint32_t earlier, std::uint32_t later) const {
    const event& a = g_.threads[t][earlier];
    const event& b = g_.threads[t][later];
    if (a.what != b.what || a.how != b.how || a.where != b.where || !same_site(a.site, b.site)) {
        return false;
    }
    if (a.what == kind::fence || a.what == kind::get) return true;
    if (a.what == kind::write) return a.how == access::rmw && a.value == b.value;
    if (a.what != kind::read) return false;
    if (a.how != access::rmw) return a.from == b.from;
    // A read-modify-write that left what it found, and found the same again, from whomever: where
    // two wait by exchanges, each reads what the other has left, for ever.
    const event& left = g_.threads[t][earlier + 1];
    return left.value == a.value && b.value == a.value;
}

void explorer::block(std::uint32_t t, reason why, std::uint32_t from) {
    task& k = tasks_[t];
    event e;
    e.what = kind::block;
    e.site = k.posted->site;
    if (why != reason::value) k.before_wait = known_.knows(t);
    k.waits = why;
    k.waits_from = from;
    commit(t, e);
    k.is = stage::blocked;
}

// Drawing at random there are no revisits: a thread that waits looks again at each new write.
void explorer::wake_readers(location where) {
    for (std::uint32_t t = 0; t < k_threads_max; ++t) {
        task& k = tasks_[t];
        if (k.is != stage::blocked || k.waits == reason::assumption) continue;
        auto& events = g_.threads[t];
        const auto reads = [&](const event& e) { return e.what == kind::read && e.where == where; };
        if (std::none_of(events.begin() + k.waits_from, events.end(), reads)) continue;
        const std::size_t gone = k.waits == reason::value ? 2 : 1;  // the read is taken back too
        for (std::size_t i = 0; i < gone; ++i, --events_) {
            const auto last = static_cast<std::uint32_t>(events.size() - 1);
            known_.remove(g_, {t, last}, k.before_wait);
            events.pop_back();
        }
        k.is = stage::ready;
        if (k.waits == reason::turn) advance(t);
    }
}

event explorer::label(std::uint32_t t) const {
    const request& q = *tasks_[t].posted;
    event e;
    e.what = kind_of(q.what);
    e.where = q.where;
    e.value = q.value;
    e.site = q.site;
    e.name = q.name;
    e.child = q.child;
    return e;
}

// Adds the event to the graph, or finds it there.
event_id explorer::commit(std::uint32_t t, event e) {
    const event_id id = next_id(t);
    const bool fresh = !recorded(t);
    if (fresh) {
        append(t, e);
    } else {
        match(id, e);
    }
    known_.add(g_, id);
    if (fresh) check_conflicts(id);
    return id;
}

void explorer::append(std::uint32_t t, event& e) {
    e.stamp = stamp_++;
    g_.threads[t].push_back(e);
    if (e.what == kind::init && tasks_[t].posted->atomic) {
        g_.orders.push_back({e.where, {next_id(t)}});
    }
    const bool too_many = ++events_ > how_.events_max;
    if (!too_many && g_.threads[t].size() <= k_events_of_thread_max) return;
    raise(fault::too_long, "an execution has more than " + std::to_string(how_.events_max) +
                               " events: a loop without end, or options::events_max is too small");
}

void explorer::match(event_id id, const event& e) {
    event& there = g_[id];
    const bool valued = e.what == kind::write || e.what == kind::init || e.what == kind::set;
    const bool read = e.what == kind::read;
    const bool same = there.what == e.what && there.where == e.where &&
                      same_site(there.site, e.site) && there.how == e.how &&
                      there.order == e.order && there.child == e.child &&
                      (!valued || there.value == e.value) && (!read || there.from == e.from);
    if (same) return;
    const std::string before = describe(id);
    there = e;
    raise(fault::inconsistent, "a replay went another way: " + before + " became " + describe(id) +
                                   "; the body is not deterministic");
}

void explorer::check_conflicts(event_id id) {
    const conflict c = known_.conflicts(g_, id);
    if (c.what == fault::none) return;
    const std::string both = describe(id) + " and " + describe(c.with);
    switch (c.what) {
        case fault::race: raise(c.what, "data race: " + both + " are not ordered");
        case fault::uninitialised:
            raise(c.what, "used before it is surely made: " + both + " are not ordered");
        case fault::double_free: raise(c.what, "given back twice: " + both);
        default: raise(c.what, "used after its end, or not before it: " + both);
    }
}

std::int32_t explorer::slot_for(const request& q) {
    const std::int32_t slot = known_.slot_of(q.where);
    if (slot < 0) {
        raise(fault::uninitialised, "an object that was not made in this execution is used (" +
                                        site_text(q.site) + "); the body must make what it uses");
    }
    return slot;
}

// The request of a thread that can go on. The fiber goes on if it was granted.
explorer::did explorer::step(std::uint32_t t) {
    did what = did::waits;
    if (tasks_[t].half) {
        what = step_write(t);
    } else {
        switch (tasks_[t].posted->what) {
            case ask::load:
            case ask::update:
            case ask::compare:
            case ask::await:
            case ask::update_if: what = step_read(t); break;
            case ask::store: what = step_write(t); break;
            case ask::spawn: what = step_spawn(t); break;
            default: what = step_other(t); break;
        }
    }
    if (what == did::done) advance(t);
    return what;
}

explorer::did explorer::step_other(std::uint32_t t) {
    task& k = tasks_[t];
    request& q = *k.posted;
    if (replaying_ && !recorded(t)) return did::waits;
    if (q.what == ask::join && tasks_[q.child].is != stage::ended) return did::waits;
    if (q.what == ask::init || q.what == ask::make) {
        q.where = {t, k.locations++};
        if (q.queue) q.name = k_waiters;
    } else if (detail::has_place(q.what)) {
        static_cast<void>(slot_for(q));
    }
    event e = label(t);
    if (q.what == ask::fence) e.order = order_of(q, false);
    if (q.data != nullptr) std::memcpy(&e.value, q.data, q.bytes);
    if (q.what == ask::end) k.is = stage::ended;
    commit(t, e);
    if (q.what == ask::init && q.atomic && !q.queue) q.success = pool_.has_queue(q.site);
    if (q.what == ask::drop && q.atomic) q.success = queue_after(q.where) != k_nowhere;
    return did::done;
}

explorer::did explorer::step_spawn(std::uint32_t t) {
    request& q = *tasks_[t].posted;
    if (replaying_ && !recorded(t)) return did::waits;
    std::uint32_t child = 1;
    if (recorded(t)) {
        child = g_[next_id(t)].child;
    } else if (scripted_) {
        child = script_[script_at_].number;
    } else {
        while (child < k_threads_max && tasks_[child].is != stage::unused) ++child;
    }
    if (child == 0 || child >= k_threads_max || tasks_[child].is != stage::unused) {
        raise(fault::too_long, "more than " + std::to_string(k_threads_max) +
                                   " threads, the body included; make the body smaller");
    }
    q.child = child;
    if (g_.threads.size() <= child) g_.threads.resize(child + 1);
    tasks_[child].body = q.body;
    commit(t, label(t));
    start(child);
    return did::done;
}

explorer::outcome explorer::judge_value(const request& q, std::uint64_t value) const {
    outcome o;
    o.order = order_of(q, false);
    switch (q.what) {
        case ask::update:
            o.how = access::rmw;
            o.writes = q.effect(value, q.value) & q.mask;
            break;
        case ask::compare:
            if (value == q.expected) {
                o.how = access::rmw;
                o.writes = q.value;
            } else {
                o.how = access::failed;
                o.order = order_of(q, true);
            }
            break;
        case ask::await: o.blocks = !q.wanted(q.context, value); break;
        case ask::update_if:
            o.blocks = !q.wanted(q.context, value);
            o.how = o.blocks ? access::failed : access::rmw;
            if (o.blocks) o.order = q.failure;
            o.writes = q.effect(value, q.value) & q.mask;
            break;
        default: break;
    }
    return o;
}

// A weak compare-exchange may fail for no reason, so many times a site and thread.
bool explorer::may_fail(std::uint32_t t, const request& q) const {
    if (!q.weak) return false;
    const auto& failed = tasks_[t].spurious;
    const auto here = std::count_if(failed.begin(), failed.end(), [&](std::uint32_t i) {
        return same_site(g_.threads[t][i].site, q.site);
    });
    return std::cmp_less(here, how_.spurious_max);
}

explorer::did explorer::step_read(std::uint32_t t) {
    const std::int32_t slot = slot_for(*tasks_[t].posted);
    if (recorded(t)) return replay_read(t, slot);
    if (replaying_) return did::waits;
    note_site(*tasks_[t].posted);
    return choose_read(t, slot);
}

explorer::did explorer::replay_read(std::uint32_t t, std::int32_t slot) {
    task& k = tasks_[t];
    const request& q = *k.posted;
    const event_id id = next_id(t);
    event& there = g_[id];
    if (there.what != kind::read) match(id, label(t));
    if (known_.added(there.from.thread) <= there.from.index) return did::waits;
    const bool fresh = id == now_.fresh;
    candidate c;
    c.from = there.from;
    c.what = judge_value(q, g_[c.from].value);
    c.spurious =
        fresh ? now_.spurious : q.weak && there.how == access::failed && c.what.how == access::rmw;
    const bool other = fresh && now_.revisit && c.what.how == access::rmw && may_fail(t, q);
    const event e = read_label(t, c);
    if (fresh) {
        there.how = e.how;
        there.order = e.order;
        there.value = e.value;
    }
    if (c.what.blocks && fresh) {
        const auto& writes = g_.orders[static_cast<std::size_t>(known_.at(slot).order)].writes;
        if (writes.back() != c.from) return did::dropped;
    }
    if (other) {
        work w{g_, id, false, true, now_.judge, now_.coherent, now_.maximal, stamp_};
        push(std::move(w));
    }
    if (c.spurious) {
        c.what.how = access::failed;
        k.spurious.push_back(id.index);
    }
    commit(t, e);
    if (fresh) check_conflicts(id);
    return finish_read(t, c.what, id);
}

explorer::did explorer::finish_read(std::uint32_t t, const outcome& o, event_id read) {
    task& k = tasks_[t];
    request& q = *k.posted;
    q.seen = g_[read].value;
    q.success = o.how == access::rmw;
    if (o.blocks) {
        block(t, reason::value, read.index);
        return did::blocked;
    }
    if (o.how != access::rmw) return did::done;
    k.half = true;
    k.half_value = o.writes;
    k.half_order = o.order;
    return scripted_ ? did::half : step_write(t);
}

explorer::did explorer::step_write(std::uint32_t t) {
    task& k = tasks_[t];
    request& q = *k.posted;
    const std::int32_t slot = slot_for(q);
    if (replaying_ && !recorded(t)) return k.half ? did::half : did::waits;
    event e = label(t);
    e.what = kind::write;
    e.how = k.half ? access::rmw : access::plain;
    e.order = k.half ? k.half_order : order_of(q, false);
    e.value = k.half ? k.half_value : q.value;
    if (recorded(t)) {
        commit(t, e);
    } else {
        note_site(q);
        if (choose_write(t, e, slot) == did::dropped) return did::dropped;
    }
    k.half = false;
    return did::done;
}

}  // namespace cyclone::model
