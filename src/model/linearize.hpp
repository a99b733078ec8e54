// Is there one order of the operations, not against the order of the history, in which a sequential
// specification gives every answer that was given? A search for it that never looks twice at the
// same point: the same operations done and the same state.
//
//   auto all = model::history::by_time(recorded);
//   const auto said = model::linearize(*all, model::fifo_queue());
//   if (said.verdict != model::linearizable::yes) std::puts(said.text.c_str());
//
// A point of the search is a number for each thread (how many of its operations have taken effect)
// and the state; the next may only be the next of some thread, so that a point has at most as many
// successors as there are threads, whatever the length of the history. Both kinds of history are
// judged by the same search, since both say with numbers for each thread what must come first.
//   - A specification may infer an order from the answers: of a queue whose values differ, what
//     comes out first went in first. Without that, overlapping pushes are tried in every order, and
//     a wrong one shows only when the queue has drained.
//   - Points are compared in full, number for number and state with state: the hash only finds
//     candidates.
//   - An operation that only looks is done as soon as it is allowed: doing it later serves nobody.
//   - Histories by time over several keys are judged key by key, where the specification says so
//     (Herlihy and Wing's locality; P-compositionality). Not histories by order: happens-before is
//     no interval order, and two registers, each linearizable, can show store buffering together.
//   - A pending operation is done at some point or never.
// If there is no order, the result says after which answer there was none any more, and how far an
// order can be made.
//
// Cost: each point once; their number is exponential in the threads at worst, and for k threads and
// n operations at most the states times n^k. `points_max` bounds it, and then the verdict is
// unknown, never yes. Memory: every point is kept, with its state.
// Source: Wing, Gong, "Testing and verifying concurrent objects", JPDC 17, 1993; Lowe, "Testing for
// linearizability", CCPE 29(4), 2017 (points kept); Horn, Kroening, "Faster linearizability
// checking via P-compositionality", FORTE 2015. Thread-safety: none; two threads may judge two
// histories.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/specification.hpp"

namespace cyclone::model {

enum class linearizable : std::uint8_t { yes, no, unknown };

/// Seeded bugs, each of which the tests must find.
enum class search_bug : int {
    none,
    key_ignores_state,       ///< two points are the same if the same operations are done
    hash_is_enough,          ///< two points are the same if a byte of their hashes is
    pending_both_ways,       ///< a pending operation that was done may be done once more
    pending_always,          ///< every pending operation must take effect
    pending_never,           ///< none may
    order_forgotten,         ///< other threads' operations need not be over
    looks_unasked,           ///< what only looks is done whether allowed or not
    keys_apart_by_order,     ///< key by key also without a clock
    flight_without_end,      ///< what took effect once is in flight for ever
    answers_after_the_last,  ///< gives up asking one operation too early
};

struct search_options {
    std::uint64_t points_max = 1'000'000;  ///< of one search; there are several if the answer is no
    bool split = true;                     ///< judge key by key where that is sound
    bool advised = true;                   ///< use what the specification infers
    bool explain = true;  ///< find the shortest prefix without an order, and say so
    search_bug bug = search_bug::none;
};

struct search_result {
    linearizable verdict = linearizable::unknown;
    /// Indices in what the history was made of: an order if the verdict is yes, else the longest
    /// found, of the bad prefix if that was looked for. Key after key if judged so, or that of the
    /// key that has none.
    std::vector<std::size_t> order;
    std::uint64_t points = 0;  ///< looked at, without those of the explanation
    /// How many answers, in the order of history::returns(), already have no order; 0 if unknown.
    std::size_t bad_prefix = 0;
    std::string text;  ///< for a reader; empty if the verdict is yes
};

/// Threads down, instants across, a line an operation: those `shown`, with an arrow at those
/// `marked`, by their numbers. Without a clock: what each comes after.
[[nodiscard]] std::string draw(const history& all, std::span<const std::size_t> shown,
                               std::span<const std::size_t> marked);

namespace detail {

/// One search over one history.
template <specification S>
class search {
 public:
    search(const history& all, const S& initial, const search_options& how)
        : all_(all), how_(how), lanes_(all.lanes()) {
        how_.points_max = std::min(how_.points_max, k_points_most);
        for (std::size_t n = 0; n < all.size(); ++n) must_ += counts(all[n]) ? 1 : 0;
        slots_.assign(k_slots_first, 0);
        points_.push_back({initial, 0, 0, 0, 0});
        cuts_.assign(lanes_, 0);
        index(0);
        if constexpr (gives_advice<S>) {
            if (how.advised) advice_ = initial.advise(all);
        }
    }

