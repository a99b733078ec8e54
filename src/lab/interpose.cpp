// libcyclone_allocations.so: stands before the C library's allocator, counts, and passes on.
// LD_PRELOAD it into a benchmark under the system meter.
//
// glibc exports its allocator under the names __libc_*, so nothing has to be looked up, and nothing
// can allocate while it is being looked up. free() is not interposed: it is not counted.
// One call that asks for memory counts once, realloc among them, also when it fails.

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "base/sync.hpp"

extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* old, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
}

namespace {

// Relaxed: totals are read by a thread that was told by other means that the work is done.
cyclone::sync::native::atomic<std::uint64_t> allocations{0};
cyclone::sync::native::atomic<std::uint64_t> bytes{0};

void count(std::size_t size) noexcept {
    allocations.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(size, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) noexcept {
    count(size);
    return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) noexcept {
    count(number * size);  // where the product overflows, the call fails below
    return __libc_calloc(number, size);
}

void* realloc(void* old, std::size_t size) noexcept {
    count(size);
    return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
    count(size);
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    count(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
    if (alignment < sizeof(void*) || (alignment & (alignment - 1)) != 0) return EINVAL;
    count(size);
    const int before = errno;  // posix_memalign says in its result what went wrong
    void* const got = __libc_memalign(alignment, size);
    errno = before;
    if (got == nullptr) return ENOMEM;
    *out = got;
    return 0;
}

void cyclone_allocation_totals(std::uint64_t* out_allocations, std::uint64_t* out_bytes) {
    *out_allocations = allocations.load(std::memory_order_relaxed);
    *out_bytes = bytes.load(std::memory_order_relaxed);
}

}  // extern "C"
