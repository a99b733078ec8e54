// The simulator, the oracle and the drawing of random histories.

#include "histories.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace cyclone::model::test {

namespace {

constexpr std::size_t k_small = 2;  // what a small queue holds

/// What is in flight around an operation.
struct claims {
    std::vector<verb> passed;   // took effect and not over
    std::vector<verb> waiting;  // begun and without effect so far
    [[nodiscard]] bool has_passed(verb v) const { return std::ranges::count(passed, v) > 0; }
    [[nodiscard]] bool is_waited(verb v) const { return std::ranges::count(waiting, v) > 0; }
    [[nodiscard]] bool has(verb v) const {
        return has_passed(v) || std::ranges::count(waiting, v) > 0;
    }
};

bool is_queue(family kind) {
    return kind == family::queue || kind == family::small_queue || kind == family::weak_queue ||
           kind == family::three_valued_queue || kind == family::weak_small_queue;
}
bool is_small(family kind) {
    return kind == family::small_queue || kind == family::weak_small_queue;
}

/// An object of each family, written with the containers of the standard library. It answers, and
/// says whether an answer fits; specs.hpp does the same in another way.
class reference {
 public:
    explicit reference(family kind) : kind_(kind) {}

    /// Takes effect, and says what was answered.
    void act(operation& o) {
        switch (o.what) {
            case verb::push: return act_push(o);
            case verb::pop: return remove_one(o, kind_ != family::stack);
            case verb::take: return remove_one(o, false);
            case verb::steal: return remove_one(o, true);
            case verb::add:
            case verb::read:
            case verb::write:
            case verb::compare_exchange: return act_word(o);
            default: return act_set(o);
        }
    }

    /// Whether `o` may take effect now with the answer it has; if so, it does.
    [[nodiscard]] bool fits(const operation& o, const claims& around) {
        if (!o.pending() && is_excused(o, around)) return true;
        operation again = o;
        act(again);
        if (o.pending()) return again.said == answer::done;  // in vain: as if it never had
        return again.said == o.said && (!shows_result(o) || again.result == o.result);
    }

    /// A weak answer that needs no state, only company.
    [[nodiscard]] bool is_excused(const operation& o, const claims& around) const {
        const bool is_weak = kind_ == family::weak_queue || kind_ == family::weak_small_queue;
        if (o.said == answer::empty) {
            return is_weak && o.what == verb::pop && around.has_passed(verb::push);
        }
        if (o.said == answer::full) {
            return kind_ == family::weak_small_queue && o.what == verb::push &&
                   (around.has_passed(verb::pop) || around.is_waited(verb::push));
        }
        if (o.said == answer::would_block) {
            return kind_ == family::three_valued_queue && o.what == verb::pop &&
                   around.has(verb::push);
        }
        return o.said == answer::aborted && o.what == verb::steal &&
               (around.has(verb::take) || around.has(verb::steal));
    }

 private:
    static bool shows_result(const operation& o) {
        if (o.said == answer::refused) return o.what == verb::compare_exchange;
        const bool tells = o.what == verb::pop || o.what == verb::take || o.what == verb::steal ||
                           o.what == verb::add || o.what == verb::read;
        return tells && o.said == answer::done;
    }
    void act_push(operation& o) {
        if (is_small(kind_) && items_.size() == k_small) {
            o.said = answer::full;
            return;
        }
        o.said = answer::done;
        items_.push_back(o.argument);
    }
    void remove_one(operation& o, bool at_front) {
        o.said = items_.empty() ? answer::empty : answer::done;
        if (items_.empty()) return;
        o.result = at_front ? items_.front() : items_.back();
        at_front ? items_.pop_front() : items_.pop_back();
    }
    void act_word(operation& o) {
        std::uint64_t& value = words_[o.key];
        o.said = answer::done;
        o.result = value;
        if (o.what == verb::add) value += o.argument;
        if (o.what == verb::write) value = o.argument;
        if (o.what != verb::compare_exchange) return;
        if (value != o.argument) {
            o.said = answer::refused;
        } else {
            value = o.extra;
        }
    }
    void act_set(operation& o) {
        bool yes = elements_.contains(o.key);
        if (o.what == verb::insert) yes = elements_.insert(o.key).second;
        if (o.what == verb::remove) yes = elements_.erase(o.key) > 0;
        o.said = yes ? answer::done : answer::refused;
    }

