// Replay strings, and the text by which graphs are compared.
//
// canonical() gives threads the numbers they have when the tree of spawns is walked in order, so
// that two executions that differ only in who came first to spawn have one text.

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "model/trace.hpp"

namespace cyclone::model {
namespace {

void put(std::string& out, std::uint64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void put(std::string& out, event_id id) {
    put(out, id.thread);
    out += '.';
    put(out, id.index);
}

class walk_of_spawns {
 public:
    explicit walk_of_spawns(const graph& g) : g_(g), number_(g.threads.size(), k_unseen) {
        for (std::uint32_t t = 0; t < g.threads.size(); ++t) visit(t);
    }
    [[nodiscard]] std::uint32_t number(std::uint32_t thread) const { return number_[thread]; }
    [[nodiscard]] const std::vector<std::uint32_t>& order() const { return order_; }

 private:
    static constexpr std::uint32_t k_unseen = ~std::uint32_t{0};

    void visit(std::uint32_t t) {
        if (t >= number_.size() || number_[t] != k_unseen) return;
        number_[t] = static_cast<std::uint32_t>(order_.size());
        order_.push_back(t);
        for (const event& e : g_.threads[t]) {
            if (e.what == kind::spawn) visit(e.child);
        }
    }

    const graph& g_;
    std::vector<std::uint32_t> number_;
    std::vector<std::uint32_t> order_;
};

void put_event(std::string& out, const event& e, const walk_of_spawns& names) {
    out += static_cast<char>('a' + static_cast<int>(e.what));
    out += static_cast<char>('a' + static_cast<int>(e.how));
    out += static_cast<char>('0' + static_cast<int>(e.order));
    if (e.where != k_nowhere) {
        out += '@';
        put(out, event_id{names.number(e.where.thread), e.where.number});
    }
    out += '=';
    put(out, e.value);
    if (e.what == kind::read) {
        out += '<';
        put(out, event_id{names.number(e.from.thread), e.from.index});
    }
    if (e.what == kind::spawn || e.what == kind::join) {
        out += '>';
        put(out, names.number(e.child));
    }
    out += ':';
    put(out, e.site.line());
    out += ' ';
}

struct reader {
    std::string_view rest;

    bool number(std::uint32_t& value) {
        const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        if (status != std::errc{}) return false;
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        return true;
    }
    bool take(char c) {
        if (rest.empty() || rest.front() != c) return false;
        rest.remove_prefix(1);
        return true;
    }
};

// One word of the string; false if it makes no sense.
bool read_step(std::string_view word, script_step& step, std::uint32_t& times) {
    using what = script_step::kind_of;
    reader in{word};
    times = 1;
    if (!in.number(step.thread)) return false;
    if (in.take('*')) return in.number(times) && in.rest.empty() && times > 0;
    if (in.take('r') || in.take('f')) {
        step.what = word.find('f') == word.npos ? what::read : what::failed;
        return in.number(step.from.thread) && in.take('.') && in.number(step.from.index) &&
               in.rest.empty();
    }
    if (in.take('w')) {
        step.what = what::write;
        return in.number(step.number) && in.rest.empty();
    }
    if (in.take('s')) {
        step.what = what::spawn;
        return in.number(step.number) && in.rest.empty();
    }
    return in.rest.empty();
}

constexpr std::uint32_t k_times_max = 1U << 20;

}  // namespace

std::string canonical(const graph& g) {
    const walk_of_spawns names(g);
    std::string out;
    out.reserve(g.size() * 24);
    for (const std::uint32_t t : names.order()) {
        for (const event& e : g.threads[t]) put_event(out, e, names);
        out += '\n';
    }
    std::vector<std::pair<location, const location_order*>> orders;
    for (const location_order& o : g.orders) {
        orders.emplace_back(location{names.number(o.where.thread), o.where.number}, &o);
    }
    std::sort(orders.begin(), orders.end());
    for (const auto& [where, o] : orders) {
        put(out, event_id{where.thread, where.number});
        out += '|';
        for (const event_id w : o->writes) {
            put(out, event_id{names.number(w.thread), w.index});
            out += ' ';
        }
        out += '\n';
    }
    return out;
}

std::string script_of(const graph& g) {
    std::vector<std::vector<event_id>> placed(g.orders.size());  // writes shown so far, in mo
    std::string out;
    std::uint32_t run_of = 0;
    std::uint32_t run = 0;
    const auto flush = [&] {
        if (run == 0) return;
        put(out, run_of);
        if (run > 1) {
            out += '*';
            put(out, run);
        }
        out += ' ';
        run = 0;
    };
    for (const event_id id : in_order(g)) {
        const event& e = g[id];
        if (e.what == kind::block) continue;
        if (e.what != kind::read && e.what != kind::write && e.what != kind::spawn) {
            if (run > 0 && run_of != id.thread) flush();
            run_of = id.thread;
            ++run;
        } else {
            flush();
            put(out, id.thread);
            if (e.what == kind::read) {
                out += e.how == access::failed ? 'f' : 'r';
                put(out, e.from);
            } else if (e.what == kind::spawn) {
                out += 's';
                put(out, e.child);
            }
        }
        if (e.what != kind::write && e.what != kind::init) {
            if (e.what == kind::read || e.what == kind::spawn) out += ' ';
            continue;
        }
        for (std::size_t o = 0; o < g.orders.size(); ++o) {
            if (g.orders[o].where != e.where) continue;
            const auto& all = g.orders[o].writes;
            const auto rank = [&](event_id w) { return std::find(all.begin(), all.end(), w); };
            auto& so_far = placed[o];
            const auto at = std::find_if(so_far.begin(), so_far.end(),
                                         [&](event_id w) { return rank(id) < rank(w); });
            if (e.what == kind::write) {
                out += 'w';
                put(out, static_cast<std::uint64_t>(at - so_far.begin()));
                out += ' ';
            }
            so_far.insert(at, id);
        }
    }
    flush();
    if (!out.empty()) out.pop_back();
    return out;
}

std::expected<std::vector<script_step>, std::string> parse_script(std::string_view text) {
    std::vector<script_step> steps;
    while (!text.empty()) {
        const std::size_t space = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, space);
        text.remove_prefix(std::min(space + 1, text.size()));
        if (word.empty()) continue;
        script_step step;
        std::uint32_t times = 1;
        if (!read_step(word, step, times) || times > k_times_max) {
            return std::unexpected("replay: cannot read the step \"" + std::string(word) +
                                   "\"; give the replay string of a counterexample as it is");
        }
        steps.insert(steps.end(), times, step);
    }
    return steps;
}

}  // namespace cyclone::model
