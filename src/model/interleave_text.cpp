// What the second engine writes: traces, replay strings, results as JSON.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "model/interleave.hpp"
#include "model/json_text.hpp"

namespace cyclone::model::steps {
namespace {

constexpr std::string_view k_head = "steps1:";

/// Cuts what comes before `mark` off the front of `text`; nothing if there is no mark.
std::optional<std::string_view> cut(std::string_view& text, char mark) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view front = text.substr(0, at);
    text.remove_prefix(at + 1);
    return front;
}

template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    const char* const end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data(), end, value);
    if (status != std::errc{} || stop != end) return std::nullopt;
    return value;
}

/// "2.3>1": when thread 2 has taken 3 steps, and took the last one, 1 goes on. "-.0>1": at first.
std::optional<decision> parse_decision(std::string_view text) {
    const auto last = cut(text, '.');
    const auto steps = cut(text, '>');
    if (!last || !steps) return std::nullopt;
    const auto who = *last == "-" ? std::optional(k_no_task) : number<std::uint32_t>(*last);
    const auto when = number<std::uint64_t>(*steps);
    const auto chosen = number<std::uint32_t>(text);
    if (!who || !when || !chosen) return std::nullopt;
    return decision{*who, *when, *chosen};
}

std::string value_text(scheduler& s, std::uint64_t value) {
    // Addresses differ from process to process; names do not.
    const void* const block = reinterpret_cast<const void*>(value);
    if (value != 0 && s.size_of(block) > 0) return "&" + s.name_of_memory(block);
    if (value < 1'000'000) return std::to_string(value);
    if (value > ~std::uint64_t{0} - 1'000'000)
        return "-" + std::to_string(~value + 1);  // a small negative number
    return fmt::format("{:#x}", value);
}

/// Tells for each read which step it reads from.
class sources {
 public:
    /// " <- t1#4" for a read of what a step wrote; and notes what this one writes.
    std::string of(const log_entry& e, std::uint64_t own) {
        std::string said;
        if (e.step.size == 0) return said;
        const auto found = last_.find(e.step.where);
        const bool reads = e.step.what != action::store && e.step.what != action::set &&
                           e.step.what != action::notify && e.step.what != action::dispose;
        if (reads && found != last_.end())
            said = fmt::format(" <- t{}#{}", found->second.first, found->second.second);
        if (e.changed) last_[e.step.where] = {e.task, own};
        return said;
    }

 private:
    std::map<const void*, std::pair<std::uint32_t, std::uint64_t>> last_;
};

std::string cell(scheduler& s, const log_entry& e, std::uint64_t own, sources& from) {
    const point& p = e.step;
    std::string said = fmt::format("#{} ", own);
    if (e.operation != nullptr) said += std::string(e.operation) + ": ";
    said += name_of(p.what);
    const bool ordered = p.what == action::load || p.what == action::store ||
                         p.what == action::rmw || p.what == action::compare_exchange ||
                         p.what == action::fence || p.what == action::wait;
    if (ordered) said += " " + std::string(name_of(p.order));
    if (p.size > 0) said += " " + s.name_of_memory(p.where);
    const bool valued = p.size > 0 && p.what != action::get && p.what != action::set &&
                        p.what != action::notify && p.what != action::dispose;
    if (valued) said += (e.changed ? " := " : " = ") + value_text(s, e.value);
    if (p.what == action::sleep) said += fmt::format(", now {}", e.now);
    return said + from.of(e, own) + " (" + text(p.site) + ")";
}

}  // namespace

