// The protocol and the count, see coherence.hpp.
#include "model/coherence.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <utility>

#include "base/cache_line.hpp"
#include "model/json_text.hpp"

namespace cyclone::model::steps {

line_counts& line_counts::operator+=(const line_counts& o) noexcept {
    reads += o.reads;
    writes += o.writes;
    gets += o.gets;
    getm += o.getm;
    upgrades += o.upgrades;
    cold += o.cold;
    transfers += o.transfers;
    dirty += o.dirty;
    invalidations += o.invalidations;
    return *this;
}

mesi::mesi(std::uint32_t cores, int mutant) : cores_(cores), mutant_(mutant) {
    CYCLONE_ASSERT(cores >= 1 && cores <= k_cores_max);
}

line_counts mesi::access(std::uint32_t core, std::uint64_t number, bool writes) {
    CYCLONE_ASSERT(core < cores_);
    line& l = lines_[number];
    const std::uint64_t me = std::uint64_t{1} << core;
    return writes ? write(l, me) : read(l, me);
}

line_counts mesi::read(line& l, std::uint64_t me) const {
    line_counts n{.reads = 1};
    if ((l.holders & me) != 0) return n;
    n.gets = 1;
    if (l.holders == 0) {
        n.cold = 1;
        l.owned = mutant_ != k_no_exclusive;
    } else {
        n.transfers = 1;
        n.dirty = l.dirty ? 1 : 0;
        if (mutant_ != k_no_downgrade) l.owned = false;
    }
    l.dirty = false;  // the owner writes back
    l.holders |= me;
    return n;
}

line_counts mesi::write(line& l, std::uint64_t me) const {
    line_counts n{.writes = 1};
    const bool had = (l.holders & me) != 0;
    if (had && l.owned) {
        l.dirty = true;
        return n;
    }
    const std::uint64_t others = l.holders & ~me;
    if (had) {
        if (mutant_ != k_free_upgrade) n.getm = n.upgrades = 1;
    } else {
        n.getm = 1;
        n.cold = others == 0 ? 1 : 0;
        n.transfers = others == 0 ? 0 : 1;
        n.dirty = l.dirty ? 1 : 0;
    }
    if (mutant_ == k_no_invalidation) {
        l.holders |= me;
    } else {
        n.invalidations = static_cast<std::uint64_t>(std::popcount(others));
        l.holders = me;
    }
    l.owned = true;
    l.dirty = true;
    return n;
}

mesi::state mesi::state_of(std::uint32_t core, std::uint64_t number) const noexcept {
    const auto found = lines_.find(number);
    if (found == lines_.end() || (found->second.holders >> core & 1) == 0) return state::invalid;
    const line& l = found->second;
    if (!l.owned) return state::shared;
    return l.dirty ? state::modified : state::exclusive;
}

namespace {

constexpr std::uint64_t k_line = k_cache_line;

class counter final : public observer {
 public:
    counter(const subject_maker& make, const coherence_options& how)
        : how_(how),
          caches_(how.threads, how.mutant),
          scheduler_({.steps_max = how.steps_max, .tasks_max = how.threads + 1, .recycle = true}),
          subject_(make()),
          current_(how.threads, nullptr) {
        CYCLONE_ASSERT(how.threads >= 1 && how.operations >= 1);
        for (const named_range& r : subject_.ranges) name_lines(r);
    }

    coherence_result run() {
        coherence_result result;
        result.how = how_.how;
        result.threads = how_.threads;
        result.seed = how_.seed;
        scheduler_.watch(this);
        for (std::uint32_t t = 0; t < how_.threads; ++t) {
            scheduler_.add([this, t] {
                for (std::uint64_t i = 0; i < how_.warmup; ++i) operate_once(subject_, t, i);
                counting(t);
                for (std::uint64_t i = 0; i < how_.operations; ++i)
                    operate_once(subject_, t, how_.warmup + i);
            });
        }
        const auto by = schedule();
        by->begin(0);
        const halt stop = scheduler_.drive(*by);
        scheduler_.watch(nullptr);
        result.hash = scheduler_.hash();
        if (stop == halt::failed) result.broken = scheduler_.failed().message;
        if (stop == halt::stuck) result.broken = "deadlock: " + scheduler_.waits();
        if (stop == halt::too_long)
            result.broken =
                std::to_string(how_.steps_max) + " steps without an end; raise steps_max";
        for (auto& [name, cost] : costs_) result.operations.push_back(finished(name, cost));
        return result;
    }

 private:
    struct tally {
        operation_cost cost;
        std::map<std::uint64_t, line_counts> lines;
    };

    /// Warm-up is over for this thread.
    void counting(std::uint32_t thread) {
        if (counts_.empty()) counts_.assign(how_.threads, false);
        counts_[thread] = true;
    }

    void began(std::uint32_t task, const char* name) override {
        const bool on = !counts_.empty() && counts_[task];
        current_[task] = on ? &costs_[name] : nullptr;
        if (on) ++costs_[name].cost.calls;
    }

    void ended(std::uint32_t task, const char*, std::uint64_t own_steps, outcome how) override {
        if (tally* const now = std::exchange(current_[task], nullptr)) {
            now->cost.steps += own_steps;
            if (how == outcome::done) ++now->cost.done;
        }
    }

