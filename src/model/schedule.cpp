// The scheduler, see schedule.hpp.
#include "model/schedule.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace cyclone::model::steps {
namespace {

std::uint64_t bits_at(const void* where, std::uint32_t size) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, where, std::min<std::size_t>(size, sizeof bits));
    return bits;
}

std::uint64_t mixed(std::uint64_t hash, std::uint64_t with) {
    hash = (hash ^ with) * 0xff51afd7ed558ccd;
    return hash ^ (hash >> 32);
}

/// Steps that no order of the others can be told from: they are taken as soon as they can be.
bool is_free(const point& p) { return p.what == action::join || p.what == action::park; }

}  // namespace

scheduler::scheduler(const schedule_options& how)
    : how_(how), regions_(how.tasks_max + 1), handler_before_(set_assert_handler(on_assertion)) {
    CYCLONE_ASSERT(in_charge_ == nullptr);  // one at a time: end the other one first
    in_charge_ = this;
    reset();
}

scheduler::~scheduler() {
    count_ = 0;
    in_charge_ = nullptr;
    set_assert_handler(handler_before_);
}

void scheduler::on_assertion(const char* expression, const char* file, int line) {
    scheduler* const s = here();
    if (s == nullptr) {
        in_charge_->handler_before_(expression, file, line);
        return;
    }
    s->note(fault::requirement, std::string("assertion failed: ") + expression + " at " + file +
                                    ":" + std::to_string(line));
    s->stop();
}

void scheduler::reset() {
    CYCLONE_ASSERT(running_ == k_no_task);
    for (std::uint32_t i = 0; i < count_; ++i) static_cast<task_state&>(*tasks_[i]) = task_state{};
    count_ = 0;
    last_ = k_no_task;
    sleepers_.clear();
    steps_ = last_end_ = ended_ = now_ = hash_ = 0;
    steps_limit_ = how_.steps_max;
    stall_limit_ = how_.stall_max;
    changes_ = 1;
    parks_open_ = dropped_ = false;
    failure_ = {};
    log_.clear();
    decisions_.clear();
    blocks_.clear();
    freed_ = bytes_ = unnamed_ = 0;
    for (region& r : regions_) {
        r.chunk = r.used = 0;
        r.recycled.clear();
    }
    names_.clear();
}

std::uint32_t scheduler::add(std::function<void()> body) {
    if (count_ == how_.tasks_max) {
        note(fault::requirement,
             "more than " + std::to_string(how_.tasks_max) + " threads; raise tasks_max");
        stop();
    }
    if (count_ == tasks_.size()) tasks_.push_back(std::make_unique<task>());
    const std::uint32_t id = count_++;
    tasks_[id]->body = std::move(body);
    tasks_[id]->turn_began = changes_ - 1;
    tasks_[id]->stack.reset([this, id] { run_body(id); });
    return id;
}

/// What leaves a body ends the run: there is nobody else whom it could reach.
void scheduler::run_body(std::uint32_t id) noexcept {
    std::string left;
    try {
        tasks_[id]->body();
    } catch (const std::exception& e) {
        left = e.what();
        if (left.empty()) left = "an exception";
    } catch (...) {
        left = "something that is no std::exception";
    }
    tasks_[id]->over = true;
    if (!left.empty() && failure_.what == fault::none) {
        failure_ = {fault::requirement, "t" + std::to_string(id) + " threw: " + left};
    }
}

void scheduler::extend(std::uint64_t steps_max, std::uint64_t stall_max) {
    const std::uint64_t most = ~std::uint64_t{0};
    steps_limit_ = steps_max > most - steps_ ? most : steps_ + steps_max;
    stall_limit_ = stall_max;
    last_end_ = steps_;
}

void scheduler::suspend_at(std::uint32_t id, std::uint64_t step) {
    CYCLONE_ASSERT(id < count_);
    tasks_[id]->stop_before = step;
}

void scheduler::suspend(std::uint32_t id, bool on) {
    CYCLONE_ASSERT(id < count_);
    tasks_[id]->suspended = on;
    if (!on) tasks_[id]->stop_before = 0;
}

