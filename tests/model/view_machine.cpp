// The machine of view_machine.hpp, taken through every step of every thread. States that were met
// before, views and all, are not entered again.
#include "view_machine.hpp"

#include <algorithm>
#include <array>

namespace cyclone::model::test {
namespace {

using litmus::action;
using litmus::instruction;
using litmus::program;
using litmus::registers;

/// How far in each row: the message of the location that must not be fallen behind.
using view = std::array<slot, litmus::k_locations_max>;

constexpr view nothing_seen() {
    view v{};
    v.fill(k_initial);
    return v;
}

struct message {
    slot by = k_initial;
    litmus::word value = 0;
    bool attached =
        false;  ///< of a read-modify-write: nothing may come between it and the one before
    view carries = nothing_seen();
};

struct thread_state {
    std::size_t at = 0;
    registers file{};
    bool spurious = false;
    view cur = nothing_seen();                      ///< what it has seen
    view acq = nothing_seen();                      ///< what an acquire fence would make it see
    std::array<view, litmus::k_locations_max> rel;  ///< what its relaxed stores hand on

    thread_state() { rel.fill(nothing_seen()); }
};

struct machine {
    explicit machine(const program& p)
        : threads(p.threads.size()), rows(p.locations.size(), {message{}}), did(p) {}

    std::vector<thread_state> threads;
    std::vector<std::vector<message>> rows;  ///< by location; the initial value first
    view fences = nothing_seen();            ///< what all seq_cst fences so far have seen
    execution did;

    [[nodiscard]] std::size_t place(std::size_t where, slot by) const {
        std::size_t at = 0;
        while (rows[where][at].by != by) ++at;
        return at;
    }
    void join(view& to, const view& from) const {
        for (std::size_t k = 0; k < rows.size(); ++k)
            if (place(k, to[k]) < place(k, from[k])) to[k] = from[k];
    }
    [[nodiscard]] std::string key() const;
};

std::string machine::key() const {
    std::string bytes;
    const auto put = [&](std::size_t n) { bytes += static_cast<char>(n); };
    const auto put_view = [&](const view& v) {
        for (std::size_t k = 0; k < rows.size(); ++k) put(static_cast<std::size_t>(v[k] + 1));
    };
    put_view(fences);
    for (const thread_state& t : threads) {
        put(t.at);
        put(t.spurious ? 1 : 0);
        put_view(t.cur);
        put_view(t.acq);
        for (std::size_t k = 0; k < rows.size(); ++k) put_view(t.rel[k]);
    }
    for (const auto& row : rows) {
        put(row.size());
        for (const message& m : row) {
            put(static_cast<std::size_t>(m.by + 1));
            put_view(m.carries);
        }
    }
    for (const auto& thread : did.deeds)
        for (const deed& d : thread) {
            put(d.done ? 1 : 0);
            put(static_cast<std::size_t>(d.source + 1));
            put(d.failed ? 1 : 0);
        }
    return bytes;
}

class explorer_of_views {
 public:
    explorer_of_views(const program& p, release_sequences sequences, std::uint64_t most)
        : p_(p), sequences_(sequences), most_(most) {}

    std::optional<behaviours> run() {
        visit(machine(p_));
        if (out_.candidates > most_) return std::nullopt;
        return std::move(out_);
    }

 private:
    void visit(const machine& m) {
        if (out_.candidates > most_ || !met_.insert(m.key()).second) return;
        ++out_.candidates;
        bool over = true;
        for (std::size_t t = 0; t < m.threads.size(); ++t) {
            if (m.threads[t].at == p_.threads[t].size()) continue;
            over = false;
            step(m, t);
        }
        if (!over) return;
        execution end = m.did;
        for (std::size_t k = 0; k < m.rows.size(); ++k)
            for (std::size_t n = 1; n < m.rows[k].size(); ++n)
                end.orders[k].push_back(m.rows[k][n].by);
        out_.add(p_, graph_of(p_, end));
    }

