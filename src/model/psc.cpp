// Whether a total order of SC events can exist: RC11's psc, over the SC events alone. Everything
// else that its definition speaks of is asked of the clocks and of the places in mo.
//
//   scb       = sb | sb|#loc; hb; sb|#loc | hb|loc | mo | fr
//   psc_base  = ([sc] | [F sc]; hb?); scb; ([sc] | hb?; [F sc])
//   psc_F     = [F sc]; (hb | hb; eco; hb); [F sc]
//
// Source: Lahav et al., PLDI 2017, section 3.2. What the pieces come to:
//   - sb|#loc; hb; sb|#loc between threads: the first event after a of another location happens
//     before the last one before b of another location. In a thread, sb says it already.
//   - a fence on the left of scb: only sb, hb|loc, mo and fr into b matter, since whatever happens
//     before the event in front of b is found through sb.
//   - eco between accesses of a location follows from numbers: 2 * place of a write, one more for
//     what reads it; a eco b exactly if number(a) < number(b).
// Cost: O(k^2) for k SC accesses; with f fences O(f (k + locations) a) for a accesses.
// Thread-safety: one buffer for each thread of the process.

#include <algorithm>
#include <bit>
#include <limits>

#include "model/consistency.hpp"
#include "model/mutants.hpp"

namespace cyclone::model {
namespace {

constexpr std::int32_t k_none = -1;

struct node {
    event_id id;
    bool fence = false;
    bool write = false;
    std::int32_t slot = k_none;
    std::int32_t place = k_none;  // in mo: its own, or of what it reads
    std::int32_t next = k_none;   // index of the first later event of the thread, other location
    std::int32_t last = k_none;   // of the last earlier one
};

struct buffers {
    std::vector<node> nodes;
    std::vector<std::uint64_t> rows;
    std::vector<std::uint64_t> alive;
    std::vector<std::int32_t> least;  // by fence and slot: number of what comes after the fence
    std::vector<std::int32_t> most;   // of what comes before it
};

bool is_access(kind what) noexcept {
    return what == kind::read || what == kind::write || what == kind::init;
}

}  // namespace

struct consistency::psc_graph {
    const consistency& known;
    const graph& g;
    buffers& b;

    void collect();
    void number_around_fences();
    [[nodiscard]] bool edge(std::size_t a, std::size_t c) const;
    [[nodiscard]] bool between_accesses(const node& a, const node& c) const;
    [[nodiscard]] bool from_fence(const node& fence, const node& c) const;
    [[nodiscard]] bool to_fence(const node& a, const node& fence) const;
    [[nodiscard]] bool between_fences(std::size_t a, std::size_t c) const;
    [[nodiscard]] bool acyclic() const;

