// A log-linear histogram of nanoseconds, in the manner of HdrHistogram (G. Tene): every power of
// two is cut into 128 equal buckets, so that a bucket is at most 1/128 of its values wide.
//
//   record    O(1), no allocation: a shift and an increment
//   memory    fixed, k_buckets counts (37 KiB)
//   error     a quantile is the upper bound of its bucket: never below the exact order statistic,
//             at most 0.79 % above it; values below 256 are exact, and so are count, max and mean
//   top       values from k_top on share the last bucket (73 minutes); max and mean stay exact,
//             quantiles that fall there say max
//
// Thread safety: none; a thread fills its own and they are merged afterwards.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lab/records.hpp"

namespace cyclone::lab {

class histogram {
 public:
    static constexpr unsigned k_bits = 7;  ///< log2 of the buckets of a power of two
    static constexpr unsigned k_top_bits = 42;
    static constexpr std::uint64_t k_top = std::uint64_t{1} << k_top_bits;
    static constexpr std::size_t k_buckets =
        (std::size_t{2} << k_bits) + (std::size_t{k_top_bits - k_bits - 1} << k_bits);

    void record(std::uint64_t ns) noexcept {
        ++counts_[index_of(ns)];
        ++count_;
        sum_ += ns;
        max_ = std::max(max_, ns);
    }

    /// Adds what the other holds. Commutative and associative, to the last bit.
    void merge(const histogram& other) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
    /// 0 while empty.
    [[nodiscard]] double mean() const noexcept;
    /// The value of rank max(1, ceil(q count)), q in [0, 1], rounded up to its bucket's end but
    /// not above max(). 0 while empty. O(k_buckets).
    [[nodiscard]] std::uint64_t quantile(double q) const;
    /// How many values lie in buckets that begin above `ns`.
    [[nodiscard]] std::uint64_t count_above(std::uint64_t ns) const noexcept;
    [[nodiscard]] histogram_record written() const;

    /// Where a value is counted. Rises with the value.
    [[nodiscard]] static constexpr std::size_t index_of(std::uint64_t ns) noexcept {
        const std::uint64_t value = std::min(ns, k_top - 1);
        // Below 2^(k_bits + 1) a bucket is one value wide; above, its k_bits + 1 leading bits.
        const auto width = static_cast<unsigned>(std::bit_width(value));
        const unsigned shift = width > k_bits + 1 ? width - (k_bits + 1) : 0;
        return (std::size_t{shift} << k_bits) + static_cast<std::size_t>(value >> shift);
    }
    /// The largest value counted at an index (below k_top).
    [[nodiscard]] static constexpr std::uint64_t upper_of(std::size_t index) noexcept {
        const std::size_t row = index >> k_bits;
        const unsigned shift = row > 1 ? static_cast<unsigned>(row - 1) : 0;
        const std::uint64_t leading = index - (std::size_t{shift} << k_bits);
        return ((leading + 1) << shift) - 1;
    }

    friend bool operator==(const histogram&, const histogram&) = default;

 private:
    __extension__ using wide = unsigned __int128;  // a sum that cannot overflow

    std::array<std::uint64_t, k_buckets> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
    wide sum_ = 0;
};

}  // namespace cyclone::lab