    [[nodiscard]] linearizable run() {
        return must_ == 0 || can_be_ordered() ? explore() : linearizable::no;
    }

    /// How far one gets, for a reader: without the inferred order, by which a wrong answer may
    /// forbid all that came before it.
    void go_astray() {
        advice_.after.clear();
        static_cast<void>(explore());
    }

    [[nodiscard]] std::uint64_t points() const noexcept { return points_.size(); }
    /// Numbers of the history's operations: the longest order found.
    [[nodiscard]] std::vector<std::size_t> longest() const {
        std::vector<std::size_t> order;
        for (std::uint32_t at = furthest_; at != 0; at = points_[at].parent) {
            order.push_back(points_[at].number);
        }
        std::ranges::reverse(order);
        return order;
    }
    /// Where it ends.
    [[nodiscard]] const S& state() const noexcept { return points_[furthest_].state; }
    [[nodiscard]] std::vector<std::size_t> next_there() const {
        std::vector<std::size_t> next;
        const auto cut = cut_of(furthest_);
        for (std::size_t lane = 0; lane < lanes_; ++lane) {
            if (cut[lane] == all_.length(lane)) continue;
            const std::size_t number = all_.number(lane, cut[lane]);
            if (all_[number].pending() || !moment::may_come(all_, cut, number)) continue;
            next.push_back(number);
        }
        return next;
    }

 private:
    struct point {
        S state;
        std::uint64_t hash;
        std::uint32_t parent;
        std::size_t number;   // of the operation that led here
        std::uint32_t again;  // of pending_both_ways
    };
    struct frame {
        std::uint32_t point;
        std::size_t done;   // operations with an answer, so far
        std::size_t first;  // of its choices
        std::size_t count;
        std::size_t tried;
    };
    static constexpr std::size_t k_slots_first = 1024;
    static constexpr std::uint64_t k_points_most = 0xffff'fff0;  // numbers of points have 32 bits

    [[nodiscard]] bool counts(const operation& o) const noexcept {
        return !o.pending() || how_.bug == search_bug::pending_always;
    }
    [[nodiscard]] std::span<const std::uint32_t> cut_of(std::uint32_t at) const noexcept {
        return {cuts_.data() + at * lanes_, lanes_};
    }
    [[nodiscard]] bool may_come(std::span<const std::uint32_t> cut, std::size_t number) const {
        if (how_.bug == search_bug::order_forgotten) return true;
        if (!moment::may_come(all_, cut, number)) return false;
        for (std::size_t lane = 0; !advice_.after.empty() && lane < lanes_; ++lane) {
            if (advice_.after[number * lanes_ + lane] > cut[lane]) return false;
        }
        return true;
    }
    [[nodiscard]] linearizable explore() {
        if (must_ == 0) return linearizable::yes;
        enter(0, 0);
        while (!stack_.empty()) {
            frame& top = stack_.back();
            if (top.tried == top.count) {
                choices_.resize(top.first);
                stack_.pop_back();
                continue;
            }
            const std::uint32_t lane = choices_[top.first + top.tried++];
            if (step(top.point, top.done, lane) && done_most_ == must_) return linearizable::yes;
            if (points_.size() > how_.points_max) return linearizable::unknown;
        }
        return linearizable::no;
    }

    /// Whether every operation could come at some time if the state allowed everything: what is
    /// inferred may contradict the history, and no search need find that out.
    [[nodiscard]] bool can_be_ordered() const {
        std::vector<std::uint32_t> cut(lanes_, 0);
        std::size_t done = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t lane = 0; lane < lanes_; ++lane) {
                while (cut[lane] < all_.length(lane) &&
                       may_come(cut, all_.number(lane, cut[lane]))) {
                    done += counts(all_.at(lane, cut[lane])) ? 1 : 0;
                    ++cut[lane];
                    moved = true;
                }
            }
        }
        return done == must_;
    }
    [[nodiscard]] bool allowed(std::uint32_t from, std::size_t lane, std::size_t number) const {
        const moment now(all_, cut_of(from), lane, how_.bug == search_bug::flight_without_end);
        return points_[from].state.allows(all_[number], now);
    }

