// What line_wheel is made of: slots of cells, blocks of cells for slots that are crowded, and the
// slabs these come from. A block is a link and 31 pointers, four cache lines: with fifteen, START
// comes to the end of one twice as often (48 for 45 instructions a START and STOP at a million
// timers, and a tenth more time in W3). The pool hands blocks out one at a time, takes them back
// last in first out (the next one handed out is the one that is still warm), and never moves one,
// so a cell's address is good for as long as its block is in use.
//
// Cost        take, give O(1); a slab, half of what is held, is allocated when no block is left
// Invariants  I1 blocks in use and blocks free add up to those carved from the slabs
// Errors      take() and reserve() throw std::bad_alloc, and leave the pool as it was
// Thread-safety: none; the owner serialises.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/cache_line.hpp"

namespace cyclone::timer {

/// Cells are set from the front; those of a full block are all set, to a T or to null.
template <class T>
struct alignas(2 * k_cache_line) cell_block {
    static constexpr unsigned k_lines = 4;
    static constexpr unsigned k_cells = k_lines * k_cache_line / sizeof(void*) - 1;

    cell_block* next;
    T* cells[k_cells];

    [[nodiscard]] T** end() noexcept { return cells + k_cells; }
    [[nodiscard]] T* const* end() const noexcept { return cells + k_cells; }
    void prefetch() const noexcept {
        __builtin_prefetch(&next);
        __builtin_prefetch(end() - 1);
    }
    /// Cells that are not null, of a full block. O(k_cells).
    [[nodiscard]] std::size_t live() const noexcept {
        std::size_t count = 0;
        for (const T* cell : cells) count += cell != nullptr ? 1 : 0;
        return count;
    }
};

/// Whole cache lines. One range of cells is being filled: those inside or, once there are blocks,
/// the last block's. A cell of it whose bit in `free` is set holds nothing; every other cell of the
/// slot holds a T or null.
template <class T, unsigned Lines>
struct alignas(k_cache_line) cell_slot {
    using block = cell_block<T>;

    static constexpr unsigned k_cells = 8 * Lines - 3;
    static_assert(k_cells < 32 && block::k_cells < 32);

    T** cells = nullptr;  ///< the range that is being filled
    block* head = nullptr;
    std::uint32_t free = 0;
    T* inside[k_cells];

    void clear() noexcept {
        cells = inside;
        head = nullptr;
        free = all(k_cells);
    }
    void fill(block* last) noexcept {
        cells = last->cells;
        free = all(block::k_cells);
    }
    /// The last block, of a slot that has one.
    [[nodiscard]] block* tail() const noexcept {
        return reinterpret_cast<block*>(cells - offsetof(block, cells) / sizeof(T*));
    }
    /// Whether most cells of a full range are null, by a sample of three.
    [[nodiscard]] bool mostly_struck() const noexcept {
        return (cells[0] == nullptr) + (cells[8] == nullptr) + (cells[16] == nullptr) >= 2;
    }
    /// The cells of a full range that are null, a bit each.
    [[nodiscard]] std::uint32_t struck() const noexcept {
        return head == nullptr ? nulls<k_cells>(cells) : nulls<block::k_cells>(cells);
    }
    [[nodiscard]] static constexpr std::uint32_t all(unsigned cells) noexcept {
        return (std::uint32_t{1} << cells) - 1;
    }

 private:
    template <unsigned Count>
    [[nodiscard]] static std::uint32_t nulls(T* const* from) noexcept {
        std::uint32_t bits = 0;
#pragma GCC unroll 32
        for (unsigned i = Count; i > 0; --i) bits += bits + (from[i - 1] == nullptr ? 1 : 0);
        return bits;
    }
};

template <class T>
class line_pool {
    static constexpr std::size_t k_slab_min = 32;       // blocks: 4 KiB
    static constexpr std::size_t k_slab_max = 1 << 14;  // 2 MiB

 public:
    using block = cell_block<T>;

    [[nodiscard]] block* take() {
        block* taken = free_;
        if (taken != nullptr) [[likely]] {
            free_ = taken->next;
        } else {
            if (fresh_ == fresh_end_) add_slab(std::clamp(carved_ / 2, k_slab_min, k_slab_max));
            taken = fresh_++;
            ++carved_;
        }
        ++used_;
        return taken;
    }

    void give(block* back) noexcept {
        back->next = free_;
        free_ = back;
        --used_;
    }

    /// Makes sure that `blocks` may be in use at a time without another allocation.
    void reserve(std::size_t blocks) {
        const auto fresh = static_cast<std::size_t>(fresh_end_ - fresh_);
        if (blocks > carved_ + fresh) add_slab(blocks - carved_);
    }

    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    /// Recomputes I1. O(blocks free).
    [[nodiscard]] bool audit() const noexcept {
        std::size_t idle = 0;
        for (const block* b = free_; b != nullptr && idle <= carved_; b = b->next) ++idle;
        return used_ + idle == carved_;
    }

 private:
    /// What is left of the slab before goes to the free blocks, so that none is lost.
    void add_slab(std::size_t blocks) {
        slabs_.reserve(slabs_.size() + 1);
        std::unique_ptr<block[]> slab(new block[blocks]);
        for (; fresh_ != fresh_end_; ++fresh_, ++carved_) {
            fresh_->next = free_;
            free_ = fresh_;
        }
        fresh_ = slab.get();
        fresh_end_ = fresh_ + blocks;
        bytes_ += blocks * sizeof(block);
        slabs_.push_back(std::move(slab));
    }

    block* free_ = nullptr;
    block* fresh_ = nullptr;  ///< blocks never handed out: [fresh_, fresh_end_)
    block* fresh_end_ = nullptr;
    std::size_t carved_ = 0;
    std::size_t used_ = 0;
    std::size_t bytes_ = 0;
    std::vector<std::unique_ptr<block[]>> slabs_;
};

}  // namespace cyclone::timer