    // Whether x is in front of y by mo or fr, of one location.
    [[nodiscard]] bool overtaken(event_id x, event_id y) const {
        return is_write(g[y]) && known.position(g, x) < known.of(y).position;
    }
};

void consistency::psc_graph::collect() {
    b.nodes.clear();
    for (const event_id id : known.sc_) {
        const event& e = g[id];
        const bool fence = e.what == kind::fence;
        if (known.mutant_ == (fence ? bug::k_psc_fences : bug::k_psc_accesses)) continue;
        node n;
        n.id = id;
        n.fence = fence;
        n.write = e.what == kind::write;
        const auto& thread = g.threads[id.thread];
        const auto other = [&](std::uint32_t i) {
            return fence || thread[i].where == k_nowhere || thread[i].where != e.where;
        };
        for (std::uint32_t i = id.index + 1; i < known.added(id.thread) && n.next < 0; ++i) {
            if (other(i)) n.next = static_cast<std::int32_t>(i);
        }
        for (std::uint32_t i = id.index; i-- > 0 && n.last < 0;) {
            if (other(i)) n.last = static_cast<std::int32_t>(i);
        }
        if (!fence) {
            n.slot = known.of(id).slot;
            n.place = known.position(g, id);
        }
        b.nodes.push_back(n);
    }
}

void consistency::psc_graph::number_around_fences() {
    const std::size_t slots = known.slots_used_;
    b.least.assign(b.nodes.size() * slots, std::numeric_limits<std::int32_t>::max());
    b.most.assign(b.nodes.size() * slots, k_none);
    for (std::size_t f = 0; f < b.nodes.size(); ++f) {
        if (!b.nodes[f].fence) continue;
        const event_id fence = b.nodes[f].id;
        for (std::size_t s = 0; s < slots; ++s) {
            if (known.slots_[s].order < 0) continue;
            for (const event_id e : known.slots_[s].accesses) {
                const kind what = g[e].what;
                if (!is_access(what)) continue;
                const std::int32_t number = 2 * known.position(g, e) + (what == kind::read ? 1 : 0);
                std::int32_t& low = b.least[f * slots + s];
                std::int32_t& high = b.most[f * slots + s];
                if (known.of(e).hb.covers(fence)) low = std::min(low, number);
                if (known.of(fence).hb.covers(e)) high = std::max(high, number);
            }
        }
    }
}

bool consistency::psc_graph::between_accesses(const node& a, const node& c) const {
    if (a.id.thread == c.id.thread) {
        if (a.id.index < c.id.index) return true;
    } else if (a.next >= 0 && c.last >= 0) {
        const event_id last{c.id.thread, static_cast<std::uint32_t>(c.last)};
        if (known.of(last).hb.covers({a.id.thread, static_cast<std::uint32_t>(a.next)})) {
            return true;
        }
    }
    if (a.slot != c.slot) return false;
    return known.of(c.id).hb.covers(a.id) || (c.write && a.place < c.place);
}

bool consistency::psc_graph::from_fence(const node& fence, const node& c) const {
    if (c.id.index > 0 && known.of({c.id.thread, c.id.index - 1}).hb.covers(fence.id)) {
        return true;
    }
    for (const event_id e : known.at(c.slot).accesses) {
        if (e == c.id || !is_access(g[e].what) || !known.of(e).hb.covers(fence.id)) continue;
        if (known.of(c.id).hb.covers(e) || overtaken(e, c.id)) return true;
    }
    return false;
}

bool consistency::psc_graph::to_fence(const node& a, const node& fence) const {
    if (known.of(fence.id).hb.covers({a.id.thread, a.id.index + 1})) return true;
    for (const event_id e : known.at(a.slot).accesses) {
        if (e == a.id || !is_access(g[e].what) || !known.of(fence.id).hb.covers(e)) continue;
        if (known.of(e).hb.covers(a.id) || overtaken(a.id, e)) return true;
    }
    return false;
}

bool consistency::psc_graph::between_fences(std::size_t a, std::size_t c) const {
    if (known.of(b.nodes[c].id).hb.covers(b.nodes[a].id)) return true;
    const std::size_t slots = known.slots_used_;
    for (std::size_t s = 0; s < slots; ++s) {
        if (b.least[a * slots + s] < b.most[c * slots + s]) return true;
    }
    return false;
}

bool consistency::psc_graph::edge(std::size_t from, std::size_t to) const {
    const node& a = b.nodes[from];
    const node& c = b.nodes[to];
    if (a.fence && c.fence) return between_fences(from, to);
    if (a.fence) return from_fence(a, c);
    if (c.fence) return to_fence(a, c);
    return between_accesses(a, c);
}

// Takes away, again and again, what has no way on.
bool consistency::psc_graph::acyclic() const {
    const std::size_t count = b.nodes.size();
    const std::size_t words = (count + 63) / 64;
    b.alive.assign(words, 0);
    for (std::size_t i = 0; i < count; ++i) b.alive[i / 64] |= std::uint64_t{1} << (i % 64);
    std::size_t left = count;
    for (bool changed = true; changed && left > 0;) {
        changed = false;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t bit = std::uint64_t{1} << (i % 64);
            if ((b.alive[i / 64] & bit) == 0) continue;
            bool goes_on = false;
            for (std::size_t w = 0; w < words && !goes_on; ++w) {
                goes_on = (b.rows[i * words + w] & b.alive[w]) != 0;
            }
            if (goes_on) continue;
            b.alive[i / 64] &= ~bit;
            --left;
            changed = true;
        }
    }
    return left == 0;
}

bool consistency::has_sc() const noexcept {
    for (const event_id id : sc_) {
        if (id.thread != sc_.front().thread) return true;
    }
    return false;
}

bool consistency::psc_acyclic(const graph& g) const {
    if (!has_sc()) return true;
    thread_local buffers b;
    psc_graph p{*this, g, b};
    p.collect();
    const std::size_t count = b.nodes.size();
    const bool fences =
        std::any_of(b.nodes.begin(), b.nodes.end(), [](auto& n) { return n.fence; });
    if (fences) p.number_around_fences();
    const std::size_t words = (count + 63) / 64;
    b.rows.assign(count * words, 0);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < count; ++j) {
            if (i == j || !p.edge(i, j)) continue;
            b.rows[i * words + j / 64] |= std::uint64_t{1} << (j % 64);
        }
    }
    return p.acyclic();
}

}  // namespace cyclone::model
