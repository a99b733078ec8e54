// The patterns, one function each, on values that know their push and their pop.

#include "model/queue_monitor.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace cyclone::model {

namespace {

constexpr std::size_t k_nobody = static_cast<std::size_t>(-1);

/// A value's life. A pending push is over at the end of time, which is what k_never says.
struct item {
    std::uint64_t value = 0;
    std::size_t push = k_nobody;
    std::size_t pop = k_nobody;
};

std::string who(std::span<const operation> given, std::size_t index) {
    const operation& o = given[index];
    return fmt::format("#{} thread {} {} [{}, {}]", index, o.thread, to_string(o), o.call,
                       o.pending() ? std::string("...") : std::to_string(o.back));
}

breach make_breach(std::span<const operation> given, pattern which,
                   std::vector<std::size_t> operations, std::string_view says) {
    std::string text = fmt::format("{}: {}", name_of(which), says);
    for (const std::size_t index : operations) text += "\n  " + who(given, index);
    return {which, std::move(operations), std::move(text)};
}

bool is_pop(const operation& o) { return o.what == verb::pop; }
bool returned_value(const operation& o) {
    return is_pop(o) && !o.pending() && o.said == answer::done;
}
bool is_push(const operation& o) {
    return o.what == verb::push && (o.pending() || o.said == answer::done);
}

/// Values by rising value, each with its push and its first pop; and what has no place in that.
struct ledger {
    std::vector<item> items;
    std::vector<std::size_t> strangers;                        // pops of what nobody pushed
    std::vector<std::pair<std::size_t, std::size_t>> repeats;  // pops
    std::optional<std::pair<std::size_t, std::size_t>> twice;  // pushes
};

using keyed = std::vector<std::pair<std::uint64_t, std::size_t>>;

ledger ledger_of(std::span<const operation> given) {
    keyed pushes;
    keyed pops;
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (is_push(given[i])) pushes.emplace_back(given[i].argument, i);
        if (returned_value(given[i])) pops.emplace_back(given[i].result, i);
    }
    std::ranges::sort(pushes);
    std::ranges::sort(pops);
    ledger all;
    all.items.reserve(pushes.size());
    auto pop = pops.begin();
    const auto pass_strangers = [&](auto until) {
        for (; pop != pops.end() && until(pop->first); ++pop) all.strangers.push_back(pop->second);
    };
    for (const auto& [value, index] : pushes) {
        if (!all.items.empty() && all.items.back().value == value) {
            all.twice = {all.items.back().push, index};
            continue;
        }
        pass_strangers([v = value](std::uint64_t other) { return other < v; });
        item one{value, index, k_nobody};
        for (; pop != pops.end() && pop->first == value; ++pop) {
            if (one.pop == k_nobody) {
                one.pop = pop->second;
            } else {
                all.repeats.emplace_back(one.pop, pop->second);
            }
        }
        all.items.push_back(one);
    }
    pass_strangers([](std::uint64_t) { return true; });
    // What nobody pushed may be popped twice as well; `fresh` says it first.
    return all;
}

class monitor {
 public:
    monitor(std::span<const operation> given, const monitor_options& how, ledger all)
        : given_(given), how_(how), all_(std::move(all)) {
        if (is(monitor_bug::pending_push_lost)) forget_pending_pushes();
        for (std::size_t i = 0; i < given.size(); ++i) {
            const operation& o = given[i];
            if (o.pending() && is_pop(o)) pending_pops_.push_back(o.call);
        }
        if (is(monitor_bug::pending_pops_lost)) pending_pops_.clear();
        std::ranges::sort(pending_pops_);
    }

    [[nodiscard]] monitored run() {
        for (const auto check : {&monitor::fresh, &monitor::repeat, &monitor::order,
                                 &monitor::empty_witness, &monitor::would_block}) {
            if (auto found = (this->*check)()) {
                out_.found = std::move(found);
                break;
            }
        }
        for (const operation& o : given_) {
            out_.unjudged += !o.pending() && o.said == answer::full ? 1 : 0;
        }
        return std::move(out_);
    }

 private:
    [[nodiscard]] bool is(monitor_bug bug) const noexcept { return how_.bug == bug; }