    [[nodiscard]] bool is_unasked(std::uint32_t from, const operation& o) const {
        return how_.bug == search_bug::looks_unasked && points_[from].state.only_looks(o);
    }

    /// Lists what may come next, unless advised otherwise what is back soonest first, since it
    /// blocks the most; if something that only looks is allowed, that alone.
    void enter(std::uint32_t at, std::size_t done) {
        const auto cut = cut_of(at);
        frame made{at, done, choices_.size(), 0, 0};
        for (std::uint32_t lane = 0; lane < lanes_; ++lane) {
            if (cut[lane] == all_.length(lane)) continue;
            const std::size_t number = all_.number(lane, cut[lane]);
            const operation& o = all_[number];
            if (!may_come(cut, number)) continue;
            if (o.pending() && how_.bug == search_bug::pending_never) continue;
            const bool hastens = !advice_.at_once.empty() && advice_.at_once[number];
            if ((points_[at].state.only_looks(o) || hastens) &&
                (is_unasked(at, o) || allowed(at, lane, number))) {
                choices_.resize(made.first);
                choices_.push_back(lane);
                break;
            }
            choices_.push_back(lane);
        }
        const auto soonest = [&](std::uint32_t lane) {
            const std::size_t number = all_.number(lane, cut[lane]);
            return advice_.rank.empty() ? all_[number].back : advice_.rank[number];
        };
        std::ranges::sort(choices_.begin() + static_cast<std::ptrdiff_t>(made.first),
                          choices_.end(), {}, soonest);
        made.count = choices_.size() - made.first;
        stack_.push_back(made);
    }

    /// Does the next operation of a lane, if the state allows it and the point is a new one.
    bool step(std::uint32_t from, std::size_t done, std::uint32_t lane) {
        const std::size_t number = all_.number(lane, cut_of(from)[lane]);
        const operation& o = all_[number];
        if (!is_unasked(from, o) && !allowed(from, lane, number)) return false;
        const auto made = static_cast<std::uint32_t>(points_.size());
        point next = points_[from];
        next.state.take(o);
        next.parent = from;
        next.number = number;
        points_.push_back(std::move(next));
        for (std::size_t i = 0; i < lanes_; ++i) cuts_.push_back(cuts_[from * lanes_ + i]);
        const bool stays =
            how_.bug == search_bug::pending_both_ways && o.pending() && points_[made].again++ == 0;
        if (!stays) ++cuts_[made * lanes_ + lane];
        if (!index(made)) {
            points_.pop_back();
            cuts_.resize(cuts_.size() - lanes_);
            return false;
        }
        done += counts(o) && !stays ? 1 : 0;
        if (done > done_most_) {
            done_most_ = done;
            furthest_ = made;
            const std::size_t enough = how_.bug == search_bug::answers_after_the_last ? 1 : 0;
            if (done + enough >= must_) done_most_ = must_;
        }
        enter(made, done);
        return true;
    }

    [[nodiscard]] bool same(std::uint32_t a, std::uint32_t b) const {
        if (points_[a].hash != points_[b].hash) return false;
        if (how_.bug == search_bug::hash_is_enough) return true;
        if (points_[a].again != points_[b].again || !std::ranges::equal(cut_of(a), cut_of(b))) {
            return false;
        }
        return how_.bug == search_bug::key_ignores_state || points_[a].state == points_[b].state;
    }

    /// Puts a point in the table; false if it was there.
    bool index(std::uint32_t made) {
        point& p = points_[made];
        p.hash = how_.bug == search_bug::key_ignores_state ? 0 : p.state.hash();
        for (const std::uint32_t number : cut_of(made)) p.hash = mix(p.hash, number);
        if (how_.bug == search_bug::hash_is_enough) p.hash &= 0xff;
        if (2 * points_.size() > slots_.size()) grow();
        std::size_t slot = p.hash & (slots_.size() - 1);
        for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
            if (same(slots_[slot] - 1, made)) return false;
        }
        slots_[slot] = made + 1;
        return true;
    }

    /// Every point but the last, which is about to be put in.
    void grow() {
        slots_.assign(4 * slots_.size(), 0);
        for (std::uint32_t i = 0; i + 1 < points_.size(); ++i) {
            std::size_t slot = points_[i].hash & (slots_.size() - 1);
            while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
            slots_[slot] = i + 1;
        }
    }

    const history& all_;
    search_options how_;
    advice advice_;
    std::size_t lanes_;
    std::size_t must_ = 0;
    std::size_t done_most_ = 0;
    std::uint32_t furthest_ = 0;
    std::vector<point> points_;
    std::vector<std::uint32_t> cuts_;   // lanes_ for each point
    std::vector<std::uint32_t> slots_;  // index of a point and 1; 0 is free
    std::vector<frame> stack_;
    std::vector<std::uint32_t> choices_;  // lanes, of all frames
};

