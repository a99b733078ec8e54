// Sequential specifications of what the tree is made of: queue, stack, deque, counter, register,
// set. What each verb and answer means is in history.hpp; what the members are for, in
// specification.hpp.
//
// Cost: queue, stack and deque hold their items in one vector: a copy, a hash and a removal at the
// front are O(items). Set and registers: O(log n) a look, O(n) a change.
// Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "model/specification.hpp"

namespace cyclone::model {

inline constexpr std::size_t k_unbounded = std::numeric_limits<std::size_t>::max();

/// What EMPTY promises.
enum class emptiness : std::uint8_t {
    strict,        ///< the queue was empty
    weak,          ///< it was empty, or a push that had taken its place was in flight
    three_valued,  ///< EMPTY as strict; in doubt WOULD_BLOCK, only while a push is in flight
};

struct queue_rules {
    std::size_t capacity = k_unbounded;
    emptiness empty = emptiness::strict;
    bool weak_full = false;  ///< FULL also while a call in flight has a place that is not an item
};

namespace detail {

[[nodiscard]] inline std::uint64_t hash_of(const std::vector<std::uint64_t>& items) noexcept {
    std::uint64_t sum = items.size();
    for (const std::uint64_t item : items) sum = mix(sum, item);
    return sum;
}

[[nodiscard]] inline std::string text_of(const std::vector<std::uint64_t>& items) {
    if (items.empty()) return "empty";
    constexpr std::size_t k_shown = 16;
    std::string text;
    for (std::size_t i = 0; i < std::min(items.size(), k_shown); ++i) {
        text += (i == 0 ? "" : " ") + std::to_string(items[i]);
    }
    const std::size_t rest = items.size() - std::min(items.size(), k_shown);
    return rest == 0 ? text : text + " and " + std::to_string(rest) + " more";
}

/// What follows from the answers of a queue that begins empty, if no value is pushed twice.
///   - If a is popped before b, a was pushed before b; and so it was if b is left behind for good.
///   - A pop that may take the first item loses nothing by taking it: nobody else may. Only FULL
///     would rather have it wait, and what looks at operations in flight (not `may_haste`).
///   - Of two pushes, try the one first whose pop is back first.
[[nodiscard]] advice advice_for_queue(const history& all, bool may_haste);

/// Push at the back; pop at the front or at the back.
template <bool Lifo>
class sequence {
 public:
    static constexpr bool k_splits_by_key = true;

    explicit sequence(queue_rules rules = {}) : rules_(rules) {}

    [[nodiscard]] bool allows(const operation& o, const moment& now) const {
        if (o.what == verb::push) return allows_push(o, now);
        return o.what == verb::pop && allows_pop(o, now);
    }
    [[nodiscard]] bool only_looks(const operation& o) const noexcept {
        if (o.pending() || rules_.weak_full || rules_.empty != emptiness::strict) return false;
        return o.said == answer::empty || o.said == answer::full;
    }
    void take(const operation& o) {
        if (!o.pending() && o.said != answer::done) return;
        if (o.what == verb::push) {
            items_.push_back(o.argument);
        } else {
            items_.erase(next());
        }
    }
    /// A queue's only: a stack's pops say little about the order of its pushes.
    [[nodiscard]] advice advise(const history& all) const {
        const bool may_haste = rules_.empty == emptiness::strict && !rules_.weak_full;
        return Lifo || !items_.empty() ? advice{} : advice_for_queue(all, may_haste);
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_of(items_); }
    [[nodiscard]] std::string text() const { return text_of(items_); }
    friend bool operator==(const sequence& a, const sequence& b) { return a.items_ == b.items_; }

 private:
    [[nodiscard]] std::vector<std::uint64_t>::const_iterator next() const noexcept {
        return Lifo ? items_.end() - 1 : items_.begin();
    }
    [[nodiscard]] bool allows_push(const operation& o, const moment& now) const {
        const bool is_full = items_.size() >= rules_.capacity;
        if (o.pending() || o.said == answer::done) return !is_full;
        if (o.said != answer::full) return false;
        if (is_full || !rules_.weak_full) return is_full;
        // A pop that has not given its place back, or a push that has its place and no more yet.
        return now.passed(verb::pop) || now.waiting(verb::push);
    }
    [[nodiscard]] bool allows_pop(const operation& o, const moment& now) const {
        if (o.pending()) return !items_.empty();
        if (o.said == answer::done) return !items_.empty() && *next() == o.result;
        if (o.said == answer::would_block) {
            return rules_.empty == emptiness::three_valued &&
                   (now.passed(verb::push) || now.waiting(verb::push));
        }
        if (o.said != answer::empty) return false;
        return items_.empty() || (rules_.empty == emptiness::weak && now.passed(verb::push));
    }

    queue_rules rules_;
    std::vector<std::uint64_t> items_;
};

}  // namespace detail

using fifo_queue = detail::sequence<false>;
using stack = detail::sequence<true>;

/// A work-stealing deque: the owner pushes and takes at one end, thieves steal at the other. A
/// steal may give up only when it lost to another: a take or a steal in flight.
class work_deque {
 public:
    static constexpr bool k_splits_by_key = true;

    [[nodiscard]] bool allows(const operation& o, const moment& now) const {
        if (o.what == verb::push) return o.pending() || o.said == answer::done;
        if (o.what != verb::take && o.what != verb::steal) return false;
        if (o.pending()) return !items_.empty();
        if (o.said == answer::empty) return items_.empty();
        if (o.said == answer::aborted) return o.what == verb::steal && has_rival(now);
        return o.said == answer::done && !items_.empty() && *next(o) == o.result;
    }
    [[nodiscard]] bool only_looks(const operation&) const noexcept { return false; }
    void take(const operation& o) {
        if (!o.pending() && o.said != answer::done) return;
        if (o.what == verb::push) {
            items_.push_back(o.argument);
        } else {
            items_.erase(next(o));
        }
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return detail::hash_of(items_); }
    [[nodiscard]] std::string text() const { return detail::text_of(items_); }
    friend bool operator==(const work_deque&, const work_deque&) = default;