    [[nodiscard]] std::uint64_t push_call(const item& i) const { return given_[i.push].call; }
    [[nodiscard]] std::uint64_t push_back(const item& i) const {
        const operation& o = given_[i.push];
        return o.pending() && is(monitor_bug::pending_push_done) ? o.call : o.back;
    }
    [[nodiscard]] std::uint64_t pop_call(const item& i) const { return given_[i.pop].call; }
    [[nodiscard]] std::uint64_t pop_back(const item& i) const { return given_[i.pop].back; }

    /// In the queue at the end, unless a pending pop took it.
    [[nodiscard]] bool left(const item& i) const {
        return i.pop == k_nobody && !given_[i.push].pending();
    }
    /// How many pending pops had begun by then.
    [[nodiscard]] std::size_t takers(std::uint64_t instant) const {
        if (is(monitor_bug::pending_pop_for_all) && !pending_pops_.empty()) {
            return pending_pops_.front() <= instant ? all_.items.size() : 0;
        }
        const auto after = std::ranges::upper_bound(pending_pops_, instant);
        return static_cast<std::size_t>(std::distance(pending_pops_.begin(), after));
    }

    void forget_pending_pushes() {
        std::vector<item> kept;
        for (const item& i : all_.items) {
            if (!given_[i.push].pending()) {
                kept.push_back(i);
            } else if (i.pop != k_nobody) {
                all_.strangers.push_back(i.pop);
            }
        }
        all_.items = std::move(kept);
    }

