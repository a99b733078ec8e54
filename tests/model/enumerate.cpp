// All choices of rf and mo, judged by the axioms.
#include "enumerate.hpp"

#include <algorithm>

namespace cyclone::model::test {

using litmus::action;
using litmus::instruction;
using litmus::program;
using litmus::registers;
using litmus::word;

execution::execution(const program& p) : orders(p.locations.size()) {
    for (const auto& t : p.threads) deeds.emplace_back(t.size());
}

void act(const instruction& i, const registers& file, word seen, bool spurious, deed& d) {
    const word value = i.value.in(file);
    d.done = true;
    d.seen = seen;
    d.failed = litmus::compares(i.what) && (spurious || seen != i.expected.in(file));
    d.wrote = litmus::writes(i.what) && !d.failed;
    d.written = i.what == action::add ? seen + value : value;
}

namespace {

event event_of(kind what, location where = k_nowhere) {
    event e;
    e.what = what;
    e.where = where;
    return e;
}

class graph_maker {
 public:
    graph_maker(const program& p, const execution& e) : p_(p), e_(e) {}

    graph run() {
        g_.threads.resize(p_.threads.size() + 1);
        for (std::uint32_t k = 0; k < p_.locations.size(); ++k) {
            const event_id id = add(0, event_of(kind::init, {0, k}));
            if (!p_.locations[k].plain) g_.orders.push_back({{0, k}, {id}});
        }
        for (std::uint32_t t = 0; t < p_.threads.size(); ++t) {
            event e = event_of(kind::spawn);
            e.child = t + 1;
            add(0, e);
        }
        // Writes first get their places, since a read may have its source in a later thread.
        for (std::uint32_t t = 0; t < p_.threads.size(); ++t) add_thread(t);
        for (auto& t : g_.threads)
            for (event& e : t)
                if (e.what == kind::read) e.from = source_of(e);
        for (std::size_t k = 0; k < p_.locations.size(); ++k)
            for (const slot s : e_.orders[k])
                g_.order_of({0, static_cast<std::uint32_t>(k)})
                    ->writes.push_back(written_.at(static_cast<std::size_t>(s)));
        return std::move(g_);
    }

 private:
    event_id add(std::uint32_t thread, event e) {
        e.stamp = ++stamp_;
        g_.threads[thread].push_back(e);
        return {thread, static_cast<std::uint32_t>(g_.threads[thread].size() - 1)};
    }

    /// Until all writes have their places, a read's `child` holds the slot of its source.
    event_id source_of(event& e) const {
        const slot from = static_cast<slot>(e.child) - 1;
        e.child = 0;
        return from == k_initial ? event_id{0, e.where.number}
                                 : written_.at(static_cast<std::size_t>(from));
    }

    void add_thread(std::uint32_t t) {
        add(t + 1, event_of(kind::begin));
        for (std::size_t n = 0; n < p_.threads[t].size(); ++n) {
            const instruction& i = p_.threads[t][n];
            const deed& d = e_.deeds[t][n];
            if (d.done) add_deed(t + 1, slot_of(t, n), i, d);
        }
        add(t + 1, event_of(kind::end));
    }

    void add_deed(std::uint32_t thread, slot s, const instruction& i, const deed& d) {
        const location where{0, i.where};
        if (i.what == action::get) add(thread, event_of(kind::get, where));
        if (i.what == action::set) add(thread, event_of(kind::set, where));
        if (i.what == action::fence) {
            event e = event_of(kind::fence);
            e.order = i.order;
            add(thread, e);
        }
        const bool both = litmus::reads(i.what) && d.wrote;
        const access how = both ? access::rmw : d.failed ? access::failed : access::plain;
        if (litmus::reads(i.what)) {
            event e = event_of(kind::read, where);
            e.how = how;
            e.order = d.failed ? i.failure : i.order;
            e.value = d.seen;
            e.child = static_cast<std::uint32_t>(d.source + 1);
            add(thread, e);
        }
        if (!d.wrote) return;
        event e = event_of(kind::write, where);
        e.how = how;
        e.order = i.order;
        e.value = d.written;
        written_.resize(std::max(written_.size(), static_cast<std::size_t>(s) + 1));
        written_[static_cast<std::size_t>(s)] = add(thread, e);
    }