    family kind_;
    std::deque<std::uint64_t> items_;
    std::map<std::uint64_t, std::uint64_t> words_;
    std::set<std::uint64_t> elements_;
};

operation draw_operation(rng& draw, family kind, std::size_t thread, std::size_t pushes_of_8,
                         std::uint64_t& values) {
    operation o;
    o.thread = static_cast<std::uint32_t>(thread);
    const std::uint64_t dice = draw.uniform(8);
    if (is_queue(kind) || kind == family::stack) {
        o.what = dice < pushes_of_8 ? verb::push : verb::pop;
    } else if (kind == family::deque) {
        o.what = thread != 0 ? verb::steal : dice < 4 ? verb::push : verb::take;
    } else if (kind == family::set) {
        o.what = dice < 3 ? verb::insert : dice < 6 ? verb::remove : verb::contains;
        o.key = draw.uniform(2);
    } else {
        o.what = dice < 2   ? verb::read
                 : dice < 4 ? verb::write
                 : dice < 6 ? verb::add
                            : verb::compare_exchange;
        o.argument = draw.uniform(3);
        o.extra = draw.uniform(3);
        o.key = kind == family::words ? draw.uniform(2) : 0;
    }
    if (o.what == verb::push) o.argument = ++values;
    return o;
}

/// Threads that call, take effect and come back one after another, at random.
class simulation {
 public:
    simulation(rng& draw, family kind, const shape& of)
        : draw_(draw),
          kind_(kind),
          object_(kind),
          threads_(of.threads),
          left_(of.operations),
          pushes_of_8_(of.pushes_of_8) {
        for (thread& t : threads_) t.never_back = draw.uniform(8) < of.pending_of_8;
    }

    std::vector<operation> run() {
        while (std::ranges::any_of(threads_, [&](const thread& t) { return may_move(t); })) {
            const std::size_t which = draw_.uniform(threads_.size());
            if (may_move(threads_[which])) move(which);
        }
        return std::move(done_);
    }

 private:
    enum class stage : std::uint8_t { out, called, acted };
    struct thread {
        stage at = stage::out;
        std::size_t number = 0;  // of its operation in done_
        bool never_back = false;
    };

    [[nodiscard]] bool may_move(const thread& t) const {
        if (t.at == stage::out) return left_ > 0;
        // One that never comes back does so when nothing else is left to begin.
        if (!t.never_back || left_ > 0) return true;
        return t.at == stage::called && done_[t.number].argument % 2 == 0;
    }

    void move(std::size_t which) {
        thread& t = threads_[which];
        ++now_;
        if (t.at == stage::out) {
            operation o = draw_operation(draw_, kind_, which, pushes_of_8_, values_);
            o.call = now_;
            t.number = done_.size();
            done_.push_back(o);
            --left_;
            t.at = stage::called;
        } else if (t.at == stage::called) {
            act(which);
            t.at = stage::acted;
        } else {
            done_[t.number].back = now_;
            t.at = stage::out;
        }
    }

    /// Where company allows a weak answer, it is given half of the time.
    void act(std::size_t which) {
        operation& o = done_[threads_[which].number];
        claims around;
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            const thread& t = threads_[i];
            if (i == which || t.at == stage::out) continue;
            if (t.at == stage::acted && done_[t.number].said != answer::done) continue;
            // One that has not taken effect may still fail; a push without bound never does.
            const operation& other = done_[t.number];
            if (t.at == stage::acted) around.passed.push_back(other.what);
            if (t.at == stage::called && other.what == verb::push && !is_small(kind_)) {
                around.waiting.push_back(other.what);
            }
        }
        for (const answer weak :
             {answer::empty, answer::full, answer::would_block, answer::aborted}) {
            operation excused = o;
            excused.said = weak;
            if (object_.is_excused(excused, around) && draw_.uniform(2) == 0) {
                o.said = weak;
                return;
            }
        }
        object_.act(o);
    }

