// What a queue that promises less than one order for all may answer: the order is that of each
// producer, or pushes and pops are seen when they are flushed (S13). As a specification for
// model::linearize, for pushes, pops and flushes of a few threads.
//
// An operation's `extra` is the number of the access that it went through. A flush of pushes is
// told as verb::write, one of pops as verb::read: histories have no verb of their own for them.
//
// Cost: states hold all items in a vector, as those of model/specs.hpp.
// Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/linearize.hpp"
#include "model/specs.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue::test {

inline constexpr model::verb k_flush_pushes = model::verb::write;
inline constexpr model::verb k_flush_pops = model::verb::read;

[[nodiscard]] constexpr model::emptiness rule_of(emptiness declared) noexcept {
    switch (declared) {
        case emptiness::strict: return model::emptiness::strict;
        case emptiness::weak: return model::emptiness::weak;
        case emptiness::three_valued: return model::emptiness::three_valued;
    }
    return model::emptiness::strict;
}

[[nodiscard]] inline model::answer told(const popped<std::uint64_t>& got) noexcept {
    switch (got.said()) {
        case answer::item: return model::answer::done;
        case answer::empty: return model::answer::empty;
        case answer::would_block: return model::answer::would_block;
    }
    return model::answer::empty;
}

/// Whether this specification is wanted and not one of model/specs.hpp.
[[nodiscard]] constexpr bool promises_less(const traits& declared) noexcept {
    return declared.keeps == order::fifo_per_producer || declared.shows == visibility::at_flush;
}

class promise {
 public:
    static constexpr bool k_splits_by_key = true;

    promise(const traits& declared, std::size_t capacity, bool weak_full)
        : keeps_(declared.keeps),
          flushes_(declared.shows == visibility::at_flush),
          empties_(declared.empties),
          weak_full_(weak_full),
          capacity_(capacity) {}

    [[nodiscard]] bool allows(const model::operation& o, const model::moment& now) const {
        if (o.what == model::verb::push) return allows_push(o, now);
        if (o.what == model::verb::pop) return allows_pop(o, now);
        return o.what == k_flush_pushes || o.what == k_flush_pops;
    }
    [[nodiscard]] bool only_looks(const model::operation& o) const noexcept {
        if (o.pending() || flushes_ || weak_full_ || empties_ != emptiness::strict) return false;
        return o.said == model::answer::empty || o.said == model::answer::full;
    }

    void take(const model::operation& o) {
        const auto through = static_cast<std::uint32_t>(o.extra);
        if (o.what == model::verb::push && (o.pending() || o.said == model::answer::done)) {
            inside_.push_back({o.argument, o.thread, through, !flushes_});
        } else if (o.what == model::verb::push || o.what == k_flush_pushes) {
            // Who finds no room has flushed.
            for (item& one : inside_) one.shown |= one.through == through;
        } else if (o.what == model::verb::pop && o.said == model::answer::done) {
            inside_.erase(inside_.begin() + static_cast<std::ptrdiff_t>(place_of(o.result)));
            if (flushes_) kept_by_.push_back(through);
        } else {
            std::erase(kept_by_, through);
        }
    }

    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t sum = inside_.size();
        for (const item& one : inside_) {
            sum = model::mix(sum, one.value * 2 + (one.shown ? 1 : 0));
        }
        return model::mix(sum, kept_by_.size());
    }
    [[nodiscard]] std::string text() const {
        std::string text = inside_.empty() ? "empty" : "";
        for (const item& one : inside_) {
            text += std::to_string(one.value) + (one.shown ? " " : "(not shown) ");
        }
        if (!kept_by_.empty()) {
            text += ", " + std::to_string(kept_by_.size()) + " places not given back";
        }
        return text;
    }
    friend bool operator==(const promise& a, const promise& b) {
        return a.inside_ == b.inside_ && a.kept_by_ == b.kept_by_;
    }

 private:
    struct item {
        std::uint64_t value;
        std::uint32_t producer;
        std::uint32_t through;
        bool shown;
        friend bool operator==(const item&, const item&) = default;
    };

    [[nodiscard]] std::size_t place_of(std::uint64_t value) const {
        const auto at = std::ranges::find(inside_, value, &item::value);
        return static_cast<std::size_t>(at - inside_.begin());
    }
    [[nodiscard]] bool is_next(std::size_t place) const {
        if (place == inside_.size()) return false;
        if (keeps_ == order::fifo) return place == 0;
        if (keeps_ == order::lifo) return place + 1 == inside_.size();
        const auto of_same = std::ranges::find(inside_, inside_[place].producer, &item::producer);
        return static_cast<std::size_t>(of_same - inside_.begin()) == place;
    }
    [[nodiscard]] bool allows_push(const model::operation& o, const model::moment& now) const {
        const bool is_full = inside_.size() >= capacity_;
        if (o.pending() || o.said == model::answer::done) return !is_full;
        if (o.said != model::answer::full || capacity_ == model::k_unbounded) return false;
        if (inside_.size() + kept_by_.size() >= capacity_) return true;
        return weak_full_ && (now.passed(model::verb::pop) || now.waiting(model::verb::push));
    }
    [[nodiscard]] bool allows_pop(const model::operation& o, const model::moment& now) const {
        if (o.pending()) return false;  // whose item it took is not known; it may never have
        if (o.said == model::answer::done) return is_next(place_of(o.result));
        const bool pushing = now.passed(model::verb::push);
        if (o.said == model::answer::would_block) {
            return empties_ == emptiness::three_valued &&
                   (pushing || now.waiting(model::verb::push));
        }
        if (o.said != model::answer::empty) return false;
        if (empties_ == emptiness::weak && pushing) return true;
        return std::ranges::none_of(inside_, &item::shown);
    }

    order keeps_;
    bool flushes_;
    emptiness empties_;
    bool weak_full_;
    std::size_t capacity_;
    std::vector<item> inside_{};
    std::vector<std::uint32_t> kept_by_{};  ///< an entry a popped place: by whom it is kept
};
static_assert(model::specification<promise>);

/// Judges a whole history by what is declared.
[[nodiscard]] inline model::search_result judged(const model::history& all, const traits& declared,
                                                 std::size_t capacity, bool weak_full) {
    if (promises_less(declared)) {
        return model::linearize(all, promise(declared, capacity, weak_full));
    }
    const model::queue_rules rules{
        .capacity = capacity, .empty = rule_of(declared.empties), .weak_full = weak_full};
    return declared.keeps == order::lifo ? model::linearize(all, model::stack(rules))
                                         : model::linearize(all, model::fifo_queue(rules));
}

}  // namespace cyclone::queue::test