    const program& p_;
    const execution& e_;
    graph g_;
    std::vector<event_id> written_;  ///< by slot
    std::uint64_t stamp_ = 0;
};

/// Where a read may take its value, and whether it then fails without need.
struct choice {
    slot source = k_initial;
    bool spurious = false;
};

class axiom_enumerator {
 public:
    axiom_enumerator(const program& p, release_sequences sequences, std::uint64_t most, pruning how)
        : p_(p), sequences_(sequences), most_(most), how_(how) {
        for (std::size_t t = 0; t < p.threads.size(); ++t)
            for (std::size_t n = 0; n < p.threads[t].size(); ++n)
                if (litmus::reads(p.threads[t][n].what)) {
                    read_slots_.push_back(slot_of(t, n));
                    choices_.push_back(choices_of(p.threads[t][n], slot_of(t, n)));
                }
    }

    std::optional<behaviours> run() {
        std::vector<std::size_t> picked(read_slots_.size());
        for (bool more = true; more;) {
            execution e(p_);
            if (++tried_ > k_tries_a_check * most_) return std::nullopt;
            if (fill(picked, e) && !place_writes(e, 0)) return std::nullopt;
            more = false;
            for (std::size_t r = 0; r < picked.size() && !more; ++r) {
                picked[r] = (picked[r] + 1) % choices_[r].size();
                more = picked[r] != 0;
            }
        }
        return std::move(out_);
    }

 private:
    static constexpr std::uint64_t k_tries_a_check = 20;  ///< most choices of rf are no execution

    std::vector<choice> choices_of(const instruction& reader, slot self) const {
        std::vector<choice> all{{k_initial, false}};
        for (std::size_t t = 0; t < p_.threads.size(); ++t)
            for (std::size_t n = 0; n < p_.threads[t].size(); ++n) {
                const instruction& i = p_.threads[t][n];
                if (litmus::writes(i.what) && i.where == reader.where && slot_of(t, n) != self)
                    all.push_back({slot_of(t, n), false});
            }
        if (reader.what != action::weak) return all;
        const std::size_t sources = all.size();
        for (std::size_t k = 0; k < sources; ++k) all.push_back({all[k].source, true});
        return all;
    }

    enum class step : std::uint8_t { done, waits, wrong };

    /// Runs every thread as far as the values are known, until none can go on. False if the picked
    /// sources are no execution: a source does not write, or values wait for one another in a ring.
    bool fill(const std::vector<std::size_t>& picked, execution& e) const {
        std::vector<std::size_t> at(p_.threads.size());
        std::vector<registers> files(p_.threads.size());
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t t = 0; t < at.size(); ++t)
                while (at[t] < p_.threads[t].size()) {
                    const step s = go(t, at, files[t], picked, e);
                    if (s == step::wrong) return false;
                    if (s == step::waits) break;
                    ++at[t];
                    moved = true;
                }
        }
        for (std::size_t t = 0; t < at.size(); ++t)
            if (at[t] < p_.threads[t].size()) return false;
        return true;
    }

    step go(std::size_t t, const std::vector<std::size_t>& at, registers& file,
            const std::vector<std::size_t>& picked, execution& e) const {
        const instruction& i = p_.threads[t][at[t]];
        deed& d = e.deeds[t][at[t]];
        const bool reading = litmus::reads(i.what);
        const std::size_t r = reading ? read_index(slot_of(t, at[t])) : 0;
        if (i.only_if &&
            file[i.only_if->reg] != i.only_if->equals)  // only once, not for each choice
            return reading && picked[r] != 0 ? step::wrong : step::done;
        if (!reading) {
            act(i, file, 0, false, d);
            return step::done;
        }
        const choice c = choices_[r][picked[r]];
        word seen = 0;
        if (c.source != k_initial) {
            const auto from = static_cast<std::size_t>(c.source);
            const bool passed = at[from / litmus::k_length_max] > from % litmus::k_length_max;
            if (!passed) return step::waits;
            if (!e.at(c.source).wrote) return step::wrong;
            seen = e.at(c.source).written;
        }
        if (c.spurious && (seen != i.expected.in(file) || failed_before(t, at[t], e)))
            return step::wrong;
        d.source = c.source;
        act(i, file, seen, c.spurious, d);
        if (i.into) file[*i.into] = seen;
        spurious_of(e, t, at[t], c.spurious);
        return step::done;
    }

