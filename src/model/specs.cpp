// What the answers of a queue say about the order of its pushes.

#include "model/specs.hpp"

#include <iterator>
#include <optional>

namespace cyclone::model::detail {

namespace {

constexpr std::size_t k_nobody = static_cast<std::size_t>(-1);

/// Push and pop of each value, by number; nothing if values are not told apart.
struct pairs {
    std::vector<std::size_t> pop_of;   // of a push; k_nobody: left behind
    std::vector<std::size_t> push_of;  // of a pop
    bool has_full = false;
    bool has_pending_pop = false;
};

std::optional<pairs> pairs_of(const history& all) {
    pairs found{std::vector<std::size_t>(all.size(), k_nobody),
                std::vector<std::size_t>(all.size(), k_nobody)};
    std::vector<std::pair<std::uint64_t, std::size_t>> pushes;
    std::vector<std::pair<std::uint64_t, std::size_t>> pops;
    for (std::size_t n = 0; n < all.size(); ++n) {
        const operation& o = all[n];
        found.has_full |= !o.pending() && o.said == answer::full;
        found.has_pending_pop |= o.pending() && o.what == verb::pop;
        const bool moves = o.pending() || o.said == answer::done;
        if (o.what == verb::push && moves) pushes.emplace_back(o.argument, n);
        if (o.what == verb::pop && moves && !o.pending()) pops.emplace_back(o.result, n);
    }
    const auto has_twice = [](auto& list) {
        std::ranges::sort(list);
        return std::ranges::adjacent_find(list, [](const auto& a, const auto& b) {
                   return a.first == b.first;
               }) != list.end();
    };
    if (has_twice(pushes) || has_twice(pops)) return std::nullopt;
    auto push = pushes.begin();
    for (const auto& [value, pop] : pops) {
        while (push != pushes.end() && push->first < value) ++push;
        if (push == pushes.end() || push->first != value) continue;
        found.pop_of[push->second] = pop;
        found.push_of[pop] = push->second;
    }
    return found;
}

/// For each operation, lane by lane: how far the pushes go whose pops are at its place or earlier
/// in its own lane.
std::vector<std::uint32_t> pushes_until(const history& all, const pairs& known) {
    const std::size_t lanes = all.lanes();
    std::vector<std::uint32_t> until(all.size() * lanes, 0);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        for (std::size_t place = 0; place < all.length(lane); ++place) {
            const std::size_t n = all.number(lane, place);
            for (std::size_t i = 0; place > 0 && i < lanes; ++i) {
                until[n * lanes + i] = until[(n - 1) * lanes + i];
            }
            const std::size_t push = known.push_of[n];
            if (push == k_nobody) continue;
            const std::size_t from = all.lane_of(push);
            std::uint32_t& count = until[n * lanes + from];
            count = std::max(count, static_cast<std::uint32_t>(push - all.number(from, 0) + 1));
        }
    }
    return until;
}

}  // namespace

advice advice_for_queue(const history& all, bool may_haste) {
    const std::optional<pairs> known = pairs_of(all);
    if (!known) return {};
    const std::size_t lanes = all.lanes();
    const std::vector<std::uint32_t> until = pushes_until(all, *known);
    advice given{std::vector<std::uint64_t>(all.size()), std::vector<bool>(all.size(), false),
                 std::vector<std::uint32_t>(all.size() * lanes, 0)};
    // What is pushed before something that is left behind: every push that was popped.
    std::vector<std::uint32_t> popped(lanes, 0);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (all.length(lane) == 0) continue;
        const std::size_t last = all.number(lane, all.length(lane) - 1);
        for (std::size_t i = 0; i < lanes; ++i) {
            popped[i] = std::max(popped[i], until[last * lanes + i]);
        }
    }
    for (std::size_t n = 0; n < all.size(); ++n) {
        const operation& o = all[n];
        if (o.what != verb::push) {
            given.rank[n] = o.pending() ? k_never : 0;
            given.at_once[n] = may_haste && !known->has_full && known->push_of[n] != k_nobody;
            continue;
        }
        const std::size_t pop = known->pop_of[n];
        given.rank[n] = pop == k_nobody ? k_never - 1 : all[pop].back;
        const bool moves = o.pending() || o.said == answer::done;
        if (pop == k_nobody && (known->has_pending_pop || !moves)) continue;
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const std::size_t earlier = pop == k_nobody ? 0 : all.before(pop)[lane];
            for (std::size_t i = 0; i < lanes; ++i) {
                std::uint32_t& count = given.after[n * lanes + i];
                if (pop == k_nobody) {
                    count = popped[i];
                } else if (earlier > 0) {
                    count = std::max(count, until[all.number(lane, earlier - 1) * lanes + i]);
                }
            }
        }
    }
    return given;
}

}  // namespace cyclone::model::detail