    [[nodiscard]] std::optional<breach> fresh() {
        if (!all_.strangers.empty() && !is(monitor_bug::no_invention)) {
            return make_breach(given_, pattern::fresh, {all_.strangers.front()},
                               "popped, but never pushed");
        }
        for (const item& i : all_.items) {
            if (i.pop == k_nobody || pop_back(i) >= push_call(i)) continue;
            if (is(monitor_bug::no_time_travel)) continue;
            return make_breach(given_, pattern::fresh, {i.push, i.pop},
                               "popped before its push began");
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<breach> repeat() {
        if (all_.repeats.empty() || is(monitor_bug::no_repeat)) return std::nullopt;
        const auto [first, second] = all_.repeats.front();
        return make_breach(given_, pattern::repeat, {first, second}, "popped twice");
    }

    /// For each value, the earliest end of a pop among those pushed after it.
    [[nodiscard]] std::optional<breach> order() {
        std::vector<const item*> popped;
        for (const item& i : all_.items) {
            if (i.pop != k_nobody) popped.push_back(&i);
        }
        std::ranges::sort(popped, {}, [&](const item* i) { return push_call(*i); });
        std::vector<const item*> soonest(popped);  // from here on: the one popped first
        for (std::size_t n = soonest.size(); n-- > 1;) {
            if (pop_back(*soonest[n]) < pop_back(*soonest[n - 1])) soonest[n - 1] = soonest[n];
        }
        std::vector<std::pair<std::uint64_t, const item*>> due;  // for those left: gone by when
        for (const item& a : all_.items) {
            const auto later = std::ranges::upper_bound(
                popped, push_back(a), {}, [&](const item* i) { return push_call(*i); });
            if (later == popped.end()) continue;
            const item& b = *soonest[static_cast<std::size_t>(later - popped.begin())];
            if (left(a)) due.emplace_back(pop_back(b), &a);
            if (a.pop == k_nobody || pop_back(b) >= pop_call(a)) continue;
            if (is(monitor_bug::no_order)) continue;
            return make_breach(given_, pattern::order, {a.push, b.push, b.pop, a.pop},
                               "pushed first and popped second");
        }
        return order_of_those_left(std::move(due));
    }

    [[nodiscard]] std::optional<breach> order_of_those_left(
        std::vector<std::pair<std::uint64_t, const item*>> due) {
        if (is(monitor_bug::no_order_left)) return std::nullopt;
        std::ranges::sort(due, {}, &std::pair<std::uint64_t, const item*>::first);
        for (std::size_t n = 0; n < due.size(); ++n) {
            if (takers(due[n].first) > n) continue;
            return make_breach(given_, pattern::order, {due[n].second->push},
                               fmt::format("never popped, but a value pushed after it was, by {}; "
                                           "{} like it and {} pending pops",
                                           due[n].first, n + 1, takers(due[n].first)));
        }
        return std::nullopt;
    }

    /// The instants at which the queue may have been empty, out of those that matter: the
    /// beginnings of pops.
    [[nodiscard]] std::vector<std::uint64_t> maybe_empty_at() const {
        std::vector<std::uint64_t> at;
        for (const operation& o : given_) {
            if (is_pop(o)) at.push_back(o.call);
        }
        std::ranges::sort(at);
        at.erase(std::ranges::unique(at).begin(), at.end());
        // How many values are in for sure: begins after a push is over, ends at the pop's call.
        std::vector<std::int64_t> change(at.size() + 1, 0);
        std::vector<std::uint64_t> left_since;
        const auto place = [&](auto found) {
            return static_cast<std::size_t>(std::distance(at.begin(), found));
        };
        for (const item& i : all_.items) {
            if (left(i)) left_since.push_back(push_back(i));
            if (i.pop == k_nobody || push_back(i) >= pop_call(i)) continue;
            ++change[place(std::ranges::upper_bound(at, push_back(i)))];
            --change[place(std::ranges::lower_bound(at, pop_call(i)))];
        }
        std::ranges::sort(left_since);
        if (is(monitor_bug::no_empty_left)) left_since.clear();
        std::vector<std::uint64_t> empty;
        std::int64_t inside = 0;
        for (std::size_t n = 0; n < at.size(); ++n) {
            inside += change[n];
            const auto behind = std::ranges::lower_bound(left_since, at[n]);
            const auto still = static_cast<std::size_t>(std::distance(left_since.begin(), behind));
            if (inside == 0 && still <= takers(at[n])) empty.push_back(at[n]);
        }
        return empty;
    }

    [[nodiscard]] std::optional<breach> empty_witness() {
        if (is(monitor_bug::no_empty)) return std::nullopt;
        const std::vector<std::uint64_t> empty = maybe_empty_at();
        const bool is_weak = how_.empty == emptiness::weak;
        for (std::size_t n = 0; n < given_.size(); ++n) {
            const operation& o = given_[n];
            if (!is_pop(o) || o.pending() || o.said != answer::empty) continue;
            if (is_weak && meets_push(o)) {
                ++out_.unjudged;
                continue;
            }
            const auto next = std::ranges::lower_bound(empty, o.call);
            const std::uint64_t until = is(monitor_bug::empty_at_once) ? o.call : o.back;
            if (next != empty.end() && *next <= until) continue;
            return make_breach(given_, pattern::empty_witness, {n},
                               "said EMPTY, and at each instant of it some value was in");
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<breach> would_block() {
        if (is(monitor_bug::no_would_block)) return std::nullopt;
        for (std::size_t n = 0; n < given_.size(); ++n) {
            const operation& o = given_[n];
            if (!is_pop(o) || o.pending() || o.said != answer::would_block) continue;
            if (how_.empty == emptiness::three_valued && meets_push(o)) continue;
            return make_breach(given_, pattern::would_block, {n},
                               how_.empty == emptiness::three_valued
                                   ? "said WOULD_BLOCK, and no push was in flight"
                                   : "said WOULD_BLOCK, which this queue does not have");
        }
        return std::nullopt;
    }

    /// Whether some push overlaps it. Lists the pushes when it is first asked.
    [[nodiscard]] bool meets_push(const operation& o) {
        if (pushes_.empty()) {
            for (const operation& p : given_) {
                if (p.what == verb::push) pushes_.emplace_back(p.call, p.back);
            }
            std::ranges::sort(pushes_);
            for (std::size_t n = 1; n < pushes_.size(); ++n) {
                pushes_[n].second = std::max(pushes_[n].second, pushes_[n - 1].second);
            }
        }
        // Of those that began by its end, does the one that ends last reach its beginning?
        const auto after = std::ranges::upper_bound(
            pushes_, o.back, {}, &std::pair<std::uint64_t, std::uint64_t>::first);
        return after != pushes_.begin() && std::prev(after)->second >= o.call;
    }

    std::span<const operation> given_;
    monitor_options how_;
    ledger all_;
    std::vector<std::uint64_t> pending_pops_;                      // calls, rising
    std::vector<std::pair<std::uint64_t, std::uint64_t>> pushes_;  // call, latest back so far
    monitored out_;
};

}  // namespace

std::string_view name_of(pattern which) noexcept {
    switch (which) {
        case pattern::fresh: return "fresh";
        case pattern::repeat: return "repeat";
        case pattern::order: return "order";
        case pattern::empty_witness: return "empty witness";
        case pattern::would_block: return "would block";
        case pattern::loss: return "loss";
        case pattern::producer_order: return "producer order";
    }
    return "unknown pattern";
}

cyclone::result<monitored> monitor_queue(std::span<const operation> given,
                                         const monitor_options& how) {
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (given[i].what == verb::push || is_pop(given[i])) continue;
        return cyclone::fail(
            error_code::invalid_argument,
            who(given, i) + ": a queue has push and pop only; monitor its operations alone");
    }
    ledger all = ledger_of(given);
    if (all.twice) {
        const auto [first, second] = *all.twice;
        return cyclone::fail(
            error_code::invalid_argument,
            fmt::format("{} and {} push the same value; push distinct ones, such as "
                        "producer << 32 | sequence, or judge it by linearize()",
                        who(given, first), who(given, second)));
    }
    return monitor(given, how, std::move(all)).run();
}

std::optional<breach> find_invention(std::span<const operation> given) {
    const ledger all = ledger_of(given);
    if (!all.strangers.empty()) {
        return make_breach(given, pattern::fresh, {all.strangers.front()},
                           "popped, but never pushed");
    }
    for (const item& i : all.items) {
        if (i.pop == k_nobody || given[i.pop].back >= given[i.push].call) continue;
        return make_breach(given, pattern::fresh, {i.push, i.pop}, "popped before its push began");
    }
    return std::nullopt;
}

std::optional<breach> find_duplicate(std::span<const operation> given) {
    keyed pops;
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (returned_value(given[i])) pops.emplace_back(given[i].result, i);
    }
    std::ranges::sort(pops);
    const auto twice = std::ranges::adjacent_find(pops, {}, &keyed::value_type::first);
    if (twice == pops.end()) return std::nullopt;
    return make_breach(given, pattern::repeat, {twice->second, std::next(twice)->second},
                       "popped twice");
}

std::optional<breach> find_loss(std::span<const operation> given) {
    const ledger all = ledger_of(given);
    std::vector<std::size_t> missing;
    for (const item& i : all.items) {
        if (i.pop == k_nobody && !given[i.push].pending()) missing.push_back(i.push);
    }
    const auto takers = static_cast<std::size_t>(
        std::ranges::count_if(given, [](const operation& o) { return is_pop(o) && o.pending(); }));
    if (missing.size() <= takers) return std::nullopt;
    return make_breach(given, pattern::loss, {missing.front()},
                       fmt::format("{} values were pushed and never popped; {} pending pops",
                                   missing.size(), takers));
}

std::optional<breach> find_producer_disorder(std::span<const operation> given) {
    std::vector<item> items = ledger_of(given).items;
    const auto producer = [&](const item& i) {
        return std::pair(given[i.push].thread, given[i.push].call);
    };
    std::ranges::sort(items, {}, producer);
    const bool may_be_missing =
        std::ranges::any_of(given, [](const operation& o) { return is_pop(o) && o.pending(); });
    // From the last push of a producer to its first: of those pushed later, which was out first.
    const item* soonest = nullptr;
    for (std::size_t n = items.size(); n-- > 0;) {
        const item& a = items[n];
        if (soonest != nullptr && given[soonest->push].thread != given[a.push].thread) {
            soonest = nullptr;
        }
        if (soonest != nullptr && a.pop == k_nobody && !may_be_missing) {
            return make_breach(given, pattern::producer_order, {a.push, soonest->pop},
                               "never popped, but one that its producer pushed later was");
        }
        if (a.pop == k_nobody) continue;
        if (soonest != nullptr && given[soonest->pop].back < given[a.pop].call) {
            return make_breach(given, pattern::producer_order, {a.push, a.pop, soonest->pop},
                               "popped after one that its producer pushed later");
        }
        const bool is_sooner = soonest == nullptr || given[a.pop].back <= given[soonest->pop].back;
        if (is_sooner) soonest = &a;
    }
    return std::nullopt;
}

}  // namespace cyclone::model
