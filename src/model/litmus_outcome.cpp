// What graphs of litmus programs say: whether they are executions of the program, and which.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <stdexcept>

#include "model/litmus.hpp"

namespace cyclone::model::litmus {
namespace {

bool of_program(const event& e) noexcept {
    return e.what == kind::read || e.what == kind::write || e.what == kind::fence ||
           e.what == kind::get || e.what == kind::set;
}

/// The locations of a graph in the order in which the main thread made them.
std::vector<location> places(const graph& g) {
    std::vector<location> all;
    for (const auto& t : g.threads)
        for (const event& e : t)
            if (e.what == kind::init) all.push_back(e.where);
    return all;
}

/// Goes through one thread of a graph beside the program. Each step says whether they agree.
class follower {
 public:
    follower(const graph& g, std::uint32_t thread) : places_(places(g)) {
        for (const event& e : g.threads[thread])
            if (of_program(e)) events_.push_back(&e);
    }

    bool step(const instruction& i, registers& file) {
        if (i.what == action::fence) return next(kind::fence, i.order) != nullptr;
        if (i.what == action::store) return write(i, access::plain, i.value.in(file));
        if (i.what == action::set) return next(kind::set, i.where) != nullptr;
        if (i.what == action::get) return next(kind::get, i.where) != nullptr;
        word seen = 0;
        if (!read(i, file, seen)) return false;
        if (i.into) file[*i.into] = seen;
        return true;
    }
    [[nodiscard]] bool at_end() const noexcept { return at_ == events_.size(); }

 private:
    const event* next(kind what) {
        if (at_ == events_.size() || events_[at_]->what != what) return nullptr;
        return events_[at_++];
    }
    const event* next(kind what, std::memory_order order) {
        const event* const e = next(what);
        return e != nullptr && e->order == order ? e : nullptr;
    }
    const event* next(kind what, std::size_t where) {
        const event* const e = next(what);
        return e != nullptr && where < places_.size() && e->where == places_[where] ? e : nullptr;
    }
    bool write(const instruction& i, access how, word value) {
        const event* const e = next(kind::write, i.where);
        return e != nullptr && e->order == i.order && e->how == how && e->value == value;
    }
    bool read(const instruction& i, const registers& file, word& seen) {
        const event* const e = next(kind::read, i.where);
        if (e == nullptr) return false;
        seen = e->value;
        if (i.what == action::load) return e->how == access::plain && e->order == i.order;
        if (compares(i.what)) {
            const bool equal = seen == i.expected.in(file);
            const bool may_fail = !equal || (i.what == action::weak && failures_++ == 0);
            if (e->how == access::failed) return may_fail && e->order == i.failure;
            if (!equal) return false;
        }
        if (e->how != access::rmw || e->order != i.order) return false;
        const word value = i.value.in(file);
        return write(i, access::rmw, i.what == action::add ? seen + value : value);
    }