    /// A spurious failure is noted in `written`, which a failed compare-exchange does not need.
    static void spurious_of(execution& e, std::size_t t, std::size_t n, bool spurious) {
        if (e.deeds[t][n].failed) e.deeds[t][n].written = spurious ? 1 : 0;
    }
    static bool failed_before(std::size_t t, std::size_t n, const execution& e) {
        return std::any_of(e.deeds[t].begin(), e.deeds[t].begin() + static_cast<std::ptrdiff_t>(n),
                           [](const deed& d) { return d.failed && d.written == 1; });
    }

    std::size_t read_index(slot s) const {
        return static_cast<std::size_t>(std::find(read_slots_.begin(), read_slots_.end(), s) -
                                        read_slots_.begin());
    }

    /// Every order of the writes of location k and those after it. False if the limit was hit.
    bool place_writes(execution& e, std::size_t k) {
        if (k == p_.locations.size()) {
            if (++out_.candidates > most_) return false;
            const graph g = graph_of(p_, e);
            if (inconsistency(g, sequences_).empty()) {
                out_.add(p_, g);
                out_.racy = out_.racy || !races(g, sequences_).empty();
            }
            return true;
        }
        std::vector<slot> order;
        for (std::size_t t = 0; t < p_.threads.size(); ++t)
            for (std::size_t n = 0; n < p_.threads[t].size(); ++n)
                if (e.deeds[t][n].wrote && p_.threads[t][n].where == k)
                    order.push_back(slot_of(t, n));
        do {
            if (how_ == pruning::obvious && !plausible(e, order)) continue;
            e.orders[k] = order;
            if (!place_writes(e, k + 1)) return false;
        } while (std::next_permutation(order.begin(), order.end()));
        return true;
    }

    bool plausible(const execution& e, const std::vector<slot>& order) const {
        for (std::size_t a = 0; a < order.size(); ++a) {
            const auto s = static_cast<std::size_t>(order[a]);
            const instruction& i = p_.threads[s / litmus::k_length_max][s % litmus::k_length_max];
            const slot before = a == 0 ? k_initial : order[a - 1];
            if (litmus::reads(i.what) && e.at(order[a]).source != before) return false;
            for (std::size_t b = a + 1; b < order.size(); ++b) {
                const auto other = static_cast<std::size_t>(order[b]);
                if (other / litmus::k_length_max == s / litmus::k_length_max && other < s)
                    return false;
            }
        }
        return true;
    }

    const program& p_;
    release_sequences sequences_;
    std::uint64_t most_;
    pruning how_;
    std::uint64_t tried_ = 0;
    std::vector<slot> read_slots_;
    std::vector<std::vector<choice>> choices_;  ///< by read
    behaviours out_;
};

}  // namespace

graph graph_of(const program& p, const execution& e) { return graph_maker(p, e).run(); }

void behaviours::add(const program& p, const graph& g) {
    std::string wrong;
    const auto end = litmus::replay(p, g, wrong);
    shapes.insert(litmus::shape_of(g));
    outcomes.insert(end ? litmus::text_of(p, *end) : "no execution of the program: " + wrong);
}

std::optional<behaviours> by_axioms(const program& p, release_sequences sequences,
                                    std::uint64_t most, pruning how) {
    return axiom_enumerator(p, sequences, most, how).run();
}

}  // namespace cyclone::model::test
