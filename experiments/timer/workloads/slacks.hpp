// One scheme under several slacks: what the workloads about coalescing share.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>

#include "timer/timer.hpp"

namespace cyclone::timer {

/// Slacks that are compared, in thousandths of a timer's distance.
inline constexpr std::array k_slacks{0U, 10U, 50U, 100U, 125U, 250U};

/// A wrapper whose last parameter is its slack can be had with another one.
template <class V>
struct slack_family {
    static constexpr bool k_adjustable = false;
};
template <template <class, class, int, unsigned> class Wrapper, class Inner, class Work, int Mutant,
          unsigned PerMille>
requires requires(tick t) {
    { Wrapper<Inner, Work, Mutant, PerMille>::slack(t) } -> std::same_as<tick>;
}
struct slack_family<Wrapper<Inner, Work, Mutant, PerMille>> {
    static constexpr bool k_adjustable = true;
    template <unsigned Other>
    using with = Wrapper<Inner, Work, Mutant, Other>;
};

/// What `of.template operator()<W>()` returns for the members W of V's family, in the order of
/// k_slacks.
template <class V, class Of>
[[nodiscard]] auto for_each_slack(const Of& of) {
    using family = slack_family<V>;
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return std::array{of.template operator()<typename family::template with<k_slacks[I]>>()...};
    }
    (std::make_index_sequence<k_slacks.size()>{});
}

/// How often a figure rises from one slack to the next larger one.
template <class Figures>
[[nodiscard]] std::size_t rises(const Figures& figures) {
    std::size_t count = 0;
    for (std::size_t i = 1; i < figures.size(); ++i) count += figures[i] > figures[i - 1] ? 1 : 0;
    return count;
}

}  // namespace cyclone::timer
