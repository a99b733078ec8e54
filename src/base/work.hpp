// Counted work: what an algorithm does, counted by itself, exact and free of noise.
//
// A sequential variant takes a Work policy. `no_work` is what ships: empty, and gone after
// inlining. `counted_work` counts, so that a bound such as O(log n) is decided on figures that
// repeat to the last digit, on a machine without hardware counters, rather than on time.
#pragma once

#include <cstdint>

namespace cyclone {

/// Totals since construction or the last reset. Units are events, not time.
struct work_totals {
    std::uint64_t nodes = 0;        ///< elements looked at
    std::uint64_t comparisons = 0;  ///< keys compared
    std::uint64_t relinks = 0;      ///< elements moved after they were placed
    std::uint64_t slots = 0;        ///< buckets or bitmap words looked at

    [[nodiscard]] friend work_totals operator-(const work_totals& a,
                                               const work_totals& b) noexcept {
        return {a.nodes - b.nodes, a.comparisons - b.comparisons, a.relinks - b.relinks,
                a.slots - b.slots};
    }
    [[nodiscard]] friend work_totals operator+(const work_totals& a,
                                               const work_totals& b) noexcept {
        return {a.nodes + b.nodes, a.comparisons + b.comparisons, a.relinks + b.relinks,
                a.slots + b.slots};
    }
    [[nodiscard]] std::uint64_t sum() const noexcept {
        return nodes + comparisons + relinks + slots;
    }
};

/// The shipping policy: counts nothing and occupies nothing.
struct no_work {
    static constexpr bool k_counts = false;
    static constexpr void node() noexcept {}
    static constexpr void comparison() noexcept {}
    static constexpr void relink() noexcept {}
    static constexpr void slot() noexcept {}
    static constexpr work_totals totals() noexcept { return {}; }
};

/// The measuring policy: one addition an event.
class counted_work {
 public:
    static constexpr bool k_counts = true;
    void node() noexcept { ++totals_.nodes; }
    void comparison() noexcept { ++totals_.comparisons; }
    void relink() noexcept { ++totals_.relinks; }
    void slot() noexcept { ++totals_.slots; }
    [[nodiscard]] work_totals totals() const noexcept { return totals_; }

 private:
    work_totals totals_;
};

}  // namespace cyclone