/// What a search that failed says of itself.
struct failure {
    std::size_t answers;               ///< of returns(): there is no order for so many
    std::vector<std::size_t> longest;  ///< numbers
    std::string state;                 ///< after them
    std::vector<std::size_t> next;     ///< numbers: those that might be next and do not fit
};

[[nodiscard]] std::string explain(const history& all, const failure& why);
[[nodiscard]] std::string gave_up(std::uint64_t points_max);

inline constexpr std::uint64_t k_points_to_explain = 50'000;  // of each prefix

/// The smallest number of answers for which there is no order; a larger one if a search gives up.
/// An order of a whole is one of each prefix, so that halving finds it.
template <specification S>
[[nodiscard]] failure shortest_failure(const history& all, const S& initial,
                                       const search_options& how) {
    std::size_t good = 0;
    std::size_t bad = all.returns().size();
    search_options brief = how;
    brief.points_max = std::min(how.points_max, k_points_to_explain);
    while (how.explain && bad - good > 1) {
        const std::size_t middle = good + (bad - good) / 2;
        const history part = all.prefix(middle);
        search<S> probe(part, initial, brief);
        const linearizable said = probe.run();
        if (said == linearizable::unknown) break;
        (said == linearizable::no ? bad : good) = middle;
    }
    const history part = all.prefix(bad);
    search<S> last(part, initial, brief);
    last.go_astray();
    failure why{bad, {}, last.state().text(), {}};
    // A prefix numbers its operations anew; the caller's indices are common to both.
    std::map<std::size_t, std::size_t> numbers;
    for (std::size_t n = 0; n < all.size(); ++n) numbers[all.origin(n)] = n;
    for (const std::size_t n : last.longest()) why.longest.push_back(numbers[part.origin(n)]);
    for (const std::size_t n : last.next_there()) why.next.push_back(numbers[part.origin(n)]);
    return why;
}

template <specification S>
[[nodiscard]] search_result linearize_whole(const history& all, const S& initial,
                                            const search_options& how) {
    search<S> one(all, initial, how);
    search_result found;
    found.verdict = one.run();
    found.points = one.points();
    for (const std::size_t n : one.longest()) found.order.push_back(all.origin(n));
    if (found.verdict == linearizable::unknown) found.text = gave_up(how.points_max);
    if (found.verdict == linearizable::no && how.explain) {
        const failure why = shortest_failure(all, initial, how);
        found.bad_prefix = why.answers;
        found.order.clear();
        for (const std::size_t n : why.longest) found.order.push_back(all.origin(n));
        found.text = explain(all, why);
    }
    return found;
}

}  // namespace detail

template <specification S>
[[nodiscard]] search_result linearize(const history& all, const S& initial,
                                      const search_options& how = {}) {
    const bool by_key = all.timed() || how.bug == search_bug::keys_apart_by_order;
    if (!S::k_splits_by_key || !how.split || !by_key) {
        return detail::linearize_whole(all, initial, how);
    }
    search_result whole;
    whole.verdict = linearizable::yes;
    for (const history& part : all.split_by_key()) {
        search_result one = detail::linearize_whole(part, initial, how);
        one.points += whole.points;
        if (one.verdict == linearizable::no) return one;  // whatever the others are
        if (one.verdict == linearizable::unknown) {
            whole.verdict = linearizable::unknown;
            whole.text = std::move(one.text);
        }
        whole.points = one.points;
        whole.order.insert(whole.order.end(), one.order.begin(), one.order.end());
    }
    return whole;
}

}  // namespace cyclone::model
