// One exploration after the other; texts at the end.

#include "model/weaken.hpp"

#include <algorithm>
#include <cstdio>

#include "model/trace.hpp"

namespace cyclone::model {
namespace {

const char* fate_text(fate_of f) {
    switch (f) {
        case fate_of::caught: return "caught";
        case fate_of::survived: return "survived";
        case fate_of::undecided: return "undecided";
    }
    return "?";
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string change_text(const weakening& w) {
    const std::memory_order from = w.failure ? w.site.failure : w.site.order;
    return std::string(order_text(from)) + " -> " + order_text(w.to) +
           (w.failure ? " (failure)" : "");
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += ' ';
        } else {
            out += c;
        }
    }
    return out;
}

bool same_use(const site_use& a, const site_use& b) {
    return a.where == b.where && a.what == b.what && a.order == b.order && a.failure == b.failure;
}

void try_one(const options& how, const std::vector<named_body>& scenarios, weakening& row) {
    options weaker = how;
    weaker.weaken[row.site.where + (row.failure ? ":failure" : "")] = row.to;
    for (const named_body& s : scenarios) {
        const result r = check(weaker, s.body);
        row.graphs += r.complete + r.blocked;
        row.seconds += r.seconds;
        if (r.said == verdict::failed) {
            row.came_to = fate_of::caught;
            row.what = r.found->what;
            row.scenario = s.name;
            row.message = r.found->message;
            return;
        }
        if (r.said == verdict::partial && row.came_to != fate_of::undecided) {
            row.came_to = fate_of::undecided;
            row.scenario = s.name;
            row.message = r.bound;
        }
    }
}

}  // namespace

const char* fault_text(fault f) noexcept {
    switch (f) {
        case fault::none: return "none";
        case fault::requirement: return "requirement";
        case fault::race: return "race";
        case fault::uninitialised: return "uninitialised";
        case fault::use_after_free: return "use_after_free";
        case fault::double_free: return "double_free";
        case fault::leak: return "leak";
        case fault::deadlock: return "deadlock";
        case fault::not_linearizable: return "not_linearizable";
        case fault::too_long: return "too_long";
        case fault::inconsistent: return "inconsistent";
    }
    return "?";
}

std::vector<std::memory_order> weaker_orders(site_use::kind_of what, std::memory_order order) {
    using enum std::memory_order;
    const bool reads = what != site_use::kind_of::store;
    const bool writes = what != site_use::kind_of::load;
    std::vector<std::memory_order> out;
    if (order == seq_cst && reads && writes) out.push_back(acq_rel);
    if (reads && (order == seq_cst || order == acq_rel)) out.push_back(acquire);
    if (writes && (order == seq_cst || order == acq_rel)) out.push_back(release);
    if (order != relaxed) out.push_back(relaxed);
    return out;
}

weaken_report weaken(const options& how, const std::vector<named_body>& scenarios) {
    weaken_report report;
    std::vector<site_use> uses;
    for (const named_body& s : scenarios) {
        const result r = check(how, s.body);
        if (r.said == verdict::failed || (r.said == verdict::partial && how.how != mode::random)) {
            report.unsound = s.name + ": " + (r.found ? r.found->message : r.bound);
            return report;
        }
        for (const site_use& use : r.uses) {
            const auto known = [&](const site_use& u) { return same_use(u, use); };
            if (std::none_of(uses.begin(), uses.end(), known)) uses.push_back(use);
        }
    }
    for (const site_use& use : uses) {
        for (const std::memory_order to : weaker_orders(use.what, use.order)) {
            report.rows.push_back({use, false, to, fate_of::survived, fault::none, {}, {}, 0, 0});
        }
        if (use.what != site_use::kind_of::compare) continue;
        for (const std::memory_order to : weaker_orders(site_use::kind_of::load, use.failure)) {
            report.rows.push_back({use, true, to, fate_of::survived, fault::none, {}, {}, 0, 0});
        }
    }
    for (weakening& row : report.rows) try_one(how, scenarios, row);
    return report;
}

std::size_t weaken_report::count(fate_of f) const {
    return static_cast<std::size_t>(std::count_if(
        rows.begin(), rows.end(), [&](const weakening& w) { return w.came_to == f; }));
}

std::string weaken_report::table() const {
    if (!unsound.empty()) return "unsound: " + unsound + "\n";
    std::string out;
    for (const weakening& w : rows) {
        out += padded(w.site.where, 28) + padded(change_text(w), 26) +
               padded(fate_text(w.came_to), 11);
        if (w.came_to == fate_of::caught) out += padded(fault_text(w.what), 17);
        if (!w.scenario.empty()) out += w.scenario;
        while (!out.empty() && out.back() == ' ') out.pop_back();
        out += '\n';
    }
    return out;
}

std::string weaken_report::json_lines() const {
    std::string out;
    for (const weakening& w : rows) {
        char figures[96];
        std::snprintf(figures, sizeof figures, R"("graphs":%llu,"seconds":%.6f)",
                      static_cast<unsigned long long>(w.graphs), w.seconds);
        const std::memory_order from = w.failure ? w.site.failure : w.site.order;
        out += R"({"site":")" + escaped(w.site.where) + R"(","failure":)" +
               (w.failure ? "true" : "false") + R"(,"from":")" + order_text(from) + R"(","to":")" +
               order_text(w.to) + R"(","fate":")" + fate_text(w.came_to) + R"(","fault":")" +
               fault_text(w.what) + R"(","scenario":")" + escaped(w.scenario) + R"(","message":")" +
               escaped(w.message) + R"(",)" + figures + "}\n";
    }
    return out;
}

}  // namespace cyclone::model
