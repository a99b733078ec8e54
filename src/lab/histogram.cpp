// Merging and reading of histograms; recording is in the header.

#include "lab/histogram.hpp"

#include <cmath>

#include "base/assert.hpp"

namespace cyclone::lab {

void histogram::merge(const histogram& other) noexcept {
    for (std::size_t i = 0; i < k_buckets; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
    sum_ += other.sum_;
}

double histogram::mean() const noexcept {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

std::uint64_t histogram::quantile(double q) const {
    CYCLONE_ASSERT(q >= 0 && q <= 1);
    if (count_ == 0) return 0;
    const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i + 1 < k_buckets; ++i) {
        seen += counts_[i];
        if (seen >= std::max<std::uint64_t>(rank, 1)) return std::min(upper_of(i), max_);
    }
    return max_;
}

std::uint64_t histogram::count_above(std::uint64_t ns) const noexcept {
    std::uint64_t above = 0;
    for (std::size_t i = index_of(ns) + 1; i < k_buckets; ++i) above += counts_[i];
    return above;
}

histogram_record histogram::written() const {
    histogram_record out;
    for (std::size_t i = 0; i < k_buckets; ++i) {
        if (counts_[i] > 0) out.buckets.emplace_back(upper_of(i), counts_[i]);
    }
    if (max_ >= k_top) out.buckets.back().first = max_;  // the shared bucket has no end of its own
    out.max_ns = max_;
    out.mean_ns = mean();
    return out;
}

}  // namespace cyclone::lab