halt scheduler::drive(strategy& by) {
    for (;;) {
        start_fresh();
        if (failure_.what != fault::none) return halt::failed;
        if (dropped_) return halt::abandoned;
        collect();
        if (take_free_steps()) continue;
        if (able_.empty()) {
            if (advance_clock()) continue;
            return rest();
        }
        if (steps_ >= steps_limit_) return halt::too_long;
        if (stall_limit_ != 0 && steps_ - last_end_ >= stall_limit_) return halt::stalled;
        const bool known = last_ != k_no_task;
        const choice c{
            .able = able_,
            .last = last_,
            .last_steps = known ? tasks_[last_]->steps : 0,
            .yielded = known && !tasks_[last_]->over && tasks_[last_]->next.what == action::pause,
            .number = steps_,
            .ended = ended_};
        const std::size_t place = by.choose(c);
        if (place == k_abandon) return halt::abandoned;
        CYCLONE_ASSERT(place < able_.size());
        if (place != natural(c)) decisions_.push_back({c.last, c.last_steps, able_[place].task});
        take(able_[place].task);
    }
}

void scheduler::start_fresh() {
    for (std::uint32_t i = 0; i < count_ && failure_.what == fault::none && !dropped_; ++i) {
        if (!tasks_[i]->fresh) continue;
        tasks_[i]->fresh = false;
        resume(i);
    }
}

void scheduler::collect() {
    able_.clear();
    for (std::uint32_t i = 0; i < count_; ++i) {
        task& t = *tasks_[i];
        if (t.over) continue;
        if (t.stop_before != 0 && t.steps + 1 >= t.stop_before && !is_free(t.next))
            t.suspended = true;
        if (!t.suspended && able(t)) able_.push_back({i, &t.next});
    }
}

bool scheduler::take_free_steps() {
    for (const candidate& c : able_) {
        if (!is_free(*c.next)) continue;
        tasks_[c.task]->waits = reason::none;
        resume(c.task);
        return true;
    }
    return false;
}

bool scheduler::able(const task& t) const {
    switch (t.waits) {
        case reason::none: return true;
        case reason::predicate: return t.ready(t.with);
        case reason::change: return changes_ != t.turn_began;
        case reason::notify: return t.notified;
        case reason::end: return tasks_[t.other]->over;
        case reason::time: return now_ >= t.wake_time;
        case reason::open: return parks_open_;
    }
    return false;
}

bool scheduler::advance_clock() {
    std::uint64_t next = 0;
    bool any = false;
    for (std::uint32_t i = 0; i < count_; ++i) {
        const task& t = *tasks_[i];
        if (t.over || t.suspended || t.waits != reason::time) continue;
        next = any ? std::min(next, t.wake_time) : t.wake_time;
        any = true;
    }
    if (!any) return false;
    now_ = next;
    ++changes_;
    return true;
}

halt scheduler::rest() const {
    halt said = halt::finished;
    for (std::uint32_t i = 0; i < count_; ++i) {
        const task& t = *tasks_[i];
        if (t.over || t.suspended) continue;
        if (t.waits != reason::open) return halt::stuck;
        said = halt::parked;
    }
    return said;
}

void scheduler::resume(std::uint32_t id) {
    running_ = id;
    tasks_[id]->stack.resume();
    running_ = k_no_task;
}

void scheduler::take(std::uint32_t id) {
    task& t = *tasks_[id];
    ++steps_;
    ++t.steps;
    last_ = id;
    t.waits = reason::none;
    hash_ = mixed(hash_, std::uint64_t{id} << 40 | std::uint64_t{t.next.site.line()} << 8 |
                             static_cast<std::uint64_t>(t.next.what));
    if (how_.trace) log_.push_back({id, t.next, 0, false, now_, t.operation});
    resume(id);
}

void scheduler::yield_until_turn() { fiber::yield_to_owner(); }

void scheduler::before(const point& p) {
    task& t = *tasks_[running_];
    t.next = p;
    if (p.what == action::pause) t.waits = reason::change;
    yield_until_turn();
    if (p.what == action::pause) t.turn_began = changes_;
    if (freed_ > 0) check_memory(p);
}

void scheduler::before_when(const point& p, bool (*ready)(const void*), const void* with) {
    task& t = *tasks_[running_];
    t.next = p;
    t.waits = reason::predicate;
    t.ready = ready;
    t.with = with;
    yield_until_turn();
    if (freed_ > 0) check_memory(p);
}

void scheduler::after(std::uint64_t value, bool changed) {
    if (changed) ++changes_;
    if (how_.trace && !log_.empty()) {
        log_.back().value = value;
        log_.back().changed = changed;
    }
    if (observer_ != nullptr) observer_->stepped(running_, tasks_[running_]->next, changed);
}