std::string trace_of(scheduler& s) {
    const std::vector<log_entry>& log = s.log();
    sources from;
    std::vector<std::uint64_t> own(s.tasks(), 0);
    std::vector<std::size_t> width(s.tasks(), 0);
    std::vector<std::string> cells;
    for (const log_entry& e : log) {
        cells.push_back(cell(s, e, ++own[e.task], from));
        width[e.task] = std::max(width[e.task], cells.back().size());
    }
    std::string out = "      ";
    for (std::uint32_t t = 0; t < s.tasks(); ++t)
        out +=
            fmt::format("| {:<{}} ", "t" + std::to_string(t), std::max<std::size_t>(width[t], 2));
    out += "\n";
    for (std::size_t i = 0; i < log.size(); ++i) {
        out += fmt::format("{:>5} ", i + 1);
        for (std::uint32_t t = 0; t < s.tasks(); ++t) {
            out += fmt::format("| {:<{}} ", t == log[i].task ? cells[i] : "",
                               std::max<std::size_t>(width[t], 2));
        }
        while (out.back() == ' ') out.pop_back();
        out += "\n";
    }
    return out;
}

std::string_view name_of(tactic t) noexcept {
    switch (t) {
        case tactic::random_walk: return "random walk";
        case tactic::pct: return "PCT";
        case tactic::pos: return "POS";
        case tactic::round_robin: return "round robin";
        case tactic::bursts: return "bursts";
        case tactic::exhaustive: return "exhaustive search";
    }
    return "?";
}

std::string_view words_for(fault f) noexcept {
    switch (f) {
        case fault::none: return "nothing";
        case fault::requirement: return "requirement";
        case fault::race: return "race";
        case fault::uninitialised: return "uninitialised";
        case fault::use_after_free: return "use after free";
        case fault::double_free: return "double free";
        case fault::leak: return "leak";
        case fault::deadlock: return "deadlock";
        case fault::not_linearizable: return "not linearizable";
        case fault::too_long: return "too long";
        case fault::inconsistent: return "inconsistent";
    }
    return "?";
}

std::string to_string(const replay_text& r) {
    std::string out = std::string(k_head) + seed_text(r.seed) + (r.plain_steps ? ":p1:" : ":p0:");
    bool first = true;
    for (const decision& d : r.decisions) {
        if (!first) out += ",";
        first = false;
        out += d.last == k_no_task ? std::string("-") : std::to_string(d.last);
        out += "." + std::to_string(d.last_steps) + ">" + std::to_string(d.chosen);
    }
    return out;
}

std::optional<replay_text> parse_replay(std::string_view text) {
    if (!text.starts_with(k_head)) return std::nullopt;
    text.remove_prefix(k_head.size());
    const auto seed_part = cut(text, ':');
    const auto plain = cut(text, ':');
    if (!seed_part || !plain || (*plain != "p0" && *plain != "p1")) return std::nullopt;
    const auto seed = parse_seed(*seed_part);
    if (!seed) return std::nullopt;
    replay_text out{.seed = *seed, .plain_steps = *plain == "p1", .decisions = {}};
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const auto d = parse_decision(text.substr(0, comma));
        if (!d) return std::nullopt;
        out.decisions.push_back(*d);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
        if (text.empty()) return std::nullopt;
    }
    return out;
}

std::string to_json(const interleave_result& r) {
    json_object o;
    o.add("verdict", r.said == verdict::passed   ? "passed"
                     : r.said == verdict::failed ? "failed"
                                                 : "partial");
    if (!r.bound.empty()) o.add("bound", r.bound);
    o.add("runs", r.runs).add("distinct", r.distinct).add("redundant", r.redundant);
    o.add("steps", r.steps).add("steps_most", r.steps_most).add("threads_most", r.threads_most);
    if (r.chance > 0) o.raw("chance", fmt::format("{:.3g}", r.chance));
    o.raw("seconds", fmt::format("{:.3f}", r.seconds));
    if (r.found) {
        json_object f;
        f.add("fault", words_for(r.found->what)).add("message", r.found->message);
        f.add("replay", r.found->replay).add("run", r.found->run).add("steps", r.found->steps);
        f.add("decisions", r.found->decisions).add("decisions_found", r.found->decisions_found);
        o.raw("found", f.text());
    }
    return o.text();
}

}  // namespace cyclone::model::steps
