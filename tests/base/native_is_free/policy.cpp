// The algorithms of hand_written.cpp over sync::native. compare.py compiles both and holds that
// the machine code is the same. With PLANTED_COST one order is stronger than in the twin: the
// comparison must see that, or it sees nothing.

#include <cstddef>
#include <cstdint>

#include "base/sync.hpp"

using sync_policy = cyclone::sync::native;

namespace {

#ifdef PLANTED_COST
constexpr std::memory_order k_publish = std::memory_order_seq_cst;
#else
constexpr std::memory_order k_publish = std::memory_order_release;
#endif

constexpr std::size_t k_cells = 1024;

struct ring {
    sync_policy::atomic<std::size_t> head;
    sync_policy::atomic<std::size_t> tail;
    sync_policy::var<std::uint64_t> cells[k_cells];
};

struct node {
    std::uint64_t value;
    node* next;
};

}  // namespace

extern "C" bool ring_push(ring* r, std::uint64_t item) {
    const std::size_t tail = r->tail.load(std::memory_order_relaxed);
    if (tail - r->head.load(std::memory_order_acquire) == k_cells) return false;
    r->cells[tail % k_cells].set(item);
    r->tail.store(tail + 1, k_publish);
    return true;
}

extern "C" bool ring_pop(ring* r, std::uint64_t* item) {
    const std::size_t head = r->head.load(std::memory_order_relaxed);
    if (r->tail.load(std::memory_order_acquire) == head) return false;
    *item = r->cells[head % k_cells].get();
    r->head.store(head + 1, std::memory_order_release);
    return true;
}

extern "C" void stack_push(sync_policy::atomic<node*>* top, node* n) {
    n->next = top->load(std::memory_order_relaxed);
    while (!top->compare_exchange_weak(n->next, n, std::memory_order_release,
                                       std::memory_order_relaxed)) {
        sync_policy::pause();
    }
}

extern "C" int take_ticket(sync_policy::atomic<int>* next, sync_policy::atomic<int>* flags) {
    flags->fetch_or(4, std::memory_order_acq_rel);
    sync_policy::fence(std::memory_order_seq_cst);
    const int before = flags->exchange(0, std::memory_order_acq_rel);
    return before + next->fetch_add(1, std::memory_order_relaxed);
}