 private:
    [[nodiscard]] std::vector<std::uint64_t>::const_iterator next(
        const operation& o) const noexcept {
        return o.what == verb::take ? items_.end() - 1 : items_.begin();
    }
    [[nodiscard]] static bool has_rival(const moment& now) noexcept {
        return now.passed(verb::take) || now.passed(verb::steal) || now.waiting(verb::take) ||
               now.waiting(verb::steal);
    }

    std::vector<std::uint64_t> items_;
};

/// One word: add and read, or write, read and compare_exchange. Starts at 0 unless told otherwise.
class word {
 public:
    static constexpr bool k_splits_by_key = true;

    explicit word(std::uint64_t value = 0) noexcept : value_(value) {}

    [[nodiscard]] bool allows(const operation& o, const moment&) const noexcept {
        if (o.pending()) return changes(o);
        switch (o.what) {
            case verb::add:
            case verb::read: return o.said == answer::done && o.result == value_;
            case verb::write: return o.said == answer::done;
            case verb::compare_exchange:
                if (o.said == answer::done) return value_ == o.argument;
                return o.said == answer::refused && value_ != o.argument && value_ == o.result;
            default: return false;
        }
    }
    [[nodiscard]] bool only_looks(const operation& o) const noexcept {
        return !o.pending() && (o.what == verb::read || o.said == answer::refused);
    }
    void take(const operation& o) noexcept {
        if (o.what == verb::add) value_ += o.argument;
        if (o.what == verb::write) value_ = o.argument;
        if (o.what == verb::compare_exchange && value_ == o.argument) value_ = o.extra;
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return mix(1, value_); }
    [[nodiscard]] std::string text() const { return std::to_string(value_); }
    friend bool operator==(const word&, const word&) = default;

 private:
    [[nodiscard]] bool changes(const operation& o) const noexcept {
        return o.what == verb::add || o.what == verb::write ||
               (o.what == verb::compare_exchange && value_ == o.argument);
    }

    std::uint64_t value_;
};

using counter = word;
using register_word = word;

/// A word for each key: for orders that may not be judged key by key, and to check that.
class words {
 public:
    static constexpr bool k_splits_by_key = true;

    [[nodiscard]] bool allows(const operation& o, const moment& now) const noexcept {
        return word(value_at(o.key)).allows(o, now);
    }
    [[nodiscard]] bool only_looks(const operation& o) const noexcept {
        return word().only_looks(o);
    }
    void take(const operation& o) {
        word one(value_at(o.key));
        one.take(o);
        const auto at = std::ranges::lower_bound(values_, o.key, {}, &entry::first);
        const bool is_there = at != values_.end() && at->first == o.key;
        if (is_there) values_.erase(at);
        // 0 is what is not there: two states that answer alike must be equal.
        if (one == word()) return;
        const auto place = std::ranges::lower_bound(values_, o.key, {}, &entry::first);
        values_.insert(place, {o.key, one});
    }
    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t sum = values_.size();
        for (const auto& [key, value] : values_) sum = mix(mix(sum, key), value.hash());
        return sum;
    }
    [[nodiscard]] std::string text() const {
        std::string text = "0";
        for (const auto& [key, value] : values_) {
            text += ", but @" + std::to_string(key) + " " + value.text();
        }
        return text;
    }
    friend bool operator==(const words&, const words&) = default;

 private:
    using entry = std::pair<std::uint64_t, word>;
    [[nodiscard]] word value_at(std::uint64_t key) const noexcept {
        const auto at = std::ranges::lower_bound(values_, key, {}, &entry::first);
        return at != values_.end() && at->first == key ? at->second : word();
    }

    std::vector<entry> values_;  // by key
};

/// Insert, remove, contains; the element is the operation's key.
class set {
 public:
    static constexpr bool k_splits_by_key = true;

    [[nodiscard]] bool allows(const operation& o, const moment&) const noexcept {
        const bool is_in = std::ranges::binary_search(elements_, o.key);
        if (o.pending()) return o.what == verb::insert ? !is_in : o.what == verb::remove && is_in;
        if (o.said != answer::done && o.said != answer::refused) return false;
        const bool says_yes = o.said == answer::done;
        if (o.what == verb::insert) return says_yes != is_in;
        if (o.what != verb::remove && o.what != verb::contains) return false;
        return says_yes == is_in;
    }
    [[nodiscard]] bool only_looks(const operation& o) const noexcept {
        return !o.pending() && (o.what == verb::contains || o.said == answer::refused);
    }
    void take(const operation& o) {
        const auto at = std::ranges::lower_bound(elements_, o.key);
        const bool is_in = at != elements_.end() && *at == o.key;
        if (o.what == verb::insert && !is_in) elements_.insert(at, o.key);
        if (o.what == verb::remove && is_in) elements_.erase(at);
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return detail::hash_of(elements_); }
    [[nodiscard]] std::string text() const { return detail::text_of(elements_); }
    friend bool operator==(const set&, const set&) = default;

 private:
    std::vector<std::uint64_t> elements_;  // rising
};

static_assert(specification<fifo_queue> && specification<stack> && specification<work_deque>);
static_assert(specification<word> && specification<words> && specification<set>);

}  // namespace cyclone::model