    void step(machine m, std::size_t t) {
        thread_state& me = m.threads[t];
        const instruction& i = p_.threads[t][me.at];
        if (i.only_if && me.file[i.only_if->reg] != i.only_if->equals) {
            ++me.at;
            return visit(m);
        }
        if (i.what == action::fence) {
            fence(m, me, i.order);
            m.did.deeds[t][me.at++].done = true;
            return visit(m);
        }
        const std::size_t first = m.place(i.where, me.cur[i.where]);
        if (i.what == action::store) {
            for (std::size_t n = first + 1; n <= m.rows[i.where].size(); ++n) store(m, t, i, n);
            return;
        }
        for (std::size_t n = first; n < m.rows[i.where].size(); ++n) {
            read(m, t, i, n, false);
            if (i.what == action::weak && !me.spurious) read(m, t, i, n, true);
        }
    }

    static void fence(machine& m, thread_state& me, std::memory_order order) {
        if (acquires(order)) me.cur = me.acq;
        if (order == std::memory_order_seq_cst) {
            m.join(me.cur, m.fences);
            m.join(me.acq, me.cur);
            m.fences = me.cur;
        }
        if (releases(order)) me.rel.fill(me.cur);
    }

    /// Puts a message of the thread at place n of its row. `handed_on` is what a read-modify-write
    /// has from the message it read.
    void put(machine& m, thread_state& me, const instruction& i, message made, std::size_t n,
             const view& handed_on) const {
        auto& row = m.rows[i.where];
        row.insert(row.begin() + static_cast<std::ptrdiff_t>(n), made);
        me.cur[i.where] = made.by;
        if (m.place(i.where, me.acq[i.where]) < n) me.acq[i.where] = made.by;
        view carries = me.rel[i.where];
        if (releases(i.order)) {
            m.join(carries, me.cur);
            if (sequences_ == release_sequences::cxx11) me.rel[i.where] = carries;
        }
        carries[i.where] = made.by;
        m.join(carries, handed_on);
        row[n].carries = carries;
    }

    void store(machine m, std::size_t t, const instruction& i, std::size_t n) {
        const auto& row = m.rows[i.where];
        if (n < row.size() && row[n].attached) return;
        thread_state& me = m.threads[t];
        const slot self = slot_of(t, me.at);
        deed& d = m.did.deeds[t][me.at++];
        act(i, me.file, 0, false, d);
        put(m, me, i, {.by = self, .value = d.written}, n, nothing_seen());
        visit(m);
    }

    void read(machine m, std::size_t t, const instruction& i, std::size_t n, bool spurious) {
        thread_state& me = m.threads[t];
        const message from = m.rows[i.where][n];
        if (spurious && from.value != i.expected.in(me.file)) return;  // fails anyway
        const slot self = slot_of(t, me.at);
        deed& d = m.did.deeds[t][me.at++];
        d.source = from.by;
        act(i, me.file, from.value, spurious, d);
        me.spurious = me.spurious || spurious;
        const auto& row = m.rows[i.where];
        if (d.wrote && n + 1 < row.size() && row[n + 1].attached) return;
        me.cur[i.where] = from.by;
        m.join(me.acq, me.cur);
        m.join(me.acq, from.carries);
        if (acquires(d.failed ? i.failure : i.order)) m.join(me.cur, from.carries);
        if (d.wrote)
            put(m, me, i, {.by = self, .value = d.written, .attached = true}, n + 1, from.carries);
        if (i.into) me.file[*i.into] = from.value;
        visit(m);
    }

    const program& p_;
    release_sequences sequences_;
    std::uint64_t most_;
    std::set<std::string> met_;
    behaviours out_;
};

}  // namespace

bool is_weak_fragment(const program& p) {
    for (const auto& t : p.threads)
        for (const instruction& i : t) {
            const bool sc = i.order == std::memory_order_seq_cst ||
                            (litmus::compares(i.what) && i.failure == std::memory_order_seq_cst);
            if (litmus::is_plain(i.what) || (sc && i.what != action::fence)) return false;
        }
    return true;
}

bool is_exact_for_views(const program& p) {
    std::size_t fences = 0;
    for (const auto& t : p.threads)
        for (const instruction& i : t)
            fences += i.what == action::fence && i.order == std::memory_order_seq_cst ? 1 : 0;
    return fences <= 1;
}

std::optional<behaviours> by_views(const program& p, release_sequences sequences,
                                   std::uint64_t most) {
    return explorer_of_views(p, sequences, most).run();
}

}  // namespace cyclone::model::test
