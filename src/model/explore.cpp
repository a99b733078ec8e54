// The loop over graphs: what is next, when to stop, what a finished one means.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "model/engine.hpp"
#include "model/pool.hpp"

namespace cyclone::model {
namespace {

thread_local explorer* current_explorer = nullptr;

constexpr std::uint64_t k_looks_a_clock = 32;  // executions between two looks at the clock

// An assertion of the code under test ends the execution like require().
void assertion_in_body(const char* expression, const char* file, int line) {
    if (!detail::inside()) {
        print_assertion(expression, file, line);
        return;
    }
    const std::string message = std::string("assertion failed: ") + expression + " (" + file + ":" +
                                std::to_string(line) + ")";
    detail::fail_with(fault::requirement, message.c_str(), std::source_location{});
}

// The handler is of the process, and checks may run in several threads: the first puts it there and
// the last takes it away.
class handler_for_now {
 public:
    handler_for_now() {
        const std::lock_guard held(mutex_);
        if (users_++ == 0) before_ = set_assert_handler(assertion_in_body);
    }
    handler_for_now(const handler_for_now&) = delete;
    handler_for_now& operator=(const handler_for_now&) = delete;
    ~handler_for_now() {
        const std::lock_guard held(mutex_);
        if (--users_ == 0) set_assert_handler(before_);
    }

