// What line_wheel is made of: slots of cells, blocks of fifteen cells for slots that are crowded,
// the slabs these come from, and the widths of the levels. A block is two cache lines, a pair that
// the hardware fetches together: a link and fifteen pointers. The pool hands blocks out one at a
// time, takes them back last in first out (the next one handed out is the one that is still warm),
// and never moves one, so a cell's address is good for as long as its block is in use.
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
    static constexpr std::size_t k_cells = 2 * k_cache_line / sizeof(void*) - 1;

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

/// Whole cache lines. Cells [inside, end) or, once there are blocks, all inside, all of every
/// block but the last, and that one's up to end.
template <class T, unsigned Lines>
struct alignas(k_cache_line) cell_slot {
    using block = cell_block<T>;

    static constexpr std::size_t k_cells = 8 * Lines - 3;

    T** end = nullptr;  ///< where the next timer goes
    block* head = nullptr;
    T** limit = nullptr;  ///< where there is no room any more
    T* inside[k_cells];

    void clear() noexcept {
        end = inside;
        limit = inside + k_cells;
        head = nullptr;
    }
    /// The last block, of a slot that has one.
    [[nodiscard]] block* tail() const noexcept {
        return reinterpret_cast<block*>(reinterpret_cast<std::uintptr_t>(limit) - sizeof(block));
    }
};

/// Levels of 2^SlotBits slots. Up to 2^k_fine_max ticks a level is 2^Shift times coarser than the
/// one below; beyond, where handing down in small portions no longer matters, as coarse as can be.
template <unsigned SlotBits, unsigned Shift>
struct level_table {
    static constexpr unsigned k_fine_max = 24;

    static constexpr auto k_shift_of = [] {
        std::array<std::uint8_t, 64> shifts{};
        unsigned shift = 0;
        for (unsigned log = 0; log < 64; ++log) {
            if (log >= SlotBits + shift) shift += shift < k_fine_max ? Shift : SlotBits;
            shifts[log] = static_cast<std::uint8_t>(shift);
        }
        return shifts;
    }();
    static constexpr unsigned k_levels = [] {
        unsigned levels = 1;
        for (unsigned log = 1; log < 63; ++log) levels += k_shift_of[log] != k_shift_of[log - 1];
        return levels;
    }();
    /// The shift of each level, and the first logarithm that it takes.
    static constexpr auto k_first_log = [] {
        std::array<std::uint8_t, k_levels + 1> logs{};
        unsigned level = 0;
        for (unsigned log = 1; log < 63; ++log) {
            if (k_shift_of[log] != k_shift_of[log - 1])
                logs[++level] = static_cast<std::uint8_t>(log);
        }
        logs[k_levels] = 63;
        return logs;
    }();
    [[nodiscard]] static constexpr unsigned shift_of(unsigned level) noexcept {
        return k_shift_of[k_first_log[level]];
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