    rng& draw_;
    family kind_;
    reference object_;
    std::vector<thread> threads_;
    std::size_t left_;
    std::size_t pushes_of_8_;
    std::uint64_t now_ = 0;
    std::uint64_t values_ = 0;
    std::vector<operation> done_;
};

/// Every order, depth first.
class all_orders {
 public:
    all_orders(family kind, const std::vector<operation>& given, const relation& before)
        : given_(given),
          order_(before),
          used_(given.size(), false),
          start_(kind),
          needs_company_(kind == family::deque || kind >= family::weak_queue) {
        for (const operation& o : given) must_ += o.pending() ? 0 : 1;
    }

    [[nodiscard]] bool any() { return from(start_, 0, 0); }

    [[nodiscard]] bool follows(const std::vector<std::size_t>& order) {
        reference state = start_;
        std::uint64_t point = 0;
        std::size_t done = 0;
        for (const std::size_t i : order) {
            if (i >= given_.size() || used_[i] || !may_come(i)) return false;
            point = std::max(point, given_[i].call);
            if (!state.fits(given_[i], around(i, point))) return false;
            used_[i] = true;
            done += given_[i].pending() ? 0 : 1;
        }
        return done == must_;
    }

 private:
    [[nodiscard]] bool may_come(std::size_t i) const {
        for (std::size_t j = 0; j < given_.size(); ++j) {
            if (order_.before[j][i] && !used_[j]) return false;
        }
        return true;
    }
    /// What is in flight when `i` takes effect as early as the order allows, at `point`.
    [[nodiscard]] claims around(std::size_t i, std::uint64_t point) const {
        claims found;
        if (!needs_company_) return found;
        for (std::size_t j = 0; j < given_.size(); ++j) {
            const operation& o = given_[j];
            if (o.thread == given_[i].thread) continue;
            if (!o.pending() && o.said != answer::done) continue;  // in vain
            if (used_[j] && is_in_flight(j, i, point)) found.passed.push_back(o.what);
            if (!used_[j] && is_beside(j, i)) found.waiting.push_back(o.what);
        }
        return found;
    }
    [[nodiscard]] bool is_in_flight(std::size_t j, std::size_t i, std::uint64_t point) const {
        return order_.timed ? given_[j].back >= point : !order_.before[j][i];
    }
    [[nodiscard]] bool is_beside(std::size_t j, std::size_t i) const {
        return order_.timed ? may_come(j) : !order_.before[i][j];
    }
    [[nodiscard]] bool from(const reference& state, std::size_t done, std::uint64_t point) {
        if (done == must_) return true;
        for (std::size_t i = 0; i < given_.size(); ++i) {
            if (used_[i] || !may_come(i)) continue;
            const std::uint64_t later = std::max(point, given_[i].call);
            reference next = state;
            if (!next.fits(given_[i], around(i, later))) continue;
            used_[i] = true;
            const bool found = from(next, done + (given_[i].pending() ? 0 : 1), later);
            used_[i] = false;
            if (found) return true;
        }
        return false;
    }

    const std::vector<operation>& given_;
    const relation& order_;
    std::vector<bool> used_;
    reference start_;
    bool needs_company_;
    std::size_t must_ = 0;
};

void change_answer(rng& draw, operation& o, std::size_t values) {
    constexpr std::array<answer, 6> k_answers{answer::done,    answer::empty,
                                              answer::full,    answer::would_block,
                                              answer::refused, answer::aborted};
    const bool tells = o.what != verb::push && o.what != verb::write;
    if (!tells || draw.uniform(4) == 0) o.said = k_answers[draw.uniform(k_answers.size())];
    if (tells && draw.uniform(3) != 0) {
        o.said = draw.uniform(5) == 0 ? answer::empty : answer::done;
        o.result = draw.uniform(values + 2);
    }
}

}  // namespace

std::string to_string(family kind) {
    constexpr std::array<const char*, 10> k_names{
        "queue",      "small queue",        "stack",           "deque", "word", "words", "set",
        "weak queue", "three-valued queue", "weak small queue"};
    return k_names[static_cast<std::size_t>(kind)];
}

std::vector<operation> simulate(rng& draw, family kind, const shape& of) {
    return simulation(draw, kind, of).run();
}