 private:
    static inline std::mutex mutex_;
    static inline unsigned users_ = 0;
    static inline assert_handler before_ = nullptr;
};

}  // namespace

pool& pool_of_thread() {
    thread_local pool here;
    return here;
}

explorer* explorer::current() noexcept { return current_explorer; }

explorer::explorer(const options& how, const std::function<void()>& body)
    : how_(how), body_(body), pool_(pool_of_thread()), arena_(pool_.memory), draw_(how.seed) {
    if (current_explorer != nullptr) {
        std::fprintf(stderr, "model::check inside the body of another; call it outside\n");
        std::abort();
    }
    current_explorer = this;
    body_memory() = {nullptr, 0, &arena_};
}

explorer::~explorer() {
    body_memory() = {};
    current_explorer = nullptr;
}

result explorer::run() {
    started_ = clock::monotonic_ns();
    const handler_for_now handler;
    for (bool again = true; again;) {
        again = false;
        result_ = {};
        stack_.clear();
        seen_.clear();
        sites_.clear();
        try {
            if (!how_.replay.empty()) {
                replay_script();
            } else if (how_.how == mode::random) {
                sample();
            } else {
                explore();
            }
        } catch (const stop&) {
            result_.said = verdict::failed;
        } catch (const restart&) {
            again = true;
        }
    }
    list_sites();
    result_.seconds = static_cast<double>(clock::monotonic_ns() - started_) * 1e-9;
    return std::move(result_);
}

void explorer::explore() {
    push({});
    while (!stack_.empty()) {
        if (out_of_bounds()) return;
        work w = std::move(stack_.back());
        stack_.pop_back();
        execute(std::move(w));
    }
}

void explorer::sample() {
    random_ = true;
    for (std::uint64_t i = 0; i < how_.runs; ++i) {
        if (out_of_bounds()) return;
        draw_ = rng(splitmix64(how_.seed + i * 0x9e3779b97f4a7c15)());
        execute({});
    }
    result_.said = verdict::partial;
    result_.bound = "random: " + std::to_string(how_.runs) +
                    " executions were drawn, not all; raise options::runs, or ask for "
                    "mode::exhaustive";
}

void explorer::replay_script() {
    auto steps = parse_script(how_.replay);
    if (!steps) raise(fault::inconsistent, steps.error());
    script_ = std::move(*steps);
    scripted_ = true;
    script_at_ = 0;
    execute({});
    result_.said = verdict::partial;
    result_.bound = "replay: the one execution asked for shows nothing wrong";
}

bool explorer::out_of_bounds() {
    const auto partial = [&](std::string bound) {
        result_.said = verdict::partial;
        result_.bound = std::move(bound);
        return true;
    };
    if (result_.complete + result_.blocked >= how_.graphs_max) {
        return partial("graphs_max: " + std::to_string(how_.graphs_max) +
                       " graphs were seen and there are more; raise options::graphs_max");
    }
    if (looks_++ % k_looks_a_clock != 0) return false;
    const double seconds = static_cast<double>(clock::monotonic_ns() - started_) * 1e-9;
    if (seconds < how_.seconds_max) return false;
    return partial("seconds_max: " + std::to_string(how_.seconds_max) +
                   " s were not enough; raise options::seconds_max or make the body smaller");
}

void explorer::execute(work&& w) {
    if (!begin_execution(std::move(w)) || !replay()) return;
    replaying_ = false;
    if (now_.judge && !admits(now_.coherent, now_.maximal)) return;
    if (!extend()) return;
    finish();
}

bool explorer::begin_execution(work&& w) {
    g_ = std::move(w.g);
    now_ = {};
    now_.fresh = w.fresh;
    now_.revisit = w.revisit;
    now_.spurious = w.spurious;
    now_.judge = w.judge;
    now_.coherent = w.coherent;
    now_.maximal = w.maximal;
    stamp_ = w.stamp;
    events_ = g_.size();
    if (g_.threads.empty()) g_.threads.resize(1);
    known_.reset(g_, how_.sequences, how_.mutant);
    arena_.reset();
    for (task& t : tasks_) {
        std::vector<std::uint32_t> kept = std::move(t.spurious);
        kept.clear();
        t = {};
        t.spurious = std::move(kept);
    }
    replaying_ = true;
    start(0);
    return true;
}

// Runs every thread through what the graph has of it. Whoever waits for another is tried again.
bool explorer::replay() {
    for (bool progress = true; progress;) {
        progress = false;
        for (std::uint32_t t = 0; t < k_threads_max; ++t) {
            while (tasks_[t].is == stage::ready) {
                const did what = step(t);
                if (what == did::dropped) return false;
                if (what != did::done && what != did::blocked) break;
                progress = true;
            }
        }
    }
    for (std::uint32_t t = 0; t < g_.threads.size(); ++t) {
        if (!recorded(t)) continue;
        raise(fault::inconsistent, "a replay went another way: " + describe(next_id(t)) +
                                       " did not come again; the body is not deterministic");
    }
    return true;
}

bool explorer::can_go(std::uint32_t t) const {
    const task& k = tasks_[t];
    if (k.is != stage::ready) return false;
    if (k.posted->what != detail::ask::join || k.half) return true;
    return tasks_[k.posted->child].is == stage::ended;
}

std::uint32_t explorer::pick() {
    std::uint32_t able = 0;
    std::array<std::uint32_t, k_threads_max> who{};
    for (std::uint32_t t = 0; t < k_threads_max; ++t) {
        if (tasks_[t].is == stage::ready && tasks_[t].half) return t;
        if (can_go(t)) who[able++] = t;
    }
    if (able == 0) return k_threads_max;
    return random_ ? who[draw_.uniform(able)] : who[0];
}

// What failed before it was an event fails here. False: there would be more to come.
bool explorer::script_is_over() {
    for (const task& k : tasks_) {
        if (k.is == stage::ready && detail::has_place(k.posted->what)) {
            static_cast<void>(slot_for(*k.posted));
        }
    }
    return pick() == k_threads_max;
}

bool explorer::extend() {
    for (;;) {
        std::uint32_t t = k_threads_max;
        if (scripted_) {
            if (script_at_ == script_.size()) return script_is_over();
            t = script_[script_at_].thread;
            if (t >= k_threads_max || !can_go(t)) {
                raise(fault::inconsistent, "replay: step " + std::to_string(script_at_ + 1) +
                                               " is for a thread that cannot go on; the string "
                                               "belongs to another body");
            }
        } else {
            t = pick();
            if (t == k_threads_max) return true;
        }
        const did what = step(t);
        if (what == did::dropped) return false;
        if (scripted_) ++script_at_;
    }
}

void explorer::finish() {
    result_.events_most = std::max(result_.events_most, events_);
    bool all = true;
    for (const task& t : tasks_) all = all && (t.is == stage::unused || t.is == stage::ended);
    if (!all) {
        finish_blocked();
        return;
    }
    if (how_.leaks && arena_.live() > 0) {
        const arena::block& b = *arena_.leaked();
        raise(fault::leak, std::to_string(arena_.live()) + " block(s) never given back, first " +
                               value_name(reinterpret_cast<std::uint64_t>(&b + 1)) + " of " +
                               std::to_string(b.bytes) + " bytes");
    }
    count_complete();
}

void explorer::count_complete() {
    ++result_.complete;
    if (!how_.on_graph) return;
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, finished by a mixer
    for (const char c : canonical(g_)) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    if (!seen_.insert(splitmix64(hash)()).second) ++result_.duplicates;
    how_.on_graph(g_);
}

// Whether all that thread t has looked at since is the newest there is.
bool explorer::sees_newest(std::uint32_t t, std::uint32_t since) const {
    const auto& events = g_.threads[t];
    for (std::uint32_t i = since; i < events.size(); ++i) {
        const event& e = events[i];
        if (e.what != kind::read) continue;
        const std::int32_t slot = known_.of({t, i}).slot;
        const auto& writes = g_.orders[static_cast<std::size_t>(known_.at(slot).order)].writes;
        // A turn that writes what it read has its own write on top.
        const bool own = e.how == access::rmw && writes.back().thread == t;
        if (!own && e.from != writes.back()) return false;
    }
    return true;
}

void explorer::finish_blocked() {
    bool for_ever = true;
    for (std::uint32_t t = 0; t < k_threads_max; ++t) {
        const task& k = tasks_[t];
        if (k.is != stage::blocked) continue;
        for_ever = for_ever && k.waits != reason::assumption && sees_newest(t, k.waits_from);
    }
    ++result_.blocked;
    if (for_ever) raise_deadlock();
}

void explorer::raise_deadlock() {
    std::string message = "deadlock:";
    for (std::uint32_t t = 0; t < k_threads_max; ++t) {
        const task& k = tasks_[t];
        if (k.is == stage::ready) {
            message +=
                " t" + std::to_string(t) + " joins t" + std::to_string(k.posted->child) + ";";
        }
        if (k.is != stage::blocked) continue;
        message += " t" + std::to_string(t) +
                   (k.waits == reason::turn ? " spins at " : " waits at ") +
                   site_text(k.posted->site);
        for (std::uint32_t i = k.waits_from; i < g_.threads[t].size(); ++i) {
            const event& e = g_.threads[t][i];
            if (e.what != kind::read) continue;
            message += " on " + location_text(g_, e.where) + ", which stays " +
                       value_name(e.value) + " since " + describe(e.from);
        }
        message += ";";
    }
    message.back() = '.';
    raise(fault::deadlock, message);
}

void explorer::raise(fault what, const std::string& message) {
    counterexample found;
    found.what = what;
    found.message = message;
    std::uint64_t stamp = 0;
    for (const event_id id : in_order(g_)) g_[id].stamp = stamp++;
    found.execution = g_;
    const auto named = [this](std::uint64_t value) { return value_name(value); };
    found.trace = trace_text(g_, named);
    found.dot = trace_dot(g_, named);
    found.replay = script_of(g_);
    result_.events_most = std::max(result_.events_most, static_cast<std::uint64_t>(g_.size()));
    result_.found = std::move(found);
    throw stop{};
}

result check(const options& how, const std::function<void()>& body) {
    explorer e(how, body);
    return e.run();
}

}  // namespace cyclone::model
