// What an object promises to one thread, as a state machine; and the little that a weaker promise
// may know about the others: which operations are in flight.
//
// A specification is a copyable state with
//   k_splits_by_key   operations on different keys never meet: histories by time may be judged key
//                     by key
//   allows(o, now)    the state admits o and the answer it got; a pending o: it can take effect
//   take(o)           the state after it. One successor: where an object chooses, the answer says
//                     what it chose
//   only_looks(o)     take(o) changes nothing, and no answer depends on `moment`: such an operation
//                     may come as soon as it is allowed, and nothing else need be tried
//   hash(), ==, text()
//
// Weak promises. A queue may say EMPTY while an item lies behind a push that is not over. Whether a
// push is over when a pop takes effect depends on when that is, and a search over orders knows no
// instants. But an order has an earliest schedule: each operation takes effect at the latest call
// among those up to it. A push is in flight then if nothing up to it began after the push was over.
// `moment::passed` is exactly that; every claim of this kind holds in the earliest schedule if it
// holds in any, so that all of an order's claims can be judged together. `moment::waiting` asks for
// one that has begun and not taken effect, which a later schedule favours: such claims are judged
// one by one, and a history in which each holds but not all at once is let through.
// Without a clock there is no schedule: in flight is then what neither comes before the operation
// nor after it.
//
// Cost: passed and waiting O(k^2) for k threads; without a clock O(n).
// Thread-safety: none.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/history.hpp"

namespace cyclone::model {

/// The point of a search at which an operation may come next: of each lane of the history, the
/// first `cut[lane]` operations have taken effect. Of the own lane all earlier ones.
class moment {
 public:
    moment(const history& all, std::span<const std::uint32_t> cut, std::size_t lane,
           bool forgets_ends = false) noexcept
        : all_(all), cut_(cut), lane_(lane), forgets_ends_(forgets_ends) {}

    /// Another thread's operation of this kind has taken effect, not in vain, and is not over.
    [[nodiscard]] bool passed(verb what) const noexcept {
        const auto own = all_.before(all_.number(lane_, cut_[lane_]));
        for (std::size_t lane = 0; lane < all_.lanes(); ++lane) {
            if (lane == lane_ || cut_[lane] == 0) continue;
            if (all_.timed()) {
                if (counts(all_.at(lane, cut_[lane] - 1), what) && !is_over(lane)) return true;
                continue;
            }
            for (std::size_t place = own[lane]; place < cut_[lane]; ++place) {
                if (counts(all_.at(lane, place), what)) return true;
            }
        }
        return false;
    }

    /// Another thread's operation of this kind has begun and may still take effect.
    [[nodiscard]] bool waiting(verb what) const noexcept {
        for (std::size_t lane = 0; lane < all_.lanes(); ++lane) {
            if (lane == lane_) continue;
            const std::size_t end =
                all_.timed() ? std::min<std::size_t>(cut_[lane] + std::size_t{1}, all_.length(lane))
                             : all_.length(lane);
            for (std::size_t place = cut_[lane]; place < end; ++place) {
                const std::size_t next = all_.number(lane, place);
                if (counts(all_[next], what) && is_beside(next)) return true;
            }
        }
        return false;
    }

    /// Everything before it has taken effect.
    [[nodiscard]] static bool may_come(const history& all, std::span<const std::uint32_t> cut,
                                       std::size_t number) noexcept {
        const auto needs = all.before(number);
        for (std::size_t lane = 0; lane < needs.size(); ++lane) {
            if (needs[lane] > cut[lane]) return false;
        }
        return true;
    }

 private:
    [[nodiscard]] static bool counts(const operation& o, verb what) noexcept {
        return o.what == what && (o.pending() || o.said == answer::done);
    }
    /// Of one that has not taken effect: by the clock, that all before it have; else, that it does
    /// not come after the one that is next here.
    [[nodiscard]] bool is_beside(std::size_t number) const noexcept {
        if (all_.timed()) return may_come(all_, cut_, number);
        return all_.before(number)[lane_] <= cut_[lane_];
    }
    /// Whether the last of `lane` that took effect was over before the one that comes next began,
    /// or before some other that took effect did.
    [[nodiscard]] bool is_over(std::size_t lane) const noexcept {
        if (forgets_ends_) return false;
        if (all_.before(all_.number(lane_, cut_[lane_]))[lane] >= cut_[lane]) return true;
        for (std::size_t other = 0; other < all_.lanes(); ++other) {
            // A lane's last began last.
            if (other == lane || cut_[other] == 0) continue;
            if (all_.before(all_.number(other, cut_[other] - 1))[lane] >= cut_[lane]) return true;
        }
        return false;
    }

    const history& all_;
    std::span<const std::uint32_t> cut_;
    std::size_t lane_;
    bool forgets_ends_;
};

/// What a specification knows of a whole history beforehand, so that less need be tried. Optional:
/// `advise(history)`. It may only follow from the specification: no order is lost by it.
struct advice {
    std::vector<std::uint64_t> rank;   ///< of each operation: what to try first; empty: no advice
    std::vector<bool> at_once;         ///< where it is allowed, nothing else need be tried
    std::vector<std::uint32_t> after;  ///< lanes() for each: as history::before, but inferred
};

template <class S>
concept gives_advice = requires(const S& state, const history& all) {
    { state.advise(all) } -> std::same_as<advice>;
};

template <class S>
concept specification = std::copyable<S> && std::equality_comparable<S> &&
    requires(const S& state, S& next, const operation& o, const moment& now) {
    { S::k_splits_by_key } -> std::convertible_to<bool>;
    { state.allows(o, now) } -> std::same_as<bool>;
    { state.only_looks(o) } -> std::same_as<bool>;
    { next.take(o) } -> std::same_as<void>;
    { state.hash() } -> std::same_as<std::uint64_t>;
    { state.text() } -> std::same_as<std::string>;
};

/// Order counts: for sequences.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t sum, std::uint64_t word) noexcept {
    sum = (sum ^ word) * 0x9e3779b97f4a7c15;
    return sum ^ (sum >> 29);
}

}  // namespace cyclone::model
