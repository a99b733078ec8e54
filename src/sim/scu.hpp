#pragma once
// The class of algorithms SCU(q, s), bare: q steps of the caller's own, then a scan of s shared
// words and a compare-and-swap on the first of them, again from the scan if it fails. Most
// lock-free structures are of this shape, and what is proven of it under a uniform scheduler can be
// held against what the simulator counts.
//
// Source      Alistarh, Censor-Hillel and Shavit, STOC 2014, section 4
// Cost        q + (s + 1) steps a try after the preamble
// Progress    lock-free
// Invariants  I1 the first word grows by one with every call that ends
// Orders      relaxed: nothing is handed over, and the simulator's memory is sequentially
// consistent Bound       as constructed: processors, and words to scan

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/sync.hpp"

namespace cyclone::sim {

template <sync::policy Sync>
class scu {
    using word = typename Sync::template atomic<std::uint64_t>;

 public:
    scu(std::uint32_t processors, std::uint32_t preamble, std::uint32_t scan)
        : preamble_(preamble),
          scan_(scan),
          own_(std::make_unique<padded<word>[]>(processors)),
          shared_(std::make_unique<padded<word>[]>(scan)) {
        CYCLONE_ASSERT(processors >= 1 && scan >= 1);
    }

    /// Returns the number that this call has drawn.
    std::uint64_t next(std::uint32_t me) {
        for (std::uint32_t i = 0; i < preamble_; ++i) {
            own_[me]->store(i, std::memory_order_relaxed);
        }
        for (;;) {
            std::uint64_t seen = shared_[0]->load(std::memory_order_relaxed);
            for (std::uint32_t i = 1; i < scan_; ++i) {
                (void)shared_[i]->load(std::memory_order_relaxed);
            }
            if (shared_[0]->compare_exchange_strong(seen, seen + 1, std::memory_order_relaxed,
                                                    std::memory_order_relaxed)) {
                return seen;
            }
        }
    }

 private:
    std::uint32_t preamble_;
    std::uint32_t scan_;
    std::unique_ptr<padded<word>[]> own_;
    std::unique_ptr<padded<word>[]> shared_;
};

/// y = base + slope * x^exponent, by least squares on relative error.
struct power_law {
    double exponent = 0;
    double base = 0;
    double slope = 0;
    double misfit = 0;  ///< root mean square of the relative errors
};

/// The best line through y over x^exponent for one exponent; all y above 0.
[[nodiscard]] inline power_law line_at(std::span<const double> x, std::span<const double> y,
                                       double exponent) {
    double w = 0;
    double wx = 0;
    double wy = 0;
    double wxx = 0;
    double wxy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double at = std::pow(x[i], exponent);
        const double weight = 1 / (y[i] * y[i]);
        w += weight;
        wx += weight * at;
        wy += weight * y[i];
        wxx += weight * at * at;
        wxy += weight * at * y[i];
    }
    power_law found{.exponent = exponent};
    found.slope = (w * wxy - wx * wy) / (w * wxx - wx * wx);
    found.base = (wy - found.slope * wx) / w;
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double off = (found.base + found.slope * std::pow(x[i], exponent)) / y[i] - 1;
        sum += off * off;
    }
    found.misfit = std::sqrt(sum / static_cast<double>(x.size()));
    return found;
}

/// The best of the exponents 0.05, 0.06 ... 2; at least four points.
[[nodiscard]] inline power_law fit_power(std::span<const double> x, std::span<const double> y) {
    CYCLONE_ASSERT(x.size() == y.size() && x.size() >= 4);
    power_law best = line_at(x, y, 0.05);
    for (int hundredth = 6; hundredth <= 200; ++hundredth) {
        const power_law one = line_at(x, y, hundredth / 100.0);
        if (one.misfit < best.misfit) best = one;
    }
    return best;
}

}  // namespace cyclone::sim
