// The program's operator new and delete: the arena while a body runs, the heap otherwise. A body
// may therefore use any container; an execution that is cut short in the middle loses nothing, and
// addresses are the same in every execution. What was allocated before the body ran and is given
// back inside goes to the heap, as it should.
//
// Cost: one thread-local look a call. Errors: std::bad_alloc when the heap is used up; a body that
// uses up its arena, or gives back what it does not hold, is a finding.
// Thread-safety: that of malloc; an arena belongs to one thread of the process.

#include <cstdlib>
#include <new>

#include "model/arena.hpp"

namespace {

using cyclone::model::arena;
using cyclone::model::body_memory;

constexpr std::size_t k_plain = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

void* from_heap(std::size_t bytes, std::size_t alignment) noexcept {
    if (bytes == 0) bytes = 1;
    if (alignment <= k_plain) return std::malloc(bytes);
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void* take(std::size_t bytes, std::size_t alignment) {
    const auto& body = body_memory();
    if (body.from != nullptr) {
        void* const p = body.from->allocate(body.thread, bytes, alignment);
        if (p == nullptr) cyclone::model::detail::arena_full(bytes);
        return p;
    }
    void* const p = from_heap(bytes, alignment);
    if (p == nullptr) throw std::bad_alloc();
    return p;
}

void* take_or_null(std::size_t bytes, std::size_t alignment) noexcept {
    const auto& body = body_memory();
    if (body.from != nullptr) return body.from->allocate(body.thread, bytes, alignment);
    return from_heap(bytes, alignment);
}

void give(void* p) noexcept {
    const auto& body = body_memory();
    if (body.known == nullptr || !body.known->holds(p)) {
        std::free(p);
        return;
    }
    if (body.from == nullptr) return;  // the execution is over: its memory is dropped as a whole
    arena::block* const b = body.from->at(p);
    if (b == nullptr || !b->live) cyclone::model::detail::wrong_free(p, b);
    body.from->release(*b);
}

constexpr std::size_t of(std::align_val_t a) noexcept { return static_cast<std::size_t>(a); }

}  // namespace

void cyclone::model::detail::use_replaced_new() noexcept {}

void* operator new(std::size_t n) { return take(n, k_plain); }
void* operator new[](std::size_t n) { return take(n, k_plain); }
void* operator new(std::size_t n, std::align_val_t a) { return take(n, of(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return take(n, of(a)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    return take_or_null(n, k_plain);
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
    return take_or_null(n, k_plain);
}
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
    return take_or_null(n, of(a));
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
    return take_or_null(n, of(a));
}

void operator delete(void* p) noexcept { give(p); }
void operator delete[](void* p) noexcept { give(p); }
void operator delete(void* p, std::size_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t) noexcept { give(p); }
void operator delete(void* p, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { give(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { give(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { give(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { give(p); }
