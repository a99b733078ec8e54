// Texts and drawings. Nothing here decides anything.

#include "model/trace.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace cyclone::model {
namespace {

void put(std::string& out, std::uint64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

const char* word_of(const event& e) {
    switch (e.what) {
        case kind::init: return "init";
        case kind::read:
            return e.how == access::plain ? "load" : e.how == access::rmw ? "rmw" : "cas-failed";
        case kind::write: return e.how == access::rmw ? "  writes" : "store";
        case kind::fence: return "fence";
        case kind::get: return "get";
        case kind::set: return "set";
        case kind::make: return "make";
        case kind::dispose: return "dispose";
        case kind::spawn: return "spawn";
        case kind::begin: return "begin";
        case kind::end: return "end";
        case kind::join: return "join";
        case kind::call: return "call";
        case kind::back: return "back";
        case kind::block: return "WAITS";
    }
    return "?";
}

bool has_order(const event& e) noexcept {
    return e.what == kind::read || e.what == kind::write || e.what == kind::fence;
}

bool has_value(const event& e) noexcept {
    return e.what == kind::read || e.what == kind::write || e.what == kind::init ||
           e.what == kind::get || e.what == kind::set;
}

std::string id_text(event_id id) {
    std::string out = "t";
    put(out, id.thread);
    out += '#';
    put(out, id.index);
    return out;
}

std::string value_text(std::uint64_t value, const value_namer& named) {
    std::string out = named ? named(value) : std::string{};
    if (!out.empty()) return out;
    if (value >> 63) {  // more often a small negative number than a huge one
        out = "-";
        put(out, ~value + 1);
    } else {
        put(out, value);
    }
    return out;
}

// What an event did, without its number and place.
std::string deed_text(const graph& g, event_id id, const value_namer& named) {
    const event& e = g[id];
    std::string out = word_of(e);
    if (has_order(e) && !(e.what == kind::write && e.how == access::rmw)) {
        out += ' ';
        out += order_text(e.order);
    }
    if (e.where != k_nowhere) out += ' ' + location_text(g, e.where);
    if (has_value(e)) out += " = " + value_text(e.value, named);
    if (e.what == kind::read) out += " <- " + id_text(e.from);
    if (e.what == kind::spawn || e.what == kind::join) {
        out += " t";
        put(out, e.child);
    }
    if (e.what == kind::call || e.what == kind::back) {
        out += ' ';
        put(out, e.value);
        if (e.name != nullptr) out += std::string(" ") + e.name;
    }
    return out;
}

std::string cell_text(const graph& g, event_id id, const value_namer& named) {
    const event& e = g[id];
    std::string out = "#";
    put(out, id.index);
    out += ' ' + deed_text(g, id, named);
    const bool placed = e.what != kind::begin && e.what != kind::end;
    if (placed && e.site.line() != 0) out += " (" + site_text(e.site) + ")";
    return out;
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace

const char* order_text(std::memory_order order) noexcept {
    switch (order) {
        case std::memory_order_relaxed: return "rlx";
        case std::memory_order_consume:
        case std::memory_order_acquire: return "acq";
        case std::memory_order_release: return "rel";
        case std::memory_order_acq_rel: return "acq_rel";
        case std::memory_order_seq_cst: return "sc";
    }
    return "?";
}

std::string site_text(const std::source_location& site) {
    std::string_view file = site.file_name();
    if (const std::size_t slash = file.rfind('/'); slash != file.npos)
        file.remove_prefix(slash + 1);
    std::string out(file);
    out += ':';
    put(out, site.line());
    return out;
}

std::string location_text(const graph& g, location where) {
    if (where.thread < g.threads.size()) {
        for (const event& e : g.threads[where.thread]) {
            const bool made = e.what == kind::init || e.what == kind::make;
            if (made && e.where == where && e.name != nullptr) return e.name;
        }
    }
    std::string out = "x";
    put(out, where.thread);
    out += '.';
    put(out, where.number);
    return out;
}

std::string event_text(const graph& g, event_id id, const value_namer& named) {
    std::string out = id_text(id) + ' ' + deed_text(g, id, named);
    if (g[id].site.line() != 0) out += " (" + site_text(g[id].site) + ")";
    return out;
}

std::vector<event_id> in_order(const graph& g) {
    const std::size_t threads = g.threads.size();
    std::vector<std::uint32_t> done(threads, 0);
    std::vector<char> begun(threads, 1);
    std::vector<char> ended(threads, 0);
    for (const auto& t : g.threads) {
        for (const event& e : t) {
            if (e.what == kind::spawn && e.child < threads) begun[e.child] = 0;
        }
    }
    const auto ready = [&](std::uint32_t t) {
        const event& e = g.threads[t][done[t]];
        if (e.what == kind::begin) return begun[t] != 0;
        if (e.what == kind::join) return e.child < threads && ended[e.child] != 0;
        return e.what != kind::read || done[e.from.thread] > e.from.index;
    };
    std::vector<event_id> order;
    const std::size_t all = g.size();
    order.reserve(all);
    while (order.size() < all) {
        std::uint32_t best = k_no_event.thread;
        std::uint32_t any = k_no_event.thread;
        for (std::uint32_t t = 0; t < threads; ++t) {
            if (done[t] == g.threads[t].size()) continue;
            any = t;
            if (!ready(t)) continue;
            const auto stamp = [&](std::uint32_t u) { return g.threads[u][done[u]].stamp; };
            if (best == k_no_event.thread || stamp(t) < stamp(best)) best = t;
        }
        if (best == k_no_event.thread) best = any;  // no execution: shown nevertheless
        do {
            const event& e = g.threads[best][done[best]];
            if (e.what == kind::spawn && e.child < threads) begun[e.child] = 1;
            if (e.what == kind::end) ended[best] = 1;
            order.push_back({best, done[best]++});
        } while (done[best] < g.threads[best].size() &&
                 g.threads[best][done[best]].what == kind::block);
    }
    return order;
}

std::string trace_text(const graph& g, const value_namer& named) {
    const std::vector<event_id> order = in_order(g);
    std::vector<std::size_t> width(g.threads.size(), 2);
    std::vector<std::string> cells;
    cells.reserve(order.size());
    for (const event_id id : order) {
        cells.push_back(cell_text(g, id, named));
        width[id.thread] = std::max(width[id.thread], cells.back().size());
    }
    std::string out;
    const auto line = [&](std::uint32_t at, const std::string& text) {
        std::string row;
        for (std::uint32_t t = 0; t < g.threads.size(); ++t) {
            if (g.threads[t].empty()) continue;
            const std::string shown = t == at ? text : std::string{};
            row += shown + std::string(width[t] - shown.size(), ' ') + " | ";
        }
        while (!row.empty() && (row.back() == ' ')) row.pop_back();
        return row;
    };
    for (std::uint32_t t = 0; t < g.threads.size(); ++t) {
        if (g.threads[t].empty()) continue;
        std::string head = "t";
        put(head, t);
        out += head + std::string(width[t] - head.size(), ' ') + " | ";
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
    for (std::size_t i = 0; i < order.size(); ++i) out += line(order[i].thread, cells[i]) + '\n';
    for (const location_order& o : g.orders) {
        if (o.writes.size() < 2) continue;
        out += "mo " + location_text(g, o.where) + ":";
        for (const event_id w : o.writes) out += ' ' + id_text(w);
        out += '\n';
    }
    return out;
}

std::string trace_dot(const graph& g, const value_namer& named) {
    std::string out = "digraph execution {\n  node [shape=box fontname=monospace fontsize=10];\n";
    for (std::uint32_t t = 0; t < g.threads.size(); ++t) {
        out += "  subgraph cluster_t";
        put(out, t);
        out += " { label=\"t";
        put(out, t);
        out += "\";\n";
        for (std::uint32_t i = 0; i < g.threads[t].size(); ++i) {
            out += "    " + quoted(id_text({t, i})) +
                   " [label=" + quoted(cell_text(g, {t, i}, named)) + "];\n";
            if (i > 0)
                out +=
                    "    " + quoted(id_text({t, i - 1})) + " -> " + quoted(id_text({t, i})) + ";\n";
        }
        out += "  }\n";
    }
    const auto edge = [&](event_id from, event_id to, const char* how) {
        out += "  " + quoted(id_text(from)) + " -> " + quoted(id_text(to)) + how;
    };
    std::vector<event_id> last(g.threads.size(), k_no_event);
    for (std::uint32_t t = 0; t < g.threads.size(); ++t) {
        for (std::uint32_t i = 0; i < g.threads[t].size(); ++i) {
            const event& e = g.threads[t][i];
            if (e.what == kind::read) edge(e.from, {t, i}, " [color=darkgreen label=rf];\n");
            if (e.what == kind::spawn) edge({t, i}, {e.child, 0}, " [style=dashed];\n");
            if (e.what != kind::join || e.child >= g.threads.size()) continue;
            const auto size = static_cast<std::uint32_t>(g.threads[e.child].size());
            edge({e.child, size - 1}, {t, i}, " [style=dashed];\n");
        }
    }
    for (const location_order& o : g.orders) {
        for (std::size_t i = 1; i < o.writes.size(); ++i) {
            edge(o.writes[i - 1], o.writes[i], " [color=orange constraint=false label=mo];\n");
        }
    }
    return out + "}\n";
}

}  // namespace cyclone::model
