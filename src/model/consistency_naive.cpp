// The axioms of consistency_naive.hpp, one function a relation, named as the paper names them.
#include "model/consistency_naive.hpp"

#include <fmt/format.h>

namespace cyclone::model {
namespace {

bool touches_memory(const event& e) noexcept {
    return e.what == kind::read || e.what == kind::write || is_plain(e);
}
bool is_sc(const event& e) noexcept {
    return e.order == std::memory_order_seq_cst &&
           (e.what == kind::read || e.what == kind::write || e.what == kind::fence);
}
bool is_fence(const event& e) noexcept { return e.what == kind::fence; }

/// Everything that the axioms are said with.
class relations {
 public:
    relations(const graph& g, release_sequences sequences)
        : g_(g), numbers_(g), sequences_(sequences), n_(numbers_.size()) {}

    [[nodiscard]] const event& at(std::size_t number) const noexcept {
        return g_[numbers_.at(number)];
    }
    [[nodiscard]] const event_numbers& numbers() const noexcept { return numbers_; }

    void primitive();
    void synchronises();
    [[nodiscard]] relation psc() const;
    [[nodiscard]] relation rs() const;
    [[nodiscard]] relation scb() const;

    relation sb{0}, rf{0}, mo{0}, rmw{0}, fr{0}, eco{0}, sw{0}, hb{0};

 private:
    void threads();
    void orders();

    /// [a predicate] of the papers: those events, each related to itself.
    template <class Holds>
    [[nodiscard]] relation those(Holds holds) const {
        relation out(n_);
        for (std::size_t a = 0; a < n_; ++a)
            if (holds(at(a))) out.add(a, a);
        return out;
    }
    [[nodiscard]] bool same_place(std::size_t a, std::size_t b) const noexcept {
        return touches_memory(at(a)) && touches_memory(at(b)) && at(a).where == at(b).where;
    }

