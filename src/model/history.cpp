// Histories: lanes, what is before what, prefixes and parts.

#include "model/history.hpp"

#include <iterator>
#include <numeric>
#include <optional>
#include <tuple>

#include "base/assert.hpp"

namespace cyclone::model {

namespace {

struct wording {
    const char* name;
    bool shows_argument;
    bool shows_result;  ///< when done
};

wording wording_of(verb what) noexcept {
    switch (what) {
        case verb::push: return {"push", true, false};
        case verb::pop: return {"pop", false, true};
        case verb::take: return {"take", false, true};
        case verb::steal: return {"steal", false, true};
        case verb::add: return {"add", true, true};
        case verb::read: return {"read", false, true};
        case verb::write: return {"write", true, false};
        case verb::compare_exchange: return {"compare_exchange", true, false};
        case verb::insert: return {"insert", false, false};
        case verb::remove: return {"remove", false, false};
        case verb::contains: return {"contains", false, false};
    }
    return {"unknown", true, true};
}

std::string answer_text(const operation& o, bool shows_result) {
    switch (o.said) {
        case answer::done: return shows_result ? " -> " + std::to_string(o.result) : "";
        case answer::empty: return " -> EMPTY";
        case answer::full: return " -> FULL";
        case answer::would_block: return " -> WOULD_BLOCK";
        case answer::aborted: return " -> ABORTED";
        case answer::refused:
            if (o.what != verb::compare_exchange) return " -> no";
            return " -> no, saw " + std::to_string(o.result);
    }
    return " -> unknown answer";
}

bool is_of_a_set(verb what) noexcept {
    return what == verb::insert || what == verb::remove || what == verb::contains;
}

std::string place_text(const operation& o) {
    return "thread " + std::to_string(o.thread) + "'s " + to_string(o) + " [" +
           std::to_string(o.call) + ", " + (o.pending() ? "..." : std::to_string(o.back)) + "]";
}

}  // namespace

std::string to_string(const operation& o) {
    const wording words = wording_of(o.what);
    std::string text = words.name;
    if (o.key != 0 || is_of_a_set(o.what)) text += "@" + std::to_string(o.key);
    text += "(";
    if (words.shows_argument) text += std::to_string(o.argument);
    if (o.what == verb::compare_exchange) text += ", " + std::to_string(o.extra);
    text += ")";
    return text + (o.pending() ? " ..." : answer_text(o, words.shows_result));
}

history history::in_lanes(std::span<const operation> given, bool timed) {
    history made;
    made.timed_ = timed;
    made.origins_.resize(given.size());
    std::iota(made.origins_.begin(), made.origins_.end(), std::size_t{0});
    std::ranges::sort(made.origins_, [&](std::size_t a, std::size_t b) {
        const auto place = [&](std::size_t i) {
            const operation& o = given[i];
            return std::tuple(o.thread, timed ? o.call : 0, timed ? o.back : 0, i);
        };
        return place(a) < place(b);
    });
    for (const std::size_t from : made.origins_) {
        if (made.operations_.empty() || made.operations_.back().thread != given[from].thread) {
            made.first_.push_back(made.operations_.size());
        }
        made.operations_.push_back(given[from]);
    }
    made.first_.push_back(made.operations_.size());
    made.before_.assign(made.operations_.size() * made.lanes(), 0);
    return made;
}

cyclone::result<history> history::checked() const {
    // A cycle would leave operations that may never come next, and look like a wrong answer.
    for (std::size_t n = 0; n < size(); ++n) {
        for (std::size_t lane = 0; lane < lanes(); ++lane) {
            const std::size_t count = before(n)[lane];
            if (lane == lane_of(n) || count == 0 || !precedes(n, number(lane, count - 1))) continue;
            return cyclone::fail(error_code::invalid_argument,
                                 place_text(operations_[n]) + " and " +
                                     place_text(at(lane, count - 1)) +
                                     " are each before the other; give an order without cycles");
        }
    }
    return *this;
}

cyclone::result<history> history::by_time(std::span<const operation> given) {
    history made = in_lanes(given, true);
    for (std::size_t n = 0; n < made.size(); ++n) {
        const operation& o = made.operations_[n];
        if (o.back < o.call) {
            return cyclone::fail(error_code::invalid_argument,
                                 place_text(o) +
                                     " is back before its call; take both instants from one "
                                     "clock, the first before the operation's first step");
        }
        if (n == made.first_[made.lane_of(n)]) continue;
        const operation& earlier = made.operations_[n - 1];
        if (earlier.back > o.call) {
            return cyclone::fail(
                error_code::invalid_argument,
                place_text(earlier) + " is not over when " + place_text(o) +
                    " begins; give each operation in flight a thread number of its own");
        }
    }
    for (std::size_t n = 0; n < made.size(); ++n) {
        const std::uint64_t call = made.operations_[n].call;
        for (std::size_t lane = 0; lane < made.lanes(); ++lane) {
            const auto begin =
                made.operations_.begin() + static_cast<std::ptrdiff_t>(made.first_[lane]);
            const auto end = begin + static_cast<std::ptrdiff_t>(made.length(lane));
            // I1 makes the instants of a lane rise, so that those that are over come first.
            const auto over = std::partition_point(
                begin, end, [call](const operation& o) { return o.back < call; });
            made.before_[n * made.lanes() + lane] =
                static_cast<std::uint32_t>(std::distance(begin, over));
        }
        const std::size_t mine = made.lane_of(n);
        made.before_[n * made.lanes() + mine] = static_cast<std::uint32_t>(n - made.first_[mine]);
    }
    return made;
}

std::size_t history::lane_of(std::size_t number) const noexcept {
    const auto after = std::ranges::upper_bound(first_, number);
    return static_cast<std::size_t>(std::distance(first_.begin(), after)) - 1;
}

bool history::precedes(std::size_t earlier, std::size_t later) const noexcept {
    const std::size_t lane = lane_of(earlier);
    return earlier - first_[lane] < before(later)[lane];
}

std::vector<std::size_t> history::returns() const {
    std::vector<std::size_t> order;
    std::vector<std::uint64_t> rank(size());
    for (std::size_t n = 0; n < size(); ++n) {
        if (operations_[n].pending()) continue;
        // What is before another has fewer before it, since it counts itself for the other.
        const auto all = before(n);
        rank[n] = timed_ ? operations_[n].back
                         : std::accumulate(all.begin(), all.end(), std::uint64_t{0});
        order.push_back(n);
    }
    std::ranges::sort(order, {}, [&](std::size_t n) { return std::pair(rank[n], n); });
    return order;
}

history history::prefix(std::size_t answers) const {
    const std::vector<std::size_t> order = returns();
    CYCLONE_ASSERT(answers <= order.size());
    std::vector<bool> is_back(size(), false);
    std::vector<std::uint32_t> back_in(lanes(), 0);
    for (std::size_t i = 0; i < answers; ++i) {
        is_back[order[i]] = true;
        ++back_in[lane_of(order[i])];
    }
    std::vector<bool> kept(size());
    for (std::size_t n = 0; n < size(); ++n) {
        const auto needs = before(n);
        const bool has_begun =
            std::equal(needs.begin(), needs.end(), back_in.begin(), std::less_equal{});
        kept[n] = is_back[n] || !timed_ || has_begun;
    }
    history part = only(kept);
    std::size_t next = 0;
    for (std::size_t n = 0; n < size(); ++n) {
        if (!kept[n]) continue;
        if (!is_back[n]) part.operations_[next].back = k_never;
        ++next;
    }
    return part;
}

std::vector<history> history::split_by_key() const {
    std::vector<std::uint64_t> keys;
    for (const operation& o : operations_) keys.push_back(o.key);
    std::ranges::sort(keys);
    keys.erase(std::ranges::unique(keys).begin(), keys.end());
    std::vector<history> parts;
    for (const std::uint64_t key : keys) {
        std::vector<bool> kept(size());
        for (std::size_t n = 0; n < size(); ++n) kept[n] = operations_[n].key == key;
        parts.push_back(only(kept));
    }
    return parts;
}

/// What is kept, with what is before it counted anew. Lanes of which nothing is kept stay, empty.
history history::only(const std::vector<bool>& kept) const {
    std::vector<std::uint32_t> kept_until(size() + 1, 0);  // how many of the first n
    for (std::size_t n = 0; n < size(); ++n) kept_until[n + 1] = kept_until[n] + (kept[n] ? 1 : 0);
    history part;
    part.timed_ = timed_;
    for (std::size_t lane = 0; lane < lanes(); ++lane) {
        part.first_.push_back(part.operations_.size());
        for (std::size_t n = first_[lane]; n < first_[lane + 1]; ++n) {
            if (!kept[n]) continue;
            part.operations_.push_back(operations_[n]);
            part.origins_.push_back(origins_[n]);
            for (std::size_t other = 0; other < lanes(); ++other) {
                const std::size_t end = first_[other] + before(n)[other];
                part.before_.push_back(kept_until[end] - kept_until[first_[other]]);
            }
        }
    }
    part.first_.push_back(part.operations_.size());
    return part;
}

overlap overlap_of(std::span<const operation> given) {
    std::vector<const operation*> by_call;
    for (const operation& o : given) by_call.push_back(&o);
    std::ranges::sort(by_call, {}, [](const operation* o) { return std::pair(o->call, o->back); });
    std::vector<bool> met(by_call.size(), false);
    // Of those that began earlier, the one that ends last, and the last of any other thread.
    std::optional<std::size_t> latest;
    std::optional<std::size_t> other;
    const auto back_of = [&](std::size_t i) { return by_call[i]->back; };
    for (std::size_t i = 0; i < by_call.size(); ++i) {
        const operation& o = *by_call[i];
        for (const auto& earlier : {latest, other}) {
            if (!earlier || by_call[*earlier]->thread == o.thread || back_of(*earlier) < o.call) {
                continue;
            }
            met[i] = met[*earlier] = true;
        }
        // Its own thread's next begins after its end: the next to begin within it is another's.
        if (i + 1 < by_call.size() && by_call[i + 1]->call <= o.back &&
            by_call[i + 1]->thread != o.thread) {
            met[i] = met[i + 1] = true;
        }
        if (!latest || back_of(i) >= back_of(*latest)) {
            if (latest && by_call[*latest]->thread != o.thread) other = latest;
            latest = i;
        } else if (by_call[*latest]->thread != o.thread &&
                   (!other || back_of(i) >= back_of(*other))) {
            other = i;
        }
    }
    return {given.size(), static_cast<std::size_t>(std::ranges::count(met, true))};
}

}  // namespace cyclone::model
