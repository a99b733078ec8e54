// The memory of a body that is explored. What its threads allocate comes from here and not from the
// heap: all of it is dropped at once when an execution is cut short, and the n-th allocation of a
// thread has the same address in every execution.
//
// One region a thread, handed out upwards. A block that is given back is not used again within the
// execution: whoever still holds its address finds what was there, and the explorer names the
// mistake instead of following a wild pointer. In front of each block stands its header.
//
// Cost: O(1) an allocation and release, O(threads) a reset; k_thread_bytes of address space a
// thread, of which only what was used takes memory.
// Invariants  I1 blocks of a thread are chained, latest first
//             I2 live() is the number of blocks with live set
// Errors: nullptr when the thread's region is used up.
// Thread-safety: none; each thread of the process has its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <source_location>

#include "model/graph.hpp"

namespace cyclone::model {

/// Threads of a body, the first one included.
inline constexpr std::uint32_t k_threads_max = 16;

class arena {
 public:
    static constexpr std::size_t k_thread_bytes = std::size_t{4} << 20;

    struct block {
        block* before;  ///< the thread's allocation before this one
        std::size_t bytes;
        location where;  ///< of memory from Sync::make; else k_nowhere
        std::uint32_t thread;
        std::uint32_t number;  ///< of the thread's allocations, from 0
        bool live;
        std::source_location site;
        const char* name;  ///< the type made there, if known
    };

    arena();
    ~arena();
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;

    /// Everything that was handed out is forgotten.
    void reset() noexcept;

    [[nodiscard]] void* allocate(std::uint32_t thread, std::size_t bytes,
                                 std::size_t alignment) noexcept;
    /// `b` must be live.
    void release(block& b) noexcept;

    [[nodiscard]] bool holds(const void* p) const noexcept {
        const auto* const at = static_cast<const std::byte*>(p);
        return at >= base_ && at < base_ + k_threads_max * k_thread_bytes;
    }
    /// The block that begins at p, or nullptr.
    [[nodiscard]] block* at(const void* p) const noexcept;
    /// The block that p points into, or nullptr; O(blocks).
    [[nodiscard]] const block* around(const void* p) const noexcept;
    [[nodiscard]] std::size_t live() const noexcept { return live_; }
    /// Some block that was not given back, the oldest of the lowest thread, or nullptr.
    [[nodiscard]] const block* leaked() const noexcept;

 private:
    struct region {
        std::byte* next = nullptr;
        block* latest = nullptr;
        std::uint32_t count = 0;
    };

    std::byte* base_;
    std::array<region, k_threads_max> regions_{};
    std::size_t live_ = 0;
};

/// Where operator new goes in this thread of the process: to `from`, for `thread`, while a body
/// runs; to the heap while it is nullptr.
struct memory_of_body {
    arena* from = nullptr;
    std::uint32_t thread = 0;
    /// The body's arena, whether or not the body runs right now.
    const arena* known = nullptr;
};
[[nodiscard]] memory_of_body& body_memory() noexcept;

namespace detail {
/// Called in a body when the arena cannot go on; both end the execution and do not return.
[[noreturn]] void arena_full(std::size_t bytes);
[[noreturn]] void wrong_free(const void* p, const arena::block* b);
/// Defined beside the replaced operators: naming it brings them into the program.
void use_replaced_new() noexcept;
}  // namespace detail

}  // namespace cyclone::model