void scheduler::sleep_at(const void* where, std::uint64_t old, std::uint32_t size) {
    task& t = *tasks_[running_];
    CYCLONE_ASSERT(t.next.where == where && t.next.size == size);
    t.notified = false;
    t.asleep_on = old;
    t.waits = reason::notify;
    sleepers_.push_back(running_);
    yield_until_turn();
    if (freed_ > 0) check_memory(t.next);
}

void scheduler::wake_at(const void* where, bool all) {
    for (std::size_t i = 0; i < sleepers_.size();) {
        task& t = *tasks_[sleepers_[i]];
        if (t.next.where != where) {
            ++i;
            continue;
        }
        t.notified = true;
        sleepers_.erase(sleepers_.begin() + static_cast<std::ptrdiff_t>(i));
        if (!all) return;
    }
}

void scheduler::note(fault what, std::string message) {
    if (failure_.what == fault::none) failure_ = {what, std::move(message)};
}

void scheduler::stop() {
    if (running_ == k_no_task) assertion_failed(failure_.message.c_str(), __FILE__, __LINE__);
    for (;;) fiber::yield_to_owner();
}

void scheduler::drop() {
    dropped_ = true;
    for (;;) fiber::yield_to_owner();
}

void scheduler::sleep_until(std::uint64_t when, std::source_location at) {
    task& t = *tasks_[running_];
    t.next = {.what = action::sleep, .site = at};
    t.wake_time = when;
    t.waits = reason::time;
    yield_until_turn();
    after(now_, false);
}

void scheduler::join(std::uint32_t other, std::source_location at) {
    task& t = *tasks_[running_];
    t.next = {.what = action::join, .site = at};
    t.other = other;
    t.waits = reason::end;
    yield_until_turn();
}

void scheduler::park(std::source_location at) {
    task& t = *tasks_[running_];
    t.next = {.what = action::park, .site = at};
    t.waits = reason::open;
    yield_until_turn();
}

void scheduler::begin_operation(const char* name) {
    task& t = *tasks_[running_];
    t.operation = name;
    t.operation_began = t.steps;
    if (observer_ != nullptr) observer_->began(running_, name);
}

void scheduler::end_operation(outcome how) {
    task& t = *tasks_[running_];
    ++ended_;
    last_end_ = steps_;
    if (observer_ != nullptr)
        observer_->ended(running_, t.operation, t.steps - t.operation_began, how);
    t.operation = nullptr;
}

void scheduler::name_memory(const void* where, std::string name) {
    names_[where] = std::move(name);
}

std::uint64_t scheduler::steps_of(std::uint32_t id) const noexcept { return tasks_[id]->steps; }
bool scheduler::ended(std::uint32_t id) const noexcept { return tasks_[id]->over; }
bool scheduler::suspended(std::uint32_t id) const noexcept { return tasks_[id]->suspended; }
bool scheduler::parked(std::uint32_t id) const noexcept {
    return !tasks_[id]->over && tasks_[id]->waits == reason::open;
}
const point& scheduler::next_of(std::uint32_t id) const noexcept { return tasks_[id]->next; }
const char* scheduler::operation_of(std::uint32_t id) const noexcept {
    return tasks_[id]->operation;
}

std::string scheduler::name_of_memory(const void* where) {
    std::string& name = names_[where];
    if (name.empty()) name = "m" + std::to_string(unnamed_++);
    return name;
}

std::string scheduler::waits_of(std::uint32_t id) {
    const task& t = *tasks_[id];
    const std::string who = "t" + std::to_string(id);
    const std::string site = " at " + text(t.next.site);
    if (t.waits == reason::change) return who + " spins" + site + " and nothing will change";
    if (t.waits == reason::end) return who + " joins t" + std::to_string(t.other) + site;
    if (t.waits == reason::time) return who + " sleeps until " + std::to_string(t.wake_time) + site;
    if (t.waits == reason::open) return who + " is parked" + site;
    const std::string what = " " + name_of_memory(t.next.where);
    if (t.waits == reason::predicate)
        return who + " wants to " + std::string(name_of(t.next.what)) + what + site;
    const bool changed = bits_at(t.next.where, t.next.size) != t.asleep_on;
    return who + " sleeps on" + what + site +
           (changed ? ", whose value has changed since: its wake-up was lost" : "");
}

std::string scheduler::waits() {
    std::string said;
    for (std::uint32_t i = 0; i < count_; ++i) {
        if (tasks_[i]->over || tasks_[i]->suspended) continue;
        if (!said.empty()) said += "; ";
        said += waits_of(i);
    }
    return said;
}

}  // namespace cyclone::model::steps