    const graph& g_;
    event_numbers numbers_;
    release_sequences sequences_;
    std::size_t n_;
};

void relations::threads() {
    for (std::size_t a = 0; a < n_; ++a)
        for (std::size_t b = a + 1; b < n_ && numbers_.at(a).thread == numbers_.at(b).thread; ++b)
            sb.add(a, b);
    for (std::size_t a = 0; a < n_; ++a) {
        const event& e = at(a);
        if (e.what == kind::read && e.from != k_no_event) rf.add(numbers_.of(e.from), a);
        if (e.what == kind::read && e.how == access::rmw && a + 1 < n_ &&
            at(a + 1).what == kind::write && at(a + 1).how == access::rmw && sb.has(a, a + 1))
            rmw.add(a, a + 1);
    }
}

void relations::orders() {
    for (const location_order& o : g_.orders)
        for (std::size_t i = 0; i < o.writes.size(); ++i)
            for (std::size_t j = i + 1; j < o.writes.size(); ++j)
                mo.add(numbers_.of(o.writes[i]), numbers_.of(o.writes[j]));
    relation from(n_);  // rf^-1
    for (std::size_t a = 0; a < n_; ++a)
        for (std::size_t b = 0; b < n_; ++b)
            if (rf.has(a, b)) from.add(b, a);
    fr = from.then(mo);
    eco = (rf | mo | fr).closed();
}

void relations::primitive() {
    sb = rf = mo = rmw = relation(n_);
    threads();
    orders();
}

relation relations::rs() const {
    const relation writes = those([](const event& e) { return e.what == kind::write; });
    const relation more = rf.then(rmw).closed().or_same();
    if (sequences_ == release_sequences::cxx20) return writes.then(more);
    const relation own =
        sb.only([&](std::size_t a, std::size_t b) { return same_place(a, b); }).or_same();
    return writes.then(own).then(writes).then(more);
}

void relations::synchronises() {
    const relation fences = those(is_fence);
    const auto atomic = [](const event& e) {
        return e.what == kind::read || e.what == kind::write || e.what == kind::fence;
    };
    const relation release = those(
        [&](const event& e) { return atomic(e) && e.what != kind::read && releases(e.order); });
    const relation acquire = those(
        [&](const event& e) { return atomic(e) && e.what != kind::write && acquires(e.order); });
    const relation reads = those([](const event& e) { return e.what == kind::read; });
    sw = release.then(fences.then(sb).or_same())
             .then(rs())
             .then(rf)
             .then(reads)
             .then(sb.then(fences).or_same())
             .then(acquire);
    for (std::size_t a = 0; a < n_; ++a) {
        const event& e = at(a);
        if (e.what != kind::spawn && e.what != kind::join) continue;
        if (e.child >= g_.threads.size()) continue;
        const auto& child = g_.threads[e.child];
        for (std::uint32_t i = 0; i < child.size(); ++i) {
            const std::size_t b = numbers_.of({e.child, i});
            if (e.what == kind::spawn && child[i].what == kind::begin) sw.add(a, b);
            if (e.what == kind::join && child[i].what == kind::end) sw.add(b, a);
        }
    }
    hb = (sb | sw).closed();
}

relation relations::scb() const {
    const auto place = [&](std::size_t a, std::size_t b) { return same_place(a, b); };
    const relation apart = sb.only([&](std::size_t a, std::size_t b) { return !same_place(a, b); });
    return sb | apart.then(hb).then(apart) | hb.only(place) | mo | fr;
}

relation relations::psc() const {
    const relation sc = those(is_sc);
    const relation sc_fences = those([](const event& e) { return is_sc(e) && is_fence(e); });
    const relation base =
        (sc | sc_fences.then(hb.or_same())).then(scb()).then(sc | hb.or_same().then(sc_fences));
    return base | sc_fences.then(hb | hb.then(eco).then(hb)).then(sc_fences);
}

/// Whether `id` names an event of the graph.
bool exists(const graph& g, event_id id) noexcept {
    return id.thread < g.threads.size() && id.index < g.threads[id.thread].size();
}

std::size_t places_in_order(const graph& g, event_id id, location where) {
    const location_order* const o = g.order_of(where);
    if (o == nullptr) return 0;
    std::size_t count = 0;
    for (const event_id w : o->writes) count += w == id ? 1 : 0;
    return count;
}

/// What keeps the graph from being one, in words, or nothing.
std::string malformed(const graph& g) {
    for (const location_order& o : g.orders) {
        for (const event_id id : o.writes)
            if (!exists(g, id) || !is_write(g[id]) || g[id].where != o.where)
                return "an order names what is no write of its location";
        if (o.writes.empty() || g[o.writes.front()].what != kind::init)
            return "an order does not begin with an initialisation";
    }
    for (std::uint32_t t = 0; t < g.threads.size(); ++t)
        for (std::uint32_t i = 0; i < g.threads[t].size(); ++i) {
            const event& e = g.threads[t][i];
            if (e.what == kind::write && places_in_order(g, {t, i}, e.where) != 1)
                return words_of(e, {t, i}) + " has no one place in the order of its location";
            if (e.what != kind::read) continue;
            if (!exists(g, e.from) || !is_write(g[e.from]) || g[e.from].where != e.where)
                return words_of(e, {t, i}) + " reads from what is no write of its location";
            if (g[e.from].value != e.value)
                return words_of(e, {t, i}) + " has another value than what it reads from";
        }
    return {};
}

bool writes_to(const event& e) noexcept {
    return is_write(e) || e.what == kind::set || e.what == kind::dispose;
}

}  // namespace

event_numbers::event_numbers(const graph& g) {
    for (std::uint32_t t = 0; t < g.threads.size(); ++t) {
        first_.push_back(ids_.size());
        for (std::uint32_t i = 0; i < g.threads[t].size(); ++i) ids_.push_back({t, i});
    }
}

std::string words_of(const event& e, event_id id) {
    constexpr const char* k_kinds[] = {"init", "read", "write",   "fence", "get",
                                       "set",  "make", "dispose", "spawn", "begin",
                                       "end",  "join", "call",    "back",  "block"};
    return fmt::format("t{}#{} {} of {}.{}", id.thread, id.index,
                       k_kinds[static_cast<std::size_t>(e.what)], e.where.thread, e.where.number);
}

std::string inconsistency(const graph& g, release_sequences sequences) {
    if (std::string why = malformed(g); !why.empty()) return "well-formed: " + why;
    relations r(g, sequences);
    r.primitive();
    r.synchronises();
    if (!(r.sb | r.rf | r.sw).acyclic()) return "porf";
    if (!r.hb.then(r.eco.or_same()).irreflexive()) return "coherence";
    const relation between = r.fr.then(r.mo);
    if (r.rmw.only([&](std::size_t a, std::size_t b) { return between.has(a, b); }) !=
        relation(r.numbers().size()))
        return "atomicity";
    if (!r.psc().acyclic()) return "psc";
    return {};
}

relation happens_before(const graph& g, release_sequences sequences) {
    relations r(g, sequences);
    r.primitive();
    r.synchronises();
    return r.hb;
}

std::string races(const graph& g, release_sequences sequences) {
    const event_numbers numbers(g);
    const relation hb = happens_before(g, sequences);
    const auto said = [&](const char* what, std::size_t a, std::size_t b) {
        return fmt::format("{}: {} and {}", what, words_of(g[numbers.at(a)], numbers.at(a)),
                           words_of(g[numbers.at(b)], numbers.at(b)));
    };
    for (std::size_t a = 0; a < numbers.size(); ++a) {
        const event& x = g[numbers.at(a)];
        if (!touches_memory(x)) continue;
        for (std::size_t b = 0; b < numbers.size(); ++b) {
            const event& y = g[numbers.at(b)];
            if (a == b || !touches_memory(y) || x.where != y.where) continue;
            if (x.what == kind::init && !hb.has(a, b)) return said("made too late", a, b);
            if (x.what == kind::dispose && hb.has(a, b)) return said("used after its end", a, b);
            if (a > b || hb.has(a, b) || hb.has(b, a)) continue;
            if ((writes_to(x) || writes_to(y)) && (is_plain(x) || is_plain(y)))
                return said("race", a, b);
        }
    }
    return {};
}

}  // namespace cyclone::model