void disturb(rng& draw, std::vector<operation>& given) {
    if (given.empty()) return;
    for (std::uint64_t n = 1 + draw.uniform(4); n > 0; --n) {
        operation& o = given[draw.uniform(given.size())];
        operation& other = given[draw.uniform(given.size())];
        switch (draw.uniform(6)) {
            case 0:  // two that asked the same get each other's answer
                if (o.what != other.what || o.pending() || other.pending()) break;
                std::swap(o.said, other.said);
                std::swap(o.result, other.result);
                break;
            case 1:
                if (!o.pending()) o.call += draw.uniform(o.back - o.call + 1);
                break;
            case 2:
                if (!o.pending()) o.back -= draw.uniform(o.back - o.call + 1);
                break;
            case 3:  // swapped in time with another of its thread
                if (o.thread != other.thread || o.pending() || other.pending()) break;
                std::swap(o.call, other.call);
                std::swap(o.back, other.back);
                break;
            default:
                if (!o.pending()) change_answer(draw, o, given.size() / 2);
                break;
        }
    }
}

relation by_clock(const std::vector<operation>& given) {
    relation order{true, {given.size(), std::vector<bool>(given.size(), false)}};
    for (std::size_t i = 0; i < given.size(); ++i) {
        for (std::size_t j = 0; j < given.size(); ++j) {
            const bool own = given[i].thread == given[j].thread;
            order.before[i][j] =
                own ? given[i].call < given[j].call : given[i].back < given[j].call;
        }
    }
    return order;
}

relation thinned(rng& draw, std::vector<operation>& given) {
    std::ranges::sort(given, {}, &operation::call);
    relation order = by_clock(given);
    order.timed = false;
    auto& before = order.before;
    for (std::size_t i = 0; i < given.size(); ++i) {
        for (std::size_t j = 0; j < given.size(); ++j) {
            if (given[i].thread != given[j].thread && draw.uniform(2) == 0) before[i][j] = false;
        }
    }
    for (std::size_t k = 0; k < given.size(); ++k) {
        for (std::size_t i = 0; i < given.size(); ++i) {
            for (std::size_t j = 0; j < given.size(); ++j) {
                if (before[i][k] && before[k][j]) before[i][j] = true;
            }
        }
    }
    return order;
}

bool has_order(family kind, const std::vector<operation>& given, const relation& before) {
    return all_orders(kind, given, before).any();
}

bool is_order(family kind, const std::vector<operation>& given, const relation& before,
              const std::vector<std::size_t>& order) {
    return all_orders(kind, given, before).follows(order);
}

search_result judge(family kind, const history& all, const search_options& how) {
    switch (kind) {
        case family::queue: return linearize(all, fifo_queue(), how);
        case family::small_queue: return linearize(all, fifo_queue({.capacity = k_small}), how);
        case family::stack: return linearize(all, stack(), how);
        case family::deque: return linearize(all, work_deque(), how);
        case family::word: return linearize(all, word(), how);
        case family::words: return linearize(all, words(), how);
        case family::set: return linearize(all, model::set(), how);
        case family::weak_queue: return linearize(all, fifo_queue({.empty = emptiness::weak}), how);
        case family::three_valued_queue:
            return linearize(all, fifo_queue({.empty = emptiness::three_valued}), how);
        case family::weak_small_queue:
            return linearize(all, fifo_queue({k_small, emptiness::weak, true}), how);
    }
    return {};
}

std::string text(const std::vector<operation>& given) {
    std::string all;
    for (const operation& o : given) {
        all += "thread " + std::to_string(o.thread) + " [" + std::to_string(o.call) + ", " +
               (o.pending() ? "..." : std::to_string(o.back)) + "] " + to_string(o) + "\n";
    }
    return all;
}

operation push(std::uint32_t thread, std::uint64_t value, std::uint64_t call, std::uint64_t back) {
    return {thread, verb::push, answer::done, call, back, value};
}
operation pop(std::uint32_t thread, std::uint64_t value, std::uint64_t call, std::uint64_t back) {
    return {thread, verb::pop, answer::done, call, back, 0, value};
}
operation said(answer what, operation o) {
    o.said = what;
    return o;
}

}  // namespace cyclone::model::test