    void stepped(std::uint32_t task, const point& p, bool changed) override {
        tally* const now = current_[task];
        if (now != nullptr) tell(now->cost, p, changed);
        if (p.size == 0 || p.what == action::notify || p.what == action::dispose) return;
        const bool writes = p.what != action::wait && may_write(p);
        const auto first = reinterpret_cast<std::uintptr_t>(p.where) / k_line;
        const auto last = (reinterpret_cast<std::uintptr_t>(p.where) + p.size - 1) / k_line;
        for (std::uint64_t line = first; line <= last; ++line) {
            names_.try_emplace(line, "");
            if (names_[line].empty()) names_[line] = "L" + std::to_string(unnamed_++);
            const line_counts n = caches_.access(task, line, writes);
            if (now == nullptr) continue;
            now->cost.all += n;
            now->lines[line] += n;
        }
    }

    static void tell(operation_cost& c, const point& p, bool changed) {
        switch (p.what) {
            case action::load: ++c.loads; break;
            case action::store:
                ++c.stores;
                if (p.order == std::memory_order_seq_cst) ++c.seq_cst_stores;
                break;
            case action::rmw:
            case action::compare_exchange:
                ++c.rmws;
                if (!changed) ++c.rmws_in_vain;
                break;
            case action::fence:
                ++c.fences;
                if (p.order == std::memory_order_seq_cst) ++c.full_fences;
                break;
            case action::get:
            case action::set: ++c.plain; break;
            case action::lock:
            case action::try_lock:
            case action::unlock: ++c.locks; break;
            case action::pause: ++c.pauses; break;
            case action::wait: ++c.loads; break;
            case action::notify:
            case action::sleep:
            case action::take:
            case action::post: ++c.calls_of_system; break;
            case action::make:
            case action::dispose:
            case action::join:
            case action::park: break;
        }
    }

    void name_lines(const named_range& r) {
        const auto from = reinterpret_cast<std::uintptr_t>(r.where);
        const std::uint64_t first = from / k_line;
        for (std::uint64_t line = first;
             line <= (from + std::max<std::size_t>(r.bytes, 1) - 1) / k_line; ++line) {
            std::string& name = names_[line];
            if (!name.empty()) name += ",";  // names that share a line
            name += r.name + (line == first ? "" : "+" + std::to_string(line - first));
        }
    }

    [[nodiscard]] std::unique_ptr<strategy> schedule() const {
        switch (how_.how) {
            case traffic::round_robin: return round_robin();
            case traffic::random: return random_walk(how_.seed);
            case traffic::bursts: return bursts(how_.seed, how_.mean_burst);
            case traffic::alone: return repeat({}, false);
        }
        return round_robin();
    }

    [[nodiscard]] operation_cost finished(const std::string& name, tally& t) const {
        t.cost.name = name;
        for (const auto& [line, n] : t.lines) t.cost.lines.push_back({names_.at(line), n});
        std::sort(t.cost.lines.begin(), t.cost.lines.end(),
                  [](const line_use& a, const line_use& b) {
                      return a.counts.transfers != b.counts.transfers
                                 ? a.counts.transfers > b.counts.transfers
                                 : a.line < b.line;
                  });
        return std::move(t.cost);
    }

    coherence_options how_;
    mesi caches_;
    scheduler scheduler_;
    subject subject_;
    std::vector<tally*> current_;  ///< [task] the operation it is in, if that counts
    std::vector<bool> counts_;
    std::map<std::string, tally> costs_;
    std::map<std::uint64_t, std::string> names_;
    std::size_t unnamed_ = 0;
};

std::string to_json(const line_counts& n) {
    return json_object()
        .add("reads", n.reads)
        .add("writes", n.writes)
        .add("gets", n.gets)
        .add("getm", n.getm)
        .add("upgrades", n.upgrades)
        .add("cold", n.cold)
        .add("transfers", n.transfers)
        .add("dirty", n.dirty)
        .add("invalidations", n.invalidations)
        .text();
}

std::string to_json(const operation_cost& c) {
    return json_object()
        .add("name", c.name)
        .add("calls", c.calls)
        .add("done", c.done)
        .add("steps", c.steps)
        .add("loads", c.loads)
        .add("stores", c.stores)
        .add("rmws", c.rmws)
        .add("rmws_in_vain", c.rmws_in_vain)
        .add("seq_cst_stores", c.seq_cst_stores)
        .add("fences", c.fences)
        .add("full_fences", c.full_fences)
        .add("plain", c.plain)
        .add("locks", c.locks)
        .add("pauses", c.pauses)
        .add("calls_of_system", c.calls_of_system)
        .raw("all", to_json(c.all))
        .raw("lines", json_array(c.lines,
                                 [](const line_use& u) {
                                     return json_object()
                                         .add("line", u.line)
                                         .raw("counts", to_json(u.counts))
                                         .text();
                                 }))
        .text();
}

}  // namespace

std::string_view name_of(traffic t) noexcept {
    switch (t) {
        case traffic::round_robin: return "round robin";
        case traffic::random: return "random";
        case traffic::bursts: return "bursts";
        case traffic::alone: return "alone";
    }
    return "?";
}

const line_use* operation_cost::line(std::string_view wanted) const noexcept {
    for (const line_use& u : lines)
        if (u.line == wanted) return &u;
    return nullptr;
}

const operation_cost* coherence_result::operation(std::string_view wanted) const noexcept {
    for (const operation_cost& c : operations)
        if (c.name == wanted) return &c;
    return nullptr;
}

coherence_result count_coherence(const subject_maker& make, const coherence_options& how) {
    return counter(make, how).run();
}

std::string to_json(const coherence_result& r) {
    json_object o;
    o.add("schedule", name_of(r.how)).add("threads", r.threads).add("seed", r.seed);
    if (!r.broken.empty()) o.add("broken", r.broken);
    o.raw("operations",
          json_array(r.operations, [](const operation_cost& c) { return to_json(c); }));
    return o.text();
}

}  // namespace cyclone::model::steps
