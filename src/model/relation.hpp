// Binary relations over the events of one graph, as square bit matrices: what the axioms of a
// memory model are written in. One operation a symbol of the papers, and nothing incremental.
//
// Cost         n events: n * n bits; union n^2 / 64, composition and closure n^3 / 64 steps
// Errors       operands of different sizes are a caller's mistake and are asserted
// Thread-safety  none
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"

namespace cyclone::model {

class relation {
 public:
    explicit relation(std::size_t events)
        : size_(events), words_((events + 63) / 64), bits_(size_ * words_) {}

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    void add(std::size_t a, std::size_t b) noexcept {
        bits_[a * words_ + b / 64] |= std::uint64_t{1} << b % 64;
    }
    [[nodiscard]] bool has(std::size_t a, std::size_t b) const noexcept {
        return (bits_[a * words_ + b / 64] >> b % 64 & 1) != 0;
    }

    relation& operator|=(const relation& other) {
        CYCLONE_ASSERT(size_ == other.size_);
        for (std::size_t i = 0; i < bits_.size(); ++i) bits_[i] |= other.bits_[i];
        return *this;
    }

    /// a -> c wherever a -> b here and b -> c in `next`.
    [[nodiscard]] relation then(const relation& next) const {
        CYCLONE_ASSERT(size_ == next.size_);
        relation out(size_);
        for (std::size_t a = 0; a < size_; ++a)
            for (std::size_t b = 0; b < size_; ++b)
                if (has(a, b)) out.take_row(a, next, b);
        return out;
    }

    /// The pairs for which `keep(a, b)` holds.
    template <class Keep>
    [[nodiscard]] relation only(Keep keep) const {
        relation out(size_);
        for (std::size_t a = 0; a < size_; ++a)
            for (std::size_t b = 0; b < size_; ++b)
                if (has(a, b) && keep(a, b)) out.add(a, b);
        return out;
    }

    /// With every event related to itself: the question mark of the papers.
    [[nodiscard]] relation or_same() const {
        relation out = *this;
        for (std::size_t a = 0; a < size_; ++a) out.add(a, a);
        return out;
    }

    /// Transitive closure (Warshall 1962).
    [[nodiscard]] relation closed() const {
        relation out = *this;
        for (std::size_t k = 0; k < size_; ++k)
            for (std::size_t a = 0; a < size_; ++a)
                if (out.has(a, k)) out.take_row(a, out, k);
        return out;
    }

    [[nodiscard]] bool irreflexive() const noexcept {
        for (std::size_t a = 0; a < size_; ++a)
            if (has(a, a)) return false;
        return true;
    }
    [[nodiscard]] bool acyclic() const { return closed().irreflexive(); }

    friend bool operator==(const relation&, const relation&) = default;

 private:
    void take_row(std::size_t row, const relation& other, std::size_t from) noexcept {
        for (std::size_t w = 0; w < words_; ++w)
            bits_[row * words_ + w] |= other.bits_[from * words_ + w];
    }

    std::size_t size_;
    std::size_t words_;  ///< of a row
    std::vector<std::uint64_t> bits_;
};

[[nodiscard]] inline relation operator|(relation a, const relation& b) { return a |= b; }

}  // namespace cyclone::model
