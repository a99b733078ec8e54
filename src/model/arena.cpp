// Regions are one mapping without reserve, so that they cost address space only.

#include "model/arena.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

namespace cyclone::model {
namespace {

constexpr std::size_t k_all = k_threads_max * arena::k_thread_bytes;
constexpr std::uintptr_t k_least_alignment = alignof(std::max_align_t);

arena::block* header_of(const void* p) noexcept {
    auto* const at = static_cast<std::byte*>(const_cast<void*>(p));
    return reinterpret_cast<arena::block*>(at - sizeof(arena::block));
}

}  // namespace

arena::arena() {
    detail::use_replaced_new();
    void* const all = ::mmap(nullptr, k_all, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) {
        std::fprintf(stderr, "arena: no address space for %zu bytes; raise the limit (ulimit -v)\n",
                     k_all);
        std::abort();
    }
    base_ = static_cast<std::byte*>(all);
    for (std::uint32_t t = 0; t < k_threads_max; ++t) regions_[t].next = base_ + t * k_thread_bytes;
}

arena::~arena() { ::munmap(base_, k_all); }

void arena::reset() noexcept {
    for (std::uint32_t t = 0; t < k_threads_max; ++t) {
        regions_[t] = {base_ + t * k_thread_bytes, nullptr, 0};
    }
    live_ = 0;
}

void* arena::allocate(std::uint32_t thread, std::size_t bytes, std::size_t alignment) noexcept {
    region& r = regions_[thread];
    const std::byte* const end = base_ + (thread + 1) * k_thread_bytes;
    if (alignment < k_least_alignment) alignment = k_least_alignment;
    if (bytes > k_thread_bytes || alignment > k_thread_bytes / 2) return nullptr;
    auto at = reinterpret_cast<std::uintptr_t>(r.next) + sizeof(block);
    at = (at + alignment - 1) / alignment * alignment;
    const std::size_t taken = bytes == 0 ? 1 : bytes;  // two blocks never have one address
    if (at + taken > reinterpret_cast<std::uintptr_t>(end)) return nullptr;
    auto* const p = reinterpret_cast<std::byte*>(at);
    r.latest = ::new (header_of(p))
        block{r.latest, bytes, k_nowhere, thread, r.count++, true, std::source_location{}, nullptr};
    r.next = reinterpret_cast<std::byte*>((at + taken + k_least_alignment - 1) / k_least_alignment *
                                          k_least_alignment);
    ++live_;
    return p;
}

void arena::release(block& b) noexcept {
    b.live = false;
    --live_;
}

arena::block* arena::at(const void* p) const noexcept {
    if (!holds(p)) return nullptr;
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(p) - base_);
    for (block* b = regions_[offset / k_thread_bytes].latest; b != nullptr; b = b->before) {
        if (b + 1 == p) return b;
        if (b + 1 < p) return nullptr;
    }
    return nullptr;
}

const arena::block* arena::around(const void* p) const noexcept {
    if (!holds(p)) return nullptr;
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(p) - base_);
    for (const block* b = regions_[offset / k_thread_bytes].latest; b != nullptr; b = b->before) {
        const auto* const begin = reinterpret_cast<const std::byte*>(b + 1);
        if (p >= begin) return p < begin + b->bytes ? b : nullptr;
    }
    return nullptr;
}

const arena::block* arena::leaked() const noexcept {
    for (const region& r : regions_) {
        const block* oldest = nullptr;
        for (const block* b = r.latest; b != nullptr; b = b->before) {
            if (b->live) oldest = b;
        }
        if (oldest != nullptr) return oldest;
    }
    return nullptr;
}

memory_of_body& body_memory() noexcept {
    thread_local memory_of_body here;
    return here;
}

}  // namespace cyclone::model