    std::vector<const event*> events_;
    std::vector<location> places_;
    std::size_t at_ = 0;
    unsigned failures_ = 0;  ///< weak compare-exchanges that need not have failed
};

}  // namespace

std::optional<outcome> replay(const program& p, const graph& g, std::string& wrong) {
    outcome out;
    if (g.threads.size() != p.threads.size() + 1) {
        wrong = fmt::format("{} threads for a program of {}", g.threads.size(), p.threads.size());
        return std::nullopt;
    }
    for (std::uint32_t t = 0; t < p.threads.size(); ++t) {
        follower events(g, t + 1);
        registers file{};
        for (std::size_t i = 0; i < p.threads[t].size(); ++i) {
            const instruction& now = p.threads[t][i];
            if (now.only_if && file[now.only_if->reg] != now.only_if->equals) continue;
            if (events.step(now, file)) continue;
            wrong =
                fmt::format("thread {}, instruction {}: the graph has another event", t + 1, i + 1);
            return std::nullopt;
        }
        if (!events.at_end()) {
            wrong = fmt::format("thread {}: events that no instruction made", t + 1);
            return std::nullopt;
        }
        out.threads.push_back(file);
    }
    for (const location where : places(g)) {
        const location_order* const o = g.order_of(where);
        out.memory.push_back(o == nullptr || o->writes.empty() ? 0 : g[o->writes.back()].value);
    }
    return out;
}

namespace {

[[noreturn]] void no_term(std::string_view term) {
    throw std::invalid_argument(fmt::format(
        "\"{}\": expected thread:register=value as in 1:r0=2, or location=value", term));
}

word number(std::string_view text, std::string_view term) {
    word value = 0;
    const auto [stop, bad] = std::from_chars(text.begin(), text.end(), value);
    if (text.empty() || bad != std::errc{} || stop != text.end()) no_term(term);
    return value;
}

bool term_holds(const program& p, const outcome& o, std::string_view term) {
    const std::size_t equals = term.find('='), colon = term.find(':');
    if (equals == std::string_view::npos) no_term(term);
    const word wanted = number(term.substr(equals + 1), term);
    if (colon != std::string_view::npos) {
        const word thread = number(term.substr(0, colon), term);
        if (equals != colon + 3 || term[colon + 1] != 'r') no_term(term);
        const word reg = number(term.substr(colon + 2, 1), term);
        if (thread < 1 || thread > o.threads.size() || reg >= k_registers) no_term(term);
        return o.threads[thread - 1][reg] == wanted;
    }
    for (std::size_t k = 0; k < p.locations.size(); ++k)
        if (p.locations[k].name == term.substr(0, equals)) return o.memory.at(k) == wanted;
    no_term(term);
}

void add_shape(std::string& text, const graph& g, const std::vector<std::vector<std::size_t>>& ids,
               const event& e) {
    constexpr const char* k_signs[] = {"I", "R", "W", "F", "g", "s"};
    text += k_signs[static_cast<std::size_t>(e.what)];
    if (e.what == kind::fence) return;
    text += std::to_string(e.where.number);
    if (e.what == kind::get || e.what == kind::set) return;  // plain data has a value if no race
    text += fmt::format("={}", e.value);
    if (e.how == access::rmw) text += "!";
    if (e.how == access::failed) text += "?";
    if (e.what != kind::read) return;
    if (e.from.thread >= ids.size() || e.from.index >= ids[e.from.thread].size()) {
        text += "<nothing";
    } else if (g[e.from].what == kind::init) {
        text += "<0";
    } else {
        text += fmt::format("<{}.{}", e.from.thread, ids[e.from.thread][e.from.index]);
    }
}

}  // namespace

bool holds(const program& p, const outcome& o, std::string_view terms) {
    bool all = true;
    while (!terms.empty()) {
        const std::size_t blank = std::min(terms.find(' '), terms.size());
        if (blank > 0) all = term_holds(p, o, terms.substr(0, blank)) && all;
        terms.remove_prefix(std::min(blank + 1, terms.size()));
    }
    return all;
}

std::string text_of(const program& p, const outcome& o) {
    std::string text;
    for (std::size_t t = 0; t < o.threads.size() && t < p.threads.size(); ++t) {
        std::array<bool, k_registers> used{};
        for (const instruction& i : p.threads[t])
            if (i.into) used[*i.into] = true;
        for (std::size_t r = 0; r < k_registers; ++r)
            if (used[r]) text += fmt::format("{}:r{}={} ", t + 1, r, o.threads[t][r]);
    }
    for (std::size_t k = 0; k < p.locations.size() && k < o.memory.size(); ++k)
        if (!p.locations[k].plain) text += fmt::format("{}={} ", p.locations[k].name, o.memory[k]);
    if (!text.empty()) text.pop_back();
    return text;
}

std::string shape_of(const graph& g) {
    std::vector<std::vector<std::size_t>> ids;  // number of each event among those of the program
    for (const auto& t : g.threads) {
        std::size_t count = 0;
        ids.emplace_back();
        for (const event& e : t) ids.back().push_back(of_program(e) ? count++ : count);
    }
    std::string text;
    for (std::size_t t = 1; t < g.threads.size(); ++t) {
        text += fmt::format("{}:", t);
        for (const event& e : g.threads[t])
            if (of_program(e)) {
                text += ' ';
                add_shape(text, g, ids, e);
            }
        text += '\n';
    }
    for (const location where : places(g)) {
        const location_order* const o = g.order_of(where);
        if (o == nullptr) continue;
        text += fmt::format("{}:", where.number);
        for (const event_id w : o->writes)
            text += g[w].what == kind::init
                        ? std::string(" 0")
                        : fmt::format(" {}.{}", w.thread, ids[w.thread][w.index]);
        text += '\n';
    }
    return text;
}

}  // namespace cyclone::model::litmus
