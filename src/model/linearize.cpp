// What a search says to a reader: the part of the history that matters, drawn, and where an order
// ends.

#include "model/linearize.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cyclone::model {

namespace {

constexpr std::size_t k_columns = 48;  // of a drawing's instants
constexpr std::size_t k_lines = 40;
constexpr std::size_t k_tail = 8;  // of a long order: what comes before rarely matters

/// Where each instant stands in a drawing: in order, evenly, whatever lies between.
class scale {
 public:
    scale(const history& all, std::span<const std::size_t> shown) {
        for (const std::size_t n : shown) {
            instants_.push_back(all[n].call);
            if (!all[n].pending()) instants_.push_back(all[n].back);
        }
        std::ranges::sort(instants_);
        instants_.erase(std::ranges::unique(instants_).begin(), instants_.end());
    }

    /// Two columns an instant, so that a short operation is seen; fewer where there is no room.
    [[nodiscard]] std::size_t column(std::uint64_t instant) const {
        const auto at = std::ranges::lower_bound(instants_, instant);
        const auto rank = static_cast<std::size_t>(std::distance(instants_.begin(), at));
        const std::size_t last = std::max<std::size_t>(instants_.size(), 2) - 1;
        return std::min(2 * rank, rank * (k_columns - 1) / last);
    }
    [[nodiscard]] std::size_t width() const {
        return instants_.empty() ? 0 : column(instants_.back()) + 1;
    }

 private:
    std::vector<std::uint64_t> instants_;
};

std::string bar(const operation& o, const scale& across) {
    std::string line(across.width(), ' ');
    const std::size_t begin = across.column(o.call);
    const std::size_t end = o.pending() ? line.size() - 1 : across.column(o.back);
    for (std::size_t i = begin; i <= end; ++i) line[i] = o.pending() ? '.' : '-';
    line[begin] = '[';
    if (!o.pending() && end > begin) line[end] = ']';
    return line;
}

/// The last of each other thread that is over before.
std::string comes_after(const history& all, std::size_t number) {
    std::vector<std::string> names;
    const auto needs = all.before(number);
    for (std::size_t lane = 0; lane < needs.size(); ++lane) {
        if (needs[lane] == 0 || lane == all.lane_of(number)) continue;
        names.push_back(fmt::format("#{}", all.number(lane, needs[lane] - 1)));
    }
    return names.empty() ? "" : fmt::format("  after {}", fmt::join(names, ", "));
}

std::string names_of(const history& all, std::span<const std::size_t> numbers) {
    std::vector<std::string> names;
    const std::size_t skipped = numbers.size() - std::min(numbers.size(), 2 * k_tail);
    if (skipped > 0) names.push_back(fmt::format("({} more)", skipped));
    for (const std::size_t n : numbers.subspan(skipped)) names.push_back(to_string(all[n]));
    return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string draw(const history& all, std::span<const std::size_t> shown,
                 std::span<const std::size_t> marked) {
    const scale across(all, shown);
    std::string text;
    for (const std::size_t n : shown) {
        const operation& o = all[n];
        text += fmt::format("  #{:<4} thread {:<3}", n, o.thread);
        text += all.timed() ? fmt::format("{}  {}", bar(o, across), to_string(o))
                            : to_string(o) + comes_after(all, n);
        text += std::ranges::find(marked, n) == marked.end() ? "\n" : "   <--\n";
    }
    return text;
}

namespace detail {

std::string explain(const history& all, const failure& why) {
    const std::vector<std::size_t> returns = all.returns();
    const std::size_t last = returns[why.answers - 1];
    std::vector<bool> matters(all.size(), false);
    // What came back up to there and has no place yet, and the end of the order before it.
    for (std::size_t i = 0; i < why.answers; ++i) matters[returns[i]] = true;
    const std::size_t settled = why.longest.size() - std::min(why.longest.size(), k_tail);
    for (std::size_t i = 0; i < why.longest.size(); ++i) matters[why.longest[i]] = i >= settled;
    for (const std::size_t n : why.next) matters[n] = true;
    matters[last] = true;
    std::vector<std::size_t> shown;
    for (std::size_t n = 0; n < all.size(); ++n) {
        if (matters[n] && shown.size() < k_lines) shown.push_back(n);
    }
    std::string text = fmt::format(
        "not linearizable: once #{}, thread {}'s {}, is back, no order explains the first {} "
        "answers of {}\n",
        last, all[last].thread, to_string(all[last]), why.answers, returns.size());
    text += draw(all, shown, why.next);
    text += fmt::format("longest order: {}\n", names_of(all, why.longest));
    text += fmt::format("state after it: {}; what might come next (<--) has another answer there\n",
                        why.state);
    return text;
}

std::string gave_up(std::uint64_t points_max) {
    return fmt::format(
        "unknown: gave up after {} points; raise points_max, or record a shorter history with "
        "fewer threads",
        points_max);
}

}  // namespace detail

}  // namespace cyclone::model
