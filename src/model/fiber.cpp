// The switch and what sanitizers must be told about it.
//
// An exception that is being handled is known to the C++ runtime by thread, not by stack: its
// globals are exchanged at every switch, so that a fiber may yield inside a catch block, and one
// abandoned there leaves nothing behind.

#include "model/fiber.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <sys/mman.h>
#include <utility>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define CYCLONE_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CYCLONE_FIBER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CYCLONE_FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CYCLONE_FIBER_TSAN 1
#endif
#endif

#ifdef CYCLONE_FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
// Locals must stay on the fiber's own stack: a fake one lies elsewhere in every execution.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_stack_use_after_return=0"; }
#endif
#ifdef CYCLONE_FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#if defined(__x86_64__)
// void cyclone_fiber_switch(void** save, void* to): pushes what a callee keeps, leaves the stack
// pointer in *save, takes the other one and pops. A new stack is laid out as if it had called it.
extern "C" void cyclone_fiber_switch(void** save, void* to);
asm(R"(
.text
.p2align 4
.globl cyclone_fiber_switch
.hidden cyclone_fiber_switch
.type cyclone_fiber_switch,@function
cyclone_fiber_switch:
    .cfi_startproc
    endbr64
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .cfi_endproc
.size cyclone_fiber_switch,.-cyclone_fiber_switch
)");
#endif

namespace cyclone::model {
namespace {

constexpr std::size_t k_guard_bytes = 64 * 1024;  // whole pages on every machine

// What the C++ ABI keeps for each thread: the exceptions being handled and how many are in flight.
struct handled {
    void* caught = nullptr;
    unsigned uncaught = 0;
};

void exchange_handled(handled& mine) {
    auto* const runtime = reinterpret_cast<handled*>(abi::__cxa_get_globals());
    std::swap(runtime->caught, mine.caught);
    std::swap(runtime->uncaught, mine.uncaught);
}

std::byte* map_stack() {
    const std::size_t all = fiber::k_stack_bytes + 2 * k_guard_bytes;
    void* const base = ::mmap(nullptr, all, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    auto* const stack = static_cast<std::byte*>(base) + k_guard_bytes;
    if (base == MAP_FAILED || ::mprotect(stack, fiber::k_stack_bytes, PROT_READ | PROT_WRITE)) {
        std::fprintf(stderr,
                     "fiber: no memory for a stack of %zu bytes; raise the address-space "
                     "limit (ulimit -v)\n",
                     fiber::k_stack_bytes);
        std::abort();
    }
    return stack;
}

void unmap_stack(std::byte* stack) {
    ::munmap(stack - k_guard_bytes, fiber::k_stack_bytes + 2 * k_guard_bytes);
}

thread_local fiber* current_fiber = nullptr;

}  // namespace

struct fiber::state {
    std::byte* stack = map_stack();
    std::function<void()> entry;
    fiber* self = nullptr;
    fiber* owner = nullptr;  // the fiber that resumed this one, if it was a fiber
    bool finished = true;
    handled exceptions;
#if defined(__x86_64__)
    void* own_sp = nullptr;
    void* owner_sp = nullptr;
#else
    ucontext_t own{};
    ucontext_t back{};
#endif
#ifdef CYCLONE_FIBER_ASAN
    const void* owner_stack = nullptr;
    std::size_t owner_size = 0;
    void* own_fake = nullptr;
    void* owner_fake = nullptr;
#endif
#ifdef CYCLONE_FIBER_TSAN
    void* own_tsan = nullptr;
    void* owner_tsan = nullptr;
#endif

    state() = default;
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        forget_thread();
        unmap_stack(stack);
    }

