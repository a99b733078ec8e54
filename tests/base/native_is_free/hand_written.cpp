// The algorithms of policy.cpp, statement by statement, on std::atomic and plain data.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace {

constexpr std::size_t k_cells = 1024;

struct ring {
    std::atomic<std::size_t> head;
    std::atomic<std::size_t> tail;
    std::uint64_t cells[k_cells];
};

struct node {
    std::uint64_t value;
    node* next;
};

}  // namespace

extern "C" bool ring_push(ring* r, std::uint64_t item) {
    const std::size_t tail = r->tail.load(std::memory_order_relaxed);
    if (tail - r->head.load(std::memory_order_acquire) == k_cells) return false;
    r->cells[tail % k_cells] = item;
    r->tail.store(tail + 1, std::memory_order_release);
    return true;
}

extern "C" bool ring_pop(ring* r, std::uint64_t* item) {
    const std::size_t head = r->head.load(std::memory_order_relaxed);
    if (r->tail.load(std::memory_order_acquire) == head) return false;
    *item = r->cells[head % k_cells];
    r->head.store(head + 1, std::memory_order_release);
    return true;
}

extern "C" void stack_push(std::atomic<node*>* top, node* n) {
    n->next = top->load(std::memory_order_relaxed);
    while (!top->compare_exchange_weak(n->next, n, std::memory_order_release,
                                       std::memory_order_relaxed)) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield" ::: "memory");
#endif
    }
}

extern "C" int take_ticket(std::atomic<int>* next, std::atomic<int>* flags) {
    flags->fetch_or(4, std::memory_order_acq_rel);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const int before = flags->exchange(0, std::memory_order_acq_rel);
    return before + next->fetch_add(1, std::memory_order_relaxed);
}
