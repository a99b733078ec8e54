// The variants on real threads, as the registry's factories do not make them: under sync::failing,
// as queues of other items, with the calls that wait, and with what is known of each. The build
// generates one unit a variant from the template below, and the table; no suite includes a variant.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/sync_failing.hpp"
#include "end.hpp"
#include "items.hpp"
#include "knowledge.hpp"
#include "table.hpp"

namespace cyclone::queue::test {

/// A variant under sync::failing, as it ships or with a seeded bug.
struct stalled_row {
    int number;  ///< of the seeded bug; 0 for what ships
    maker make;
    void (*more)();  ///< a scenario of its own; may be null
};

struct native_subject {
    std::string_view name;
    const knowledge& known;
    std::span<const stalled_row> failing{};  ///< empty for a peer, and null what follows
    maker make = nullptr;                    ///< what ships, natively
    maker_of<boxed> of_boxes = nullptr;      ///< null where items are words
    maker_of<tracked> of_tracked = nullptr;
    maker_of<std::string> of_strings = nullptr;
};

/// All of them, in the order of the registry.
[[nodiscard]] std::span<const native_subject* const> native_subjects();

/// For the generated units. `Row<Mutant, Sync, T>` is the variant, `More<Mutant>::k_is` its own
/// scenario or null.
template <template <int, class, class> class Row, template <int> class More, int... Mutant>
struct native_unit {
    using ships = Row<0, sync::native, std::uint64_t>;

    static constexpr std::array<stalled_row, sizeof...(Mutant)> k_failing{
        {{Mutant, &make_end<Row<Mutant, sync::failing, std::uint64_t>>, More<Mutant>::k_is}...}};

    template <class T>
    static constexpr maker_of<T> of() {
        if constexpr (ships::k_traits.takes == item_rule::any) {
            return &make_end<Row<0, sync::native, T>>;
        } else {
            return nullptr;
        }
    }

    static constexpr native_subject of_name(std::string_view name, const knowledge& known) {
        return {.name = name,
                .known = known,
                .failing = k_failing,
                .make = &make_end<ships>,
                .of_boxes = of<boxed>(),
                .of_tracked = of<tracked>(),
                .of_strings = of<std::string>()};
    }
};

}  // namespace cyclone::queue::test