    void prepare();
    void switch_in();
    void switch_out(bool for_good);
    void arrived() const;
    void forget_thread();
    static void main() noexcept;
};

void fiber::state::forget_thread() {
#ifdef CYCLONE_FIBER_TSAN
    if (own_tsan != nullptr) __tsan_destroy_fiber(own_tsan);
    own_tsan = nullptr;
#endif
}

void fiber::state::prepare() {
    forget_thread();
    exceptions = {};
#ifdef CYCLONE_FIBER_ASAN
    // Frames that were never left have red zones that nobody took away.
    __asan_unpoison_memory_region(stack, k_stack_bytes);
    own_fake = nullptr;
#endif
#ifdef CYCLONE_FIBER_TSAN
    own_tsan = __tsan_create_fiber(0);
#endif
#if defined(__x86_64__)
    auto* sp = reinterpret_cast<std::uint64_t*>(stack + k_stack_bytes);
    *--sp = 0;  // where main would return to: it does not. Aligned as after a call
    *--sp = reinterpret_cast<std::uint64_t>(&fiber::state::main);
    for (int kept = 0; kept < 6; ++kept) *--sp = 0;
    *--sp = 0x037f'0000'1f80;  // x87 and SSE control words as a process starts with them
    own_sp = sp;
#else
    ::getcontext(&own);
    own.uc_stack.ss_sp = stack;
    own.uc_stack.ss_size = k_stack_bytes;
    own.uc_link = nullptr;
    ::makecontext(&own, reinterpret_cast<void (*)()>(&fiber::state::main), 0);
#endif
}

void fiber::state::switch_in() {
    exchange_handled(exceptions);
#ifdef CYCLONE_FIBER_ASAN
    __sanitizer_start_switch_fiber(&owner_fake, stack, k_stack_bytes);
#endif
#ifdef CYCLONE_FIBER_TSAN
    owner_tsan = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(own_tsan, 0);
#endif
#if defined(__x86_64__)
    cyclone_fiber_switch(&owner_sp, own_sp);
#else
    ::swapcontext(&back, &own);
#endif
#ifdef CYCLONE_FIBER_ASAN
    __sanitizer_finish_switch_fiber(owner_fake, nullptr, nullptr);
#endif
    exchange_handled(exceptions);
}

void fiber::state::switch_out([[maybe_unused]] bool for_good) {
#ifdef CYCLONE_FIBER_ASAN
    __sanitizer_start_switch_fiber(for_good ? nullptr : &own_fake, owner_stack, owner_size);
#endif
#ifdef CYCLONE_FIBER_TSAN
    __tsan_switch_to_fiber(owner_tsan, 0);
#endif
#if defined(__x86_64__)
    cyclone_fiber_switch(&own_sp, owner_sp);
#else
    ::swapcontext(&own, &back);
#endif
}

// First thing on the fiber's stack after a switch.
void fiber::state::arrived() const {
#ifdef CYCLONE_FIBER_ASAN
    auto* const me = const_cast<state*>(this);
    __sanitizer_finish_switch_fiber(own_fake, &me->owner_stack, &me->owner_size);
#endif
}

void fiber::state::main() noexcept {
    state& me = *current_fiber->state_;
    me.arrived();
    me.entry();
    me.finished = true;
    me.switch_out(true);
    std::abort();  // nobody resumes what has finished
}

fiber::fiber() : state_(std::make_unique<state>()) {}
fiber::~fiber() = default;
fiber::fiber(fiber&&) noexcept = default;
fiber& fiber::operator=(fiber&&) noexcept = default;

void fiber::reset(std::function<void()> entry) {
    if (current_fiber == this) {
        std::fprintf(stderr, "fiber: reset from inside; let its owner do that\n");
        std::abort();
    }
    state_->entry = std::move(entry);
    state_->finished = false;
    state_->prepare();
}

void fiber::resume() {
    if (state_->finished || current_fiber == this) {
        std::fprintf(stderr, "fiber: resume of one that has finished or runs; reset it first\n");
        std::abort();
    }
    state_->owner = current_fiber;
    current_fiber = this;
    state_->switch_in();
    current_fiber = state_->owner;
}

bool fiber::finished() const noexcept { return state_->finished; }

void fiber::yield_to_owner() {
    state& me = *current_fiber->state_;
    me.switch_out(false);
    me.arrived();
}

fiber* fiber::current() noexcept { return current_fiber; }

bool fiber::holds(const void* address) const noexcept {
    const auto* const p = static_cast<const std::byte*>(address);
    return p >= state_->stack && p < state_->stack + k_stack_bytes;
}

const void* fiber::stack_top() const noexcept { return state_->stack + k_stack_bytes; }

}  // namespace cyclone::model
